"""What became of one issue: said to people, and to programs."""

from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True)
class Issued:
    """One task's (or product's) issue: by whom, how degraded and why; `new` is False where it stood already."""

    name: str
    issued_at: datetime
    model: str
    version: str
    level: int
    reason: str
    rows: int
    new: bool
    sample: bool
    error: str = ""

    def sentence(self) -> str:
        if self.error:
            return f"{self.name}: not issued: {self.error}"
        state = f"level {self.level}" + (f" ({self.reason})" if self.reason else "")
        badge = " · 示意数据 sample data" if self.sample else ""
        by = f"{self.model} (version {self.version})" if self.version else self.model
        already = "" if self.new else " · stood already"
        return f"{self.name}: {self.rows:,} rows by {by}, {state}{badge}{already}"

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def failed(name: str, as_of: datetime, error: str) -> Issued:
    """An issue that did not happen."""
    return Issued(name, as_of, "", "", -1, "", 0, False, False, error.removeprefix(f"{name}: "))
