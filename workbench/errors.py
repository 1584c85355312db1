"""Everything the workbench raises on purpose, in one tree.

```
WorkbenchError            exit 1   something could not be done
├── InputError            exit 2   what came in is wrong: a file, a name, an option
│   ├── UnreadableFile             cut, damaged, too large, or in no known format
│   ├── BrokenContract             a table does not keep its written contract
│   └── UnknownName                no such table, task, model, suite …; names the nearest
├── MissingData           exit 1   nothing to compute with yet
├── SourceFailed          exit 1   a remote source did not answer, or answered in another shape
├── Busy                  exit 1   another process holds the table or the home
└── Refused               exit 1   not allowed: sign-in, role, transport
```

Every message says where, what and how many; `hint` says what to do now. No other exception reaches a user:
the commands, the pages and the API turn these into text and everything unforeseen into a number to quote.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class WorkbenchError(Exception):
    """Base of the tree. `str(error)` is what the user reads: the message, then the hint on a line of its own."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n→ {self.hint}" if self.hint else self.message


class InputError(WorkbenchError):
    """What came in is wrong and only the sender can mend it."""

    exit_code = 2


class UnreadableFile(InputError):
    """A file is cut, damaged, too large, or in no format that a reader recognises."""


class BrokenContract(InputError):
    """A table does not keep the contract written in its catalogue entry."""


class UnknownName(InputError):
    """A name that does not exist.

    >>> print(UnknownName("table", "air_hourli", ["air_hourly", "air_daily"]))
    no table 'air_hourli'; there are: air_daily, air_hourly
    → did you mean 'air_hourly'?
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        listed = ", ".join(names) if names else "none yet"
        super().__init__(
            f"no {kind} '{name}'; there are: {listed}",
            f"did you mean '{near[0]}'?" if near else "",
        )


class MissingData(WorkbenchError):
    """There is nothing to compute with yet: an empty table, a forecast never issued."""


class SourceFailed(WorkbenchError):
    """A remote source did not answer, or answered in another shape than the catalogue describes."""


class Busy(WorkbenchError):
    """Another process holds the table or the home; trying again later will do."""


class Refused(WorkbenchError):
    """Not allowed: a sign-in, a role, or a transport that is not safe."""
