"""The monthly series of the tourism forecasting competition (2011): ours and the peers, accuracy, ranges and cost."""

from pathlib import Path
from typing import Any

from benchmarks import _contest
from benchmarks._contest import picture

__all__ = ["picture", "run"]

CONTEST = _contest.Contest(
    suite="tourism_monthly",
    parts=("tourism_monthly",),
    goals=(("mase", "<=", 1.385), ("speed", ">=", 5.0)),
    fast=(("speed", ">=", 60.0),),
    cheaper=1 / 15,
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    return _contest.run(CONTEST, data)
