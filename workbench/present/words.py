"""Words and numbers as the reader says them, in Chinese and in English.

Texts live in `text/[<part>.]<language>.toml`; every file found is read, so a new domain brings its own two and edits
none. A key is `section.name`; placeholders are those of `str.format`.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from workbench.errors import UnknownName

TEXT = Path(__file__).parent / "text"
LANGUAGES: tuple[str, ...] = ("zh", "en")
"""The first is the default."""


@cache
def texts(language: str) -> dict[str, str]:
    """Every text of one language by its key, from all files found."""
    found: dict[str, str] = {}
    for file in sorted([TEXT / f"{language}.toml", *TEXT.glob(f"*.{language}.toml")]):
        for section, entries in tomllib.loads(file.read_text("utf-8")).items():
            found |= {f"{section}.{name}": text for name, text in entries.items()}
    return found


@dataclass(frozen=True)
class Words:
    """How one language says things. Cheap to make: `Words("zh")`.

    >>> Words("zh")("chart.now"), Words("en")("chart.now")
    ('现在', 'now')
    >>> Words("zh").day(date(2026, 11, 24)), Words("en").day(date(2026, 11, 24))
    ('11月24日 周二', 'Tue 24 Nov')
    """

    language: str = "zh"
    zone: str = "Asia/Shanghai"

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise UnknownName("language", self.language, LANGUAGES)

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of that key with its placeholders filled."""
        known = texts(self.language)
        if key not in known:
            raise UnknownName("text", key, known)
        return known[key].format(**values) if values else known[key]

    @property
    def zh(self) -> bool:
        """True for Chinese."""
        return self.language == "zh"

    def either(self, zh: str, en: str) -> str:
        """The side of a bilingual pair (a catalogue title, a task title) that this language reads."""
        return zh if self.zh else en

    def both(self, thing: object, field: str = "") -> str:
        """`thing.<field>_zh` or `thing.<field>_en` (without a field: `thing.zh` or `thing.en`)."""
        return str(getattr(thing, f"{field}_{self.language}" if field else self.language))

    def weekday(self, day: date) -> str:
        """周二 · Tue."""
        return self(f"time.day{day.isoweekday()}")

    def day(self, day: date, year: bool = False) -> str:
        """A date with its weekday; with `year` where another year could be meant."""
        if self.zh:
            return f"{f'{day.year}年' if year else ''}{day.month}月{day.day}日 {self.weekday(day)}"
        return f"{self.weekday(day)} {day.day} {self.month(day)}{f' {day.year}' if year else ''}"

    def short(self, day: date) -> str:
        """A date without its weekday: 11月24日 · 24 Nov."""
        return f"{day.month}月{day.day}日" if self.zh else f"{day.day} {self.month(day)}"

    def month(self, day: date) -> str:
        """11月 · Nov."""
        return f"{day.month}月" if self.zh else self(f"time.month{day.month}")

    def local(self, moment: datetime) -> datetime:
        """An instant on the county's clock."""
        return moment.astimezone(ZoneInfo(self.zone))

    def moment(self, moment: datetime, day: bool = True) -> str:
        """An instant on the county's clock, 24 h: 11月23日 18:00 · 23 Nov 18:00."""
        local = self.local(moment)
        return f"{self.short(local.date())} {local:%H:%M}" if day else f"{local:%H:%M}"

    def age(self, length: timedelta) -> str:
        """How long ago.

        >>> Words("zh").age(timedelta(hours=2, minutes=20)), Words("en").age(timedelta(days=3))
        ('2 小时前', '3 d ago')
        """
        return self("time.just_now") if length < timedelta(minutes=1) else self("time.ago", length=self.length(length))

    def length(self, length: timedelta) -> str:
        """A length of time in the one unit that says most; days from two days on.

        >>> Words("zh").length(timedelta(hours=30)), Words("en").length(timedelta(minutes=5))
        ('30 小时', '5 min')
        """
        seconds = max(int(length.total_seconds()), 0)
        if seconds >= 2 * 86400:
            return self("time.days", n=seconds // 86400)
        if seconds >= 3600:
            return self("time.hours", n=seconds // 3600)
        return self("time.minutes", n=seconds // 60)


def percent(share: float | None, unknown: str = "—") -> str:
    """A probability as a whole percent, open at the ends: nothing is certain.

    >>> percent(0.314), percent(0.004), percent(0.997), percent(None)
    ('31%', '<1%', '>99%', '—')
    """
    if share is None:
        return unknown
    if share < 0.01:
        return "<1%"
    return ">99%" if share > 0.99 else f"{share:.0%}"


def span(low: float | None, high: float | None, digits: int = 0) -> str:
    """A range with an en dash; one number where both ends read the same.

    >>> span(67.6, 92.2), span(0.71, 0.74, 1)
    ('68–92', '0.7')
    """
    if low is None or high is None:
        return "—"
    one, other = number(low, digits), number(high, digits)
    return one if one == other else f"{one}–{other}"


def number(value: float | None, digits: int = 0) -> str:
    """A number with thousands apart and no more digits than asked.

    >>> number(12345.6), number(0.66, 1), number(None)
    ('12,346', '0.7', '—')
    """
    return "—" if value is None else f"{value:,.{digits}f}"


def change(now: float | None, before: float | None) -> str:
    """A signed difference with a real minus, ±0 when none, nothing when one side is missing.

    >>> change(80, 74), change(70, 74), change(70, 70), change(70, None)
    ('+6', '−4', '±0', '')
    """
    if now is None or before is None:
        return ""
    step = round(now) - round(before)
    return f"+{step}" if step > 0 else f"−{-step}" if step else "±0"
