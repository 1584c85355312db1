"""The 359 weekly series of M4, 13 weeks ahead: ours and the peers, accuracy, ranges and cost."""

from pathlib import Path
from typing import Any

from benchmarks import _contest
from benchmarks._contest import picture

__all__ = ["picture", "run"]

CONTEST = _contest.Contest(
    suite="m4_weekly",
    parts=("m4_weekly",),
    decides="owa",
    goals=(("owa", "<=", 0.75),),
    note="As the organisers did, peers are told no season (m = 1). Best of the 61 entries of 2018: OWA 0.739.",
)


def run(data: Path) -> dict[str, Any]:
    """The evidence of this suite."""
    return _contest.run(CONTEST, data)
