"""The 414 hourly series of M4, 48 hours ahead: ours and the peers, accuracy, ranges and cost."""

from pathlib import Path
from typing import Any

from benchmarks import _contest
from benchmarks._contest import picture

__all__ = ["picture", "run"]

CONTEST = _contest.Contest(
    suite="m4_hourly",
    parts=("m4_hourly",),
    decides="owa",
    goals=(("owa", "<=", 0.42),),
    left_out={"AutoARIMA": "1,233 CPU minutes on these series in statsforecast's own study, for an OWA no better"},
    note="The classical ensemble is without AutoARIMA here. Best of the 61 entries of 2018: OWA 0.410.",
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    return _contest.run(CONTEST, data)
