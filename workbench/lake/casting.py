"""Text and foreign types into the types of a contract. A cell that cannot be read becomes null, never a guess."""

import polars as pl

from workbench.lake.catalogue import Column
from workbench.lake.cells import MISSING

WRITTEN = (
    r"^(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})|(\d{2})(\d{2}))"  # day
    r"(?:(?:[T\s]+|日\s*)(\d{1,2})(?:[:时点](\d{1,2}))?(?::(\d{1,2})(?:\.\d+)?)?[时点分]?)?日?"  # clock
    r"\s*(?:(Z)|([+-]\d{2}):?(\d{2}))?$"  # offset
)
"""A day, a clock and an offset as people and machines write them: `2026-11-23 08:00`, `2026/1/3 8:00:00`,
`2026年11月23日08时`, `20261123`, `2026-11-23T08:00:00+08:00`; `24:00` ends the day."""

SEASON = r"^(\d{4})(?:\.0)?(?:\s*[/\-—–~至]+\s*(\d{4}|\d{2}))?\s*(?:年度|产季|年|季)*$"
"""A season by the year in which it begins, or by both: `2026`, `2026/27`, `2026—2027产季`."""

TRUE = ("true", "yes", "y", "1", "1.0", "是", "已审核", "已审", "audited")
FALSE = ("false", "no", "n", "0", "0.0", "否", "未审核", "未审", "provisional")


def tidy(series: pl.Series) -> pl.Series:
    """A column with every way of saying *missing* made null and text freed of blanks around it."""
    if series.dtype in (pl.Categorical, pl.Enum):
        series = series.cast(pl.String)
    if series.dtype in (pl.Duration, pl.Time):
        series = series.dt.to_string()
    if series.dtype == pl.String:
        text = series.str.strip_chars()
        return text.set(text.str.to_lowercase().is_in(MISSING), None)
    return series.fill_nan(None) if series.dtype.is_float() else series


def cast(series: pl.Series, column: Column, zone: str) -> pl.Series:
    """A tidied column in the type of its contract; times without an offset are local to `zone`.

    >>> cast(pl.Series(["2026-11-22 24:00", "soon"]), Column("time", "datetime"), "Asia/Shanghai").to_list()
    [datetime.datetime(2026, 11, 22, 16, 0, tzinfo=zoneinfo.ZoneInfo(key='UTC')), None]
    """
    series = _possible(series)
    if series.dtype == column.dtype:
        return series
    mistaken = series.dtype.is_temporal() and column.type in ("number", "integer", "boolean")  # Excel makes days of 3-5
    if mistaken or series.dtype.is_nested() or series.dtype in (pl.Object, pl.Null, pl.Binary):
        return pl.Series(series.name, [None], column.dtype).new_from_index(0, len(series))
    value = _to(pl.col(series.name), series.dtype, column, zone)
    return series.to_frame().with_columns(value.alias(series.name)).to_series()


PER_DAY = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
FIRST_DAY, LAST_DAY = -719_161, 2_932_895  # 0001-01-02 and 9999-12-30, counted from 1970-01-01


def _possible(series: pl.Series) -> pl.Series:
    """Days and instants outside the years 1 to 9999 made null: calendars break on them."""
    if series.dtype != pl.Date and not isinstance(series.dtype, pl.Datetime):
        return series
    per_day = PER_DAY[series.dtype.time_unit] if isinstance(series.dtype, pl.Datetime) else 1
    day = series.to_physical().cast(pl.Int64) // per_day
    return series.set(~day.is_between(FIRST_DAY, LAST_DAY), None)


def _to(value: pl.Expr, given: pl.DataType, column: Column, zone: str) -> pl.Expr:
    match column.type:
        case "string":
            whole = value.cast(pl.Int64, strict=False)
            return (
                pl.when(value == whole).then(whole.cast(pl.String)).otherwise(value.cast(pl.String))
                if given.is_float()
                else value.cast(pl.String)
            )
        case "datetime":
            return _instant(value, given, zone)
        case "date":
            return _date(value, given, zone)
        case "integer" if column.season and given == pl.String:
            part = value.str.extract_groups(SEASON).struct
            first, last = (part.field(str(i)).cast(pl.Int64) for i in (1, 2))
            follows = (last == first + 1) | ((last < 100) & (last == (first + 1) % 100))
            return pl.when(last.is_null() | follows).then(first)
        case "integer":
            number = value.cast(pl.Float64, strict=False) if not given.is_integer() else value
            return pl.when(number == number.round()).then(number.cast(pl.Int64, strict=False))
        case "boolean" if given == pl.String:
            word = value.str.to_lowercase()
            return pl.when(word.is_in(TRUE)).then(True).when(word.is_in(FALSE)).then(False)
        case "boolean":
            number = value.cast(pl.Float64, strict=False)
            return pl.when(number == 1).then(True).when(number == 0).then(False)
        case _:
            return value.cast(pl.Float64, strict=False)


def _instant(value: pl.Expr, given: pl.DataType, zone: str) -> pl.Expr:
    if given == pl.String:
        part = value.str.extract_groups(WRITTEN).struct
        clock = [part.field(str(i)).cast(pl.Int64).fill_null(0) for i in (6, 7, 8)]
        sane = (clock[1] < 60) & (clock[2] < 60) & (clock[0] * 3600 + clock[1] * 60 + clock[2] <= 86400)
        wall = _day(value).cast(pl.Datetime("us")) + pl.duration(hours=clock[0], minutes=clock[1], seconds=clock[2])
        hours, minutes = part.field("10").cast(pl.Int64), part.field("11").cast(pl.Int64)
        offset = pl.duration(minutes=hours * 60 + pl.when(hours < 0).then(-minutes).otherwise(minutes))
        instant = (
            pl.when(part.field("9").is_not_null())
            .then(wall.dt.replace_time_zone("UTC"))
            .when(hours.is_not_null())
            .then(wall.dt.replace_time_zone("UTC") - offset)
            .otherwise(local(wall, zone))
        )
        return pl.when(sane).then(instant)
    if given == pl.Date:
        return local(value.cast(pl.Datetime("us")), zone)
    if isinstance(given, pl.Datetime):
        return value.dt.convert_time_zone("UTC").dt.cast_time_unit("us") if given.time_zone else local(value, zone)
    return pl.lit(None, pl.Datetime("us", "UTC"))


def local(value: pl.Expr, zone: str) -> pl.Expr:
    """Wall-clock time to UTC; an hour that the clocks skipped has no instant, of a doubled one the first is meant."""
    return (
        value.dt.cast_time_unit("us")
        .dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        .dt.convert_time_zone("UTC")
    )


def _day(value: pl.Expr) -> pl.Expr:
    part = value.str.extract_groups(WRITTEN).struct
    month, day = (pl.coalesce(part.field(a), part.field(b)) for a, b in (("2", "4"), ("3", "5")))
    return pl.concat_str(part.field("1"), month, day, separator="-").str.to_date("%Y-%m-%d", strict=False)


def _date(value: pl.Expr, given: pl.DataType, zone: str) -> pl.Expr:
    if given == pl.Date:
        return value
    if given == pl.String:
        return _day(value)
    if isinstance(given, pl.Datetime):
        return (value.dt.convert_time_zone(zone) if given.time_zone else value).dt.date()
    if given.is_integer():
        return value.cast(pl.String).str.to_date("%Y%m%d", strict=False)
    return pl.lit(None, pl.Date)


def shown(series: pl.Series) -> pl.Series:
    """A column as the sender wrote it, for the quarantine."""
    if series.dtype.is_nested() or series.dtype in (pl.Object, pl.Binary):
        return pl.Series(series.name, [None if v is None else str(v)[:200] for v in series.to_list()], pl.String)
    if series.dtype.is_temporal() and _possible(series).null_count() > series.null_count():
        series = series.to_physical()
    return series.cast(pl.String, strict=False).str.slice(0, 200)
