"""The yearly series of the tourism forecasting competition (2011): ours and the peers, accuracy, ranges and cost."""

from pathlib import Path
from typing import Any

from benchmarks import _contest
from benchmarks._contest import picture

__all__ = ["picture", "run"]

CONTEST = _contest.Contest(
    suite="tourism_yearly",
    parts=("tourism_yearly",),
    goals=(("mase", "<=", 2.57),),
    cheaper=1 / 15,
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    return _contest.run(CONTEST, data)
