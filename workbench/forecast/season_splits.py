"""Which seasons may teach about which, by name: only the past, or all but those left out.

A splitter answers, for the seasons of a record, pairs (taught by, asked): boolean masks over the seasons and the
position asked. Leaving years out looks into the later ones and is for learning about the past, never for a claim about
issue; `forward` is what an issue would have known.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Fold = tuple[Mask, int]
LEAST = 5  # seasons before the first that is asked


def forward(allowed: Mask) -> list[Fold]:
    """Each allowed season from those before it, once there are five."""
    places = np.flatnonzero(allowed)
    return [(allowed & (np.arange(len(allowed)) < at), int(at)) for at in places[LEAST:]]


def leave_one_out(allowed: Mask) -> list[Fold]:
    """Each allowed season from all other allowed ones: inside a left-out season this leaves two out."""
    return [(allowed & (np.arange(len(allowed)) != at), int(at)) for at in np.flatnonzero(allowed)]


Splitter = Callable[[Mask], list[Fold]]
SPLITTERS: dict[str, Splitter] = {"forward": forward, "leave_years_out": leave_one_out}
"""By name. `leave_years_out` nested in itself is leave-two-years-out: every choice is made inside the left-out year."""


def outer(name: str, allowed: Mask, asked: Sequence[int]) -> list[Fold]:
    """The folds of the named splitter whose season asked is one of these positions."""
    return [fold for fold in SPLITTERS[name](allowed) if fold[1] in set(asked)]
