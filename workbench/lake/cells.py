"""Cells as people fill them in, made readable for the contract; what stays unreadable is handed on as it was written.

Numbers: full-width digits, thousands separators, marks for *missing*, and `<3` for *below detection* — taken as half
of the limit, the usual substitute, and counted in the notes. Times: Excel's day numbers, Unix seconds and milliseconds,
`/Date(…)/`, `2026112308`, full-width digits. Everything else about types and time zones is the contract's business.
"""

from datetime import time

import polars as pl

from workbench.lake.headers import Meaning

MISSING = (
    "",
    *("-", "--", "—", "——", "–", "/", "\\", "*", ".", "·"),
    *("na", "n/a", "#n/a", "nan", "null", "none", "nil"),
    *("无", "缺", "缺测", "无效", "无数据", "停运", "故障", "维护"),
    *("-99", "-999", "-9999", "-99.0", "-999.0", "-9999.0", "-999.9", "-99999"),
)
"""What a cell says when there is no value. The negative sentinels are outside every range that a measure here has."""

WRITTEN_OUT = r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?$"
DAY_ZERO = pl.datetime(1899, 12, 30)  # Excel's day 0


def flat(series: pl.Series) -> pl.Series:
    """Text without blanks around it, in narrow digits and letters, with every mark for *missing* made null."""
    text = series.str.normalize("NFKC").str.strip_chars()
    return text.set(text.str.to_lowercase().is_in(MISSING).fill_null(False), None)


def numbers(series: pl.Series, meaning: Meaning) -> tuple[pl.Series, list[str]]:
    """A column of numbers in the unit of the contract, and what is to be said about it.

    Float64 where every cell could be read; otherwise text, in which the unreadable cells are as they were written.

    >>> from workbench.lake.catalogue import Column
    >>> co = Meaning(Column("co", "number"), "µg/m³", 1e-3)
    >>> read, notes = numbers(pl.Series(["1,200", "<50", "—", "９００"]), co)
    >>> read.to_list(), notes
    ([1.2, 0.025, None, 0.9], ['co: 1 value below detection taken as half of the limit'])
    """
    name = meaning.column.name
    if series.dtype in (pl.Categorical, pl.Enum, pl.Binary) or series.dtype.is_nested():
        series = series.cast(pl.String, strict=False)
    if series.dtype != pl.String:
        return _scaled(series.cast(pl.Float64, strict=False).fill_nan(None), meaning).alias(name), []
    first = series.cast(pl.Float64, strict=False)
    odd = series.is_not_null() & (first.is_null() | first.is_nan())
    sentinel = first.is_in([-99.0, -999.0, -9999.0, -999.9, -99999.0])
    if not odd.any():
        return _scaled(first.set(sentinel.fill_null(False), None), meaning).alias(name), []
    text = flat(series.str.slice(0, 64))
    grouped = text.str.contains(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
    below = text.str.extract(r"^(?:<|＜|≤|低于)\s*(\d+(?:\.\d+)?)$").cast(pl.Float64, strict=False)
    plain = pl.select(pl.when(grouped).then(text.str.replace_all(",", "", literal=True)).otherwise(text)).to_series()
    value = pl.select(pl.coalesce(plain.cast(pl.Float64, strict=False), below / 2)).to_series().fill_nan(None)
    unreadable = text.is_not_null() & value.is_null()
    count = below.is_not_null().sum()
    notes = [f"{name}: {count} value{'s' * (count > 1)} below detection taken as half of the limit"] if count else []
    value = _scaled(value.set(value.is_in([-99.0, -999.0, -9999.0, -999.9, -99999.0]).fill_null(False), None), meaning)
    if not unreadable.any():
        return value.alias(name), notes
    return pl.select(pl.when(unreadable).then(series).otherwise(value.cast(pl.String))).to_series().alias(name), notes


def _scaled(value: pl.Series, meaning: Meaning) -> pl.Series:
    if not meaning.converts:
        return value
    whole = round(1 / meaning.scale)
    if meaning.scale < 1 and abs(whole * meaning.scale - 1) < 1e-12:
        # 700 / 1000 is 0.7, 700 * 0.001 is not; and Polars makes a division by one number such a product
        return value / pl.repeat(float(whole), len(value), eager=True) + meaning.shift
    return value * meaning.scale + meaning.shift


def has_clock(series: pl.Series) -> bool:
    """True where a column that should hold days holds hours of the day other than midnight.

    >>> has_clock(pl.Series(["2026-03-01", "2026-03-02 00:00"])), has_clock(pl.Series(["2026-03-01 13:00"]))
    (False, True)
    """
    if isinstance(series.dtype, pl.Datetime):
        return bool((series.dt.time() != time()).any())
    if series.dtype != pl.String:
        return False
    clock = series.str.extract(r"[ T](\d{1,2}:\d{2}(?::\d{2})?)")
    return bool((clock.is_not_null() & ~clock.str.contains(r"^0?0:00(:00)?$")).any())


def moments(series: pl.Series, zone: str) -> pl.Series:
    """A column of days or instants in a spelling that the contract reads; typed columns stay as they are.
    Counted instants are written with the offset of `zone`, so that their day is the local one.

    >>> moments(pl.Series(["45352.0833333333", "2024030113", "/Date(1709283600000)/", "soon"]), "UTC").to_list()
    ['2024-03-01 02:00:00', '2024-03-01 13:00', '2024-03-01T09:00:00+00:00', 'soon']
    """
    if series.dtype == pl.Date or isinstance(series.dtype, pl.Datetime):
        return series
    if series.dtype.is_nested() or series.dtype == pl.Binary:
        return pl.Series(
            series.name, [None if cell is None else str(cell)[:200] for cell in series.to_list()], pl.String
        )
    if series.dtype.is_float() and (series.drop_nulls() == series.drop_nulls().round()).all():
        series = series.cast(pl.Int64, strict=False)
    text = series.cast(pl.String, strict=False)
    if text.str.contains(WRITTEN_OUT).all():
        return text
    text = text.str.slice(0, 200)
    cell = flat(text)
    compact = cell.str.extract_groups(
        r"^((?:19|20)\d{2})[-/.]?(\d{2})[-/.]?(\d{2})[T _]?(\d{2}):?(\d{2})?:?(\d{2})?$"
    ).struct
    day = pl.concat_str(*(compact.field(str(i)) for i in (1, 2, 3)), separator="-")
    clock = pl.concat_str(compact.field("4"), pl.coalesce(compact.field("5"), pl.lit("00")), separator=":")
    epoch = cell.str.extract(r"^(?:/?Date\()?(\d{10}|\d{13})(?:[+-]\d{4})?(?:\)/?)?$").cast(pl.Int64, strict=False)
    instant = pl.from_epoch(pl.when(epoch > 10**11).then(epoch // 1000).otherwise(epoch), time_unit="s")
    serial = cell.str.extract(r"^([2-7]\d{4}(?:\.\d+)?)$").cast(pl.Float64, strict=False)
    counted = DAY_ZERO + pl.duration(minutes=pl.lit((serial * 1440).round()))
    return pl.select(
        pl.when(compact.field("4").is_not_null())
        .then(pl.concat_str(day, clock, separator=" "))
        .when(epoch.is_not_null())
        .then(instant.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.strftime("%Y-%m-%dT%H:%M:%S%:z"))
        .when(serial.is_not_null())
        .then(counted.dt.strftime("%Y-%m-%d %H:%M:%S"))
        .otherwise(cell)
        .alias(series.name)
    ).to_series()
