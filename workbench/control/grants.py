"""Who commands a room: nobody (shadow), people by what they are told (advice), or the workbench (automatic)."""

from dataclasses import dataclass, replace

from workbench.control.safety import MODES, Memory
from workbench.errors import InputError, UnknownName

LONGEST = 14 * 1440.0
"""Minutes that automatic may be granted for at once."""

NOTICE = 30.0
"""Minutes before its end that a grant is announced to end."""


@dataclass(frozen=True)
class Entry:
    """A line of the record: at which minute who set which mode, until when, and why."""

    at: float
    mode: str
    before: str
    until: float | None
    by: str
    why: str


def grant(memory: Memory, mode: str, at: float, minutes: float, by: str, why: str) -> tuple[Memory, Entry]:
    """Set the mode; automatic lasts `minutes` (up to 14 days). InputError without a name, a reason or a lawful time.

    >>> memory, entry = grant(Memory(), "automatic", 0.0, 480.0, "li", "night")
    >>> memory.mode, memory.until, entry.before
    ('automatic', 480.0, 'shadow')
    """
    if mode not in MODES:
        raise UnknownName("mode", mode, MODES)
    if not by.strip() or not why.strip():
        raise InputError("a hand-over needs who grants it and why", "give both")
    if mode == "automatic" and not 0 < minutes <= LONGEST:
        raise InputError(f"automatic cannot be granted for {minutes:g} minutes", f"grant 1 to {LONGEST:.0f}")
    until = at + minutes if mode == "automatic" else None
    return replace(memory, mode=mode, until=until, ended=False), Entry(at, mode, memory.mode, until, by, why)


def settle(memory: Memory, at: float) -> tuple[Memory, list[tuple[str, str]]]:
    """End a grant that is over (advice again), and say so; it is announced half an hour before."""
    if memory.until is not None and at >= memory.until:
        memory = replace(memory, mode="advice", until=None, ended=True)
    if memory.ended:
        return memory, [("handover_ended", "mode")]
    if memory.until is not None and at >= memory.until - NOTICE:
        return memory, [("handover_ends", "mode")]
    return memory, []
