"""Steps of a task as whole numbers: the only place that reads the text of a step (`1h`, `1d`, `1w`, `1mo`, `1q`, `1y`).

Hours and days are counted from 1970-01-01, weeks from the Monday of that week (ISO), months, quarters and years from
January 1970. `ds` is the end of an hour, and the first day of a longer step.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from workbench.errors import InputError
from workbench.forecast.frames import UTC

HOURS = {"h": 1.0, "d": 24.0, "w": 168.0, "mo": 730.485, "q": 2191.455, "y": 8765.82}
"""Length of one unit in hours; of months and longer the mean over 400 years."""

MONTHS = {"mo": 1, "q": 3, "y": 12}
MONDAY = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True)
class Clock:
    """Steps as whole numbers since 1970, from the task's `every`.

    >>> Clock("1h").phases, Clock("1d").phases, Clock("3h").phases
    (24, 1, 8)
    """

    every: str

    @cached_property
    def parts(self) -> tuple[int, str]:
        """Number and unit; InputError where the text is no step."""
        found = re.fullmatch(r"([1-9]\d*)(h|d|w|mo|q|y)", self.every)
        if found is None:
            raise InputError(f"{self.every!r} is not a step", "write a number and h, d, w, mo, q or y: 1h, 1d, 1mo")
        return int(found[1]), found[2]

    @property
    def dated(self) -> bool:
        """True where a step is a day or longer, so that `ds` is a Date."""
        return self.parts[1] != "h"

    @property
    def hours(self) -> float:
        """Length of a step in hours; of months and longer on average."""
        count, unit = self.parts
        return count * HOURS[unit]

    @property
    def length(self) -> timedelta:
        """Length of a step; of months and longer on average."""
        return timedelta(hours=self.hours)

    @property
    def phases(self) -> int:
        """Steps in a day; 1 for a day and longer."""
        return max(1, int(24 // self.hours))

    def number(self, column: str = "ds") -> pl.Expr:
        """Number of the step that a Date or Datetime lies in, Int64.

        >>> from datetime import date
        >>> pl.DataFrame({"ds": [date(1971, 3, 1)]}).select(Clock("1mo").number()).item()
        14
        """
        count, unit = self.parts
        at = pl.col(column)
        if unit in MONTHS:
            month = (at.dt.year().cast(pl.Int64) - 1970) * 12 + at.dt.month().cast(pl.Int64) - 1
            return month // (count * MONTHS[unit])
        hours = (at.cast(pl.Datetime("us")).dt.epoch("s") // 3600).cast(pl.Int64)
        if unit == "w":
            return (hours // 24 + MONDAY) // (7 * count)
        return hours // int(self.hours)

    def numbers(self, *steps: object) -> list[int]:
        """Numbers of steps given by their `ds`.

        >>> from datetime import date
        >>> Clock("1mo").numbers(date(1970, 1, 31), date(1971, 3, 1))
        [0, 14]
        """
        return pl.DataFrame({"ds": steps}).select(self.number()).to_series().to_list()

    def phase(self, column: str = "ds") -> pl.Expr:
        """Position of the step within the day, Int16."""
        return (self.number(column) % self.phases).cast(pl.Int16)

    def starts(self, numbers: np.ndarray) -> pl.Series:
        """The `ds` of steps by number: Date, or Datetime in UTC for hours. The inverse of `number`.

        >>> Clock("1q").starts(np.array([0, 5])).to_list()
        [datetime.date(1970, 1, 1), datetime.date(1971, 4, 1)]
        """
        count, unit = self.parts
        if unit in MONTHS:
            stamps = (numbers * count * MONTHS[unit]).astype("datetime64[M]").astype("datetime64[D]")
        elif unit == "w":
            stamps = (numbers * count * 7 - MONDAY).astype("datetime64[D]")
        else:
            stamps = (numbers * int(self.hours)).astype("datetime64[h]").astype("datetime64[us]")
        found = pl.Series("ds", stamps)
        return found.cast(pl.Date) if self.dated else found.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")

    def last_over(self, local: datetime) -> date:
        """The `ds` of the last step of a day or longer that is over at that local time.

        >>> Clock("1mo").last_over(datetime(2026, 3, 15, 18)), Clock("1d").last_over(datetime(2026, 3, 15, 18))
        (datetime.date(2026, 2, 1), datetime.date(2026, 3, 14))
        """
        (running,) = self.numbers(local.date())
        found: date = self.starts(np.array([running - 1])).item()
        return found

    def after(self, moment: date | datetime, steps: int) -> list[date] | list[datetime]:
        """The `ds` of the `steps` steps after one of the clock's own, or after any hour."""
        count, unit = self.parts
        kind = pl.Date if self.dated else UTC
        ahead = pl.DataFrame({"by": range(count, count * steps + 1, count)})
        moved = pl.lit(moment, dtype=kind).dt.offset_by(pl.format("{}" + unit, "by"))
        return ahead.select(moved).to_series().to_list()
