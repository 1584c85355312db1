"""M3, all 3,003 series by frequency: ours and the peers, accuracy, ranges and cost."""

from pathlib import Path
from typing import Any

from benchmarks import _contest
from benchmarks._contest import picture

__all__ = ["picture", "run"]

CONTEST = _contest.Contest(
    suite="m3",
    parts=("m3_yearly", "m3_quarterly", "m3_monthly", "m3_other"),
    left_out={"AutoARIMA": "some 40 CPU minutes on these series; it is raced on the tourism suites"},
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    return _contest.run(CONTEST, data)
