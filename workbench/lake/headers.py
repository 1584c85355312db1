"""Which column of a table the header of a foreign file means, and in which unit it comes.

A header is compared as a whole, then without its unit, then without its other brackets, then by what stands in the
brackets, then without words such as 浓度 that say nothing. Brackets and endings that state another averaging time
(`(8小时)`, `_24h`) are part of the name: `O3_8h` is never taken for the hourly ozone.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice

from workbench.errors import BrokenContract
from workbench.lake import units
from workbench.lake.catalogue import Column, Table

BRACKETS = re.compile(r"[(（\[【]([^()（）\[\]【】]*)[)）\]】]")
FILLERS = (
    "小时平均浓度",
    "平均浓度",
    "实时浓度",
    "小时浓度",
    "浓度",
    "平均值",
    "小时均值",
    "小时值",
    "监测值",
    "均值",
    "数值",
    "conc",
    "1小时",
    "1h",
    "hourly",
)
DAY_FILLERS = ("24小时平均", "24小时", "日平均", "日均值", "日均", "24h", "日值", "daily", "日最大8小时滑动平均")
TIME_WORDS = ("时间", "日期", "监测时间", "监测日期", "time", "date", "datetime", "timepoint", "timestamp")
REMARKS = (
    "含",
    "不含",
    "其中",
    "包括",
    "示意",
    "统计",
    "上报",
    "预计",
    "估",
    "初步",
    "最终",
    "实测",
    "全",
    "本",
    "当",
    "incl",
    "excl",
)
"""How a remark in brackets begins, that is no unit."""
OTHER_AVERAGE = re.compile(r"(?<!\d)(?!1(?:h|小时|hr))\d+\s*(?:h|hr|小时)", re.IGNORECASE)


@dataclass(frozen=True)
class Meaning:
    """One header understood: the column it fills and `column = value * scale + shift`."""

    column: Column
    unit: str = ""
    scale: float = 1.0
    shift: float = 0.0

    @property
    def converts(self) -> bool:
        return (self.scale, self.shift) != (1.0, 0.0)


@dataclass(frozen=True)
class Headers:
    """All headers of a file understood, by position. `notes` tell conversions, `unused` is all else."""

    meanings: dict[int, Meaning]
    notes: tuple[str, ...] = ()
    unused: dict[int, str] = field(default_factory=dict)

    def position(self, column: str) -> int | None:
        """Where the column stands in the file; None where the file has none."""
        return next((i for i, meaning in self.meanings.items() if meaning.column.name == column), None)

    def has(self, *columns: str) -> bool:
        return all(self.position(column) is not None for column in columns)


def plain(text: str) -> str:
    """A name reduced to what tells it from others: letters, digits and characters, in one case and one width.

    >>> plain("PM2.5"), plain("O₃_8h"), plain(" 监测 时间"), plain("ＰＭ２．５")
    ('pm25', 'o38h', '监测时间', 'pm25')
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def letter(column: int) -> str:
    """A column as spreadsheets call it.

    >>> letter(0), letter(27)
    ('A', 'AB')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def split(header: str) -> tuple[str, str]:
    """A header's name and unit; the unit is '' where the header states none.

    >>> split("PM2.5(μg/m³)"), split("二氧化硫(SO2) 微克/立方米"), split("O3（8小时）"), split("wind [km/h]")
    (('PM2.5', 'μg/m³'), ('二氧化硫(SO2)', '微克/立方米'), ('O3（8小时）', ''), ('wind', 'km/h'))
    """
    header = header.strip().lstrip("\ufeff")
    for found in BRACKETS.finditer(header):
        inner = re.sub(r"^(单位|unit)\s*[::：]?\s*", "", found[1], flags=re.IGNORECASE)
        if units.known(inner) or "/" in inner or clean_ratio(inner):
            return (header[: found.start()] + header[found.end() :]).strip(" /_,，-"), inner.strip()
    name, _, last = header.rpartition(" ")
    if name and "/" in last and units.known(last):
        return name.strip(" ,，"), last
    name, slash, last = header.partition("/")
    if slash and name and units.known(last):
        return name.strip(), last
    return header, ""


def clean_ratio(text: str) -> bool:
    """True for units that are none of ours but plainly units: mixing ratios, which must be refused and not ignored."""
    return units.clean(text) in ("ppb", "ppm", "ppbv", "ppmv", "ppt")


@lru_cache(maxsize=10_000)
def forms(header: str, daily: bool) -> tuple[str, ...]:
    """The plain names under which a header may be known, the surest first."""
    name, _ = split(header)
    inner = [text for text in BRACKETS.findall(name) if not OTHER_AVERAGE.search(text)]
    outer = BRACKETS.sub(lambda found: found[0] if OTHER_AVERAGE.search(found[1]) else "", name)
    found = [plain(header), plain(name), plain(outer), *map(plain, inner)]
    for form in (plain(name), plain(outer)):
        for filler in (*FILLERS, *(DAY_FILLERS if daily else ())):
            if form.endswith(filler):
                found.append(form.removesuffix(filler))
                break
    return tuple(dict.fromkeys(form for form in found if form))


def understand(headers: Sequence[str], table: Table, stated: dict[str, str] | None = None) -> Headers:
    """What each header means. `stated` gives units by header where the file states them apart from the header.

    Where two headers mean one column, the surer one is taken: a column's own name before its aliases, an earlier
    alias before a later one, the left before the right. BrokenContract where a unit cannot be turned into the table's.
    """
    daily = table.time is not None and table.columns[table.time].type == "date"
    known = _known(table)
    claims: dict[str, tuple[tuple[int, int, int], int]] = {}
    for position, header in enumerate(headers):
        for surety, form in enumerate(forms(header, daily)):
            if form in known:
                rank, column_name = known[form]
                claim = ((surety > 1, rank, position), position)
                claims[column_name] = min(claims.get(column_name, claim), claim)
                break
    taken = {position: name for name, (_, position) in claims.items()}
    meanings, notes = {}, []
    for position, header in enumerate(headers):
        if position in taken:
            given = (stated or {}).get(header)
            meanings[position] = _meaning((header, position), table.columns[taken[position]], given, table)
            if meanings[position].converts:
                notes.append(f"{header.strip()}: {meanings[position].unit} → {meanings[position].column.unit}")
    unused = {i: header.strip() for i, header in enumerate(headers) if i not in taken and header.strip()}
    return Headers(meanings, tuple(notes), unused)


def _known(table: Table) -> dict[str, tuple[int, str]]:
    """Every plain name of every column, with its rank: 0 the name itself, then titles, aliases, words for time."""
    known: dict[str, tuple[int, str]] = {}
    for column in table.columns.values():
        for rank, name in enumerate((column.name, column.zh, column.en, *column.aliases)):
            if name and plain(name):
                known.setdefault(plain(name), (rank, column.name))
    if table.time is not None:
        for name in TIME_WORDS:
            known.setdefault(name, (99, table.time))
    return known


def _refuse_strange(at: tuple[str, int], column: Column, table: Table) -> None:
    """Refuse brackets that hold neither a unit nor a name nor a remark: `产量（箱）` is no weight."""
    (header, position), known = at, _known(table)
    for inner in BRACKETS.findall(header):
        if plain(inner) and plain(inner) not in known and not inner.strip().startswith(REMARKS):
            dimension = units.KNOWN[units.clean(column.unit)].split(" ")[0]
            raise BrokenContract(
                f"column {letter(position)}, header '{header.strip()}' states '{inner.strip()}', "
                f"which is no unit of {dimension} known here",
                f"convert it to {column.unit} and write the unit in the header",
            )


def _meaning(at: tuple[str, int], column: Column, stated: str | None, table: Table) -> Meaning:
    header = at[0]
    unit = stated if stated is not None else split(header)[1]
    if not unit and units.KNOWN.get(units.clean(column.unit)) in units.MANY:
        _refuse_strange(at, column, table)
    if not unit or not column.unit or column.type not in ("number", "integer"):
        return Meaning(column)
    return Meaning(column, unit, *units.conversion(unit, column.unit, header.strip()))


def named(headers: Collection[str], table: Table) -> str:
    """Headers that nothing was made of, the first twenty with the column that they are like.

    >>> from workbench.lake.catalogue import load
    >>> named(["AQI", "PM_25x"], load("air_hourly"))
    'AQI, PM_25x (like pm2_5?)'
    """
    known = _known(table)

    def one(header: str) -> str:
        near = get_close_matches(plain(header), known, n=1, cutoff=0.8)
        return f"{header} (like {known[near[0]][1]}?)" if near else header

    more = f" and {len(headers) - 20} more" if len(headers) > 20 else ""
    return ", ".join(one(header) for header in islice(headers, 20)) + more
