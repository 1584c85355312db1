"""Cells of order exports: cleaned, vetted and reduced to what may be kept."""

import hashlib

import polars as pl

from workbench.lake import casting, catalogue, cells, reference
from workbench.lake.catalogue import Column
from workbench.lake.headers import Meaning

MASKED = r"^[*＊●•xX#\s]+$|^#{2}"
"""What a platform writes where it hides something; Douyin's encrypted cells begin with ##."""
SPEAKING = r"\d{7,}|[\w.+-]+@[\w-]+\.\w+"
"""Telephone and identity numbers and addresses of mail, which have no place in a title."""
WEIGHT = r"(\d+(?:\.\d+)?)(?:[-~至到](\d+(?:\.\d+)?))?\s*(公斤|千克|kg|斤)"
NET = r"净重\s*[:约]?\s*" + WEIGHT
GRAMS = r"(\d{3,5})\s*(?:g|克)"
ONE_FRUIT = r"单果[^,;，；、\s]*|果径[^,;，；、\s]*"
TIMES = r"[*x×]\s*(\d{1,2})\s*(?:箱|件|盒|袋)"
PROVINCE_END = r"^(?:特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区|省|市)"
CITY = r"^([\u4e00-\u9fff]{1,8}?(?:自治州|地区|市|盟|州))"
CHANNELS = {"直播": "live", "短视频": "video", "视频": "video", "商品卡": "shelf", "橱窗": "shelf"}
CITY_STATES = ("北京", "天津", "上海", "重庆")


def clean(values: pl.Series) -> pl.Series:
    """Text without blanks, tabs and Excel's `="…"` around it; null where there is nothing or a mask."""
    text = values.cast(pl.String).str.strip_chars(" \t\r\n\u00a0\u200b\ufeff")
    if text.str.starts_with("=").any() or text.str.starts_with("'").any():
        text = text.str.replace(r'^="?([^"]*)"?$', "$1").str.strip_prefix("'").str.strip_chars(" \t")
    empty = text.is_in(["", "-", "--", "null", "NULL", "无", "None"]) | text.str.contains(MASKED)
    return text.set(empty.fill_null(False), None)


def digest(values: pl.Series, kind: str) -> pl.Series:
    """24 hexadecimal digits of the SHA-256 of each number: equal numbers stay equal, none can be read back."""
    known = values.unique().drop_nulls()
    codes = [hashlib.sha256(f"{kind}|{one}".encode()).hexdigest()[:24] for one in known]
    return values.replace_strict(known, pl.Series(codes, dtype=pl.String), default=None, return_dtype=pl.String)


def shape(values: pl.Series) -> pl.Series:
    """What a cell looks like without what it says.

    >>> shape(pl.Series(["王五 13800001111", "12..5"])).to_list()
    ['字字 99999999999', '99..9']
    """
    text = values.str.slice(0, 40).str.replace_all(r"\d", "9").str.replace_all(r"[A-Za-z]", "a")
    return text.str.replace_all(r"[^\x00-\x7f]", "字")


def number(values: pl.Series, column: Column) -> pl.Series:
    """Numbers with thousands separators, currency signs and units taken off; an unreadable cell as its shape."""
    plain = values.cast(pl.Float64, strict=False)
    if plain.null_count() == values.null_count():
        return plain
    bare = values.str.replace_all(r"[¥￥元件,，\s]", "")
    read = bare.cast(pl.Float64, strict=False)
    if read.null_count() > values.null_count():
        read, _ = cells.numbers(bare, Meaning(column))
    if read.dtype == pl.String:
        unreadable = values.is_not_null() & read.cast(pl.Float64, strict=False).is_null()
        return pl.select(pl.when(unreadable).then(shape(values)).otherwise(read)).to_series()
    return read


def instants(values: pl.Series, order: pl.Series, zone: str) -> pl.Series:
    """Local times to the minute as UTC; where there is none, the day that Pinduoduo's order numbers begin with."""
    if isinstance(values.dtype, pl.Datetime):
        return values
    day = order.str.extract(r"^(\d{6})-\d+$")
    from_number = day.str.to_datetime("%y%m%d", strict=False, time_unit="us")
    read = pl.select(
        pl.coalesce(
            values.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us"),
            values.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us"),
        )
    ).to_series()
    if (read.is_null() & values.is_not_null()).any():
        text = cells.moments(values, zone)
        more = casting.cast(text, Column("time", "datetime"), zone)
        wall = more.dt.convert_time_zone(zone).dt.replace_time_zone(None)
        read = read.zip_with(read.is_not_null(), wall.cast(pl.Datetime("us")))
    unread = values.is_not_null() & read.is_null()
    read = read.zip_with(read.is_not_null(), from_number) if not day.is_null().all() else read
    known = pl.DataFrame({"at": read}).select(casting.local(pl.col("at").dt.truncate("1m"), zone)).to_series()
    if not unread.any():
        return known
    text = known.dt.to_string("iso:strict")
    return text.zip_with(text.is_not_null() | ~unread, shape(values))


def scrubbed(values: pl.Series) -> pl.Series:
    """A title or specification that can be kept: no long numbers, no mail, nothing that a spreadsheet would run."""
    text = values.str.replace_all(SPEAKING, "•").str.replace_all(r"[\x00-\x1f\x7f]", " ").str.strip_chars_start("=+@- ")
    text = text.str.slice(0, 120)
    return text.set((text == "").fill_null(False), None)


def code(values: pl.Series) -> pl.Series:
    """An item's number at the platform, if it looks like one."""
    return values.set(~values.str.contains(r"^\w[\w.-]{0,39}$").fill_null(False), None)


def channel(values: pl.Series) -> pl.Series:
    """live, video or shelf."""
    found = pl.coalesce(pl.when(pl.col("v").str.contains(zh)).then(pl.lit(en)) for zh, en in CHANNELS.items())
    return pl.DataFrame({"v": values}).select(found).to_series()


def parcels(tracking: pl.Series) -> pl.Series:
    """How many tracking numbers a cell holds, where more than one."""
    numbers = tracking.str.extract_all(r"[A-Za-z]{0,4}\d{8,}").list.unique().list.len().cast(pl.Int64)
    return numbers.set((numbers < 2).fill_null(True), None)


def kilograms(lines: pl.DataFrame) -> pl.Series:
    """Weight of all pieces of a line by its specification, else by its title; null where neither tells one."""
    texts = lines.select("item", "spec").unique()
    each = [pl.col(name).fill_null("").str.normalize("NFKC").str.to_lowercase() for name in ("spec", "item")]
    each = [text.str.replace_all(ONE_FRUIT, "") for text in each]
    weights = texts.with_columns(_kg=pl.coalesce(_weight(text) for text in each))
    told = lines.select("item", "spec", "quantity").join(
        weights, on=["item", "spec"], how="left", nulls_equal=True, maintain_order="left"
    )
    return (told["_kg"] * told["quantity"].cast(pl.Float64, strict=False)).alias("kilograms")


def _weight(text: pl.Expr) -> pl.Expr:
    """Kilograms of one piece."""
    found = []
    for pattern in (NET, WEIGHT):
        low, high = (text.str.extract(pattern, i).cast(pl.Float64, strict=False) for i in (1, 2))
        jin = text.str.extract(pattern, 3) == "斤"
        found.append((low + high.fill_null(low)) / 2 * pl.when(jin).then(0.5).otherwise(1.0))
    grams = text.str.extract(GRAMS, 1).cast(pl.Float64, strict=False) / 1000
    times = text.str.extract(TIMES, 1).cast(pl.Float64, strict=False).fill_null(1.0)
    return pl.coalesce(*found, grams) * times


def province(values: pl.Series, address: pl.Series) -> pl.Series:
    """The province's code by its own column, else by the beginning of the address."""
    names = reference.read(catalogue.load("provinces")).select("zh", "province").collect()
    either = values.zip_with(values.is_not_null(), address)
    short = either.str.extract(f"^({'|'.join(names['zh'])})")
    return short.replace_strict(names["zh"], names["province"], default=None, return_dtype=pl.String)


def city(values: pl.Series, address: pl.Series) -> pl.Series:
    """The city by its own column, else out of the address; anything that is no city's name is left out."""
    names = reference.read(catalogue.load("provinces")).select("zh").collect()["zh"]
    short = address.str.extract(f"^({'|'.join(names)})")
    rest = address.str.replace(f"^({'|'.join(names)})", "").str.replace(PROVINCE_END, "").str.strip_chars()
    found = rest.str.extract(CITY)
    state = short.is_in(CITY_STATES).fill_null(False)
    found = found.zip_with(~state, short + "市")
    own = values.str.extract(CITY + "$")
    return own.zip_with(own.is_not_null(), found)
