"""Price notices of markets to products and grades: names and calibres change, what they mean stands in a dated table.

`aliases` everywhere is a reference table of kind, rank, code, pattern, low_mm, high_mm, valid_from, valid_to (see
data/catalogue/price_aliases.toml). Whoever has other markets writes other rows, not other code.
"""

import polars as pl

from workbench.errors import BrokenContract

WIDEST = 15.0
"""mm: a calibre told over more than that (Ф70-Ф95) is no size but nearly all of them, and sorts nothing."""
SIZES = (40.0, 130.0)
"""mm: what an orange can measure across; other pairs of numbers are weights, varieties or prices."""
RANGE = (
    r"[фφø]?(\d{2,3}(?:\.\d)?)(?:mm|毫米)?[-~/至到—–]+[фφø]?(\d{2,3}(?:\.\d)?)(mm|毫米|g|克|kg|斤|公斤|头|个|枚|元|%)?"
)
OVER = r"[фφø]?(\d{2,3})(?:mm|毫米)?(?:以上|\+|up)"
UNDER = r"[фφø]?(\d{2,3})(?:mm|毫米)?以下"
REST = "other"
"""The code of products that are known to be none that is asked for."""
KINDS = ("product", "grade", "market")


def plain(text: pl.Expr) -> pl.Expr:
    """Text in narrow, small letters without blanks, as patterns are held against it."""
    return text.fill_null("").str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", "")


def calibre(text: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Lower and upper diameter in mm that a plain text tells; null where it tells none. One-sided ones reach 5 mm.

    >>> told = pl.DataFrame({"t": ["赣南脐橙ф70-ф95", "橙65-70mm", "80以上", "奉园72-1", "150-200g"]})
    >>> told.select(*[side.alias(name) for side, name in zip(calibre(pl.col("t")), ("low", "high"))]).rows()
    [(70.0, 95.0), (65.0, 70.0), (80.0, 85.0), (None, None), (None, None)]
    """
    found = text.str.extract_groups(RANGE).struct
    low, high = (found.field(name).cast(pl.Float64, strict=False) for name in ("1", "2"))
    is_size = found.field("3").is_null() | found.field("3").is_in(["mm", "毫米"])
    ranged = is_size & low.is_between(*SIZES) & high.is_between(*SIZES) & (low < high)
    over, under = (text.str.extract(pattern, 1).cast(pl.Float64, strict=False) for pattern in (OVER, UNDER))
    over, under = (pl.when(side.is_between(*SIZES)).then(side) for side in (over, under))
    return (
        pl.coalesce(pl.when(ranged).then(low), over, under - 5.0),
        pl.coalesce(pl.when(ranged).then(high), over + 5.0, under),
    )


def resolve(notices: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    """Add `product`, `grade_code`, `place` to notices (market, date, name, spec, grade); null where no alias applies.

    A product by its name; a grade by name, specification and grade as written, in words before calibre. BrokenContract
    where two aliases of one rank contradict each other about a notice.
    """
    check(aliases)
    both = pl.concat_str("name", "spec", "grade", separator=" ")
    texts = notices.with_columns(
        _product=plain(pl.col("name")), _grade=plain(both), _market=plain(pl.col("market"))
    ).with_row_index("_at")
    for kind, code in zip(KINDS, ("product", "grade_code", "place"), strict=True):
        own = aliases.filter(pl.col("kind") == kind).sort("rank", "code")
        told = _decided(texts.select("date", text=f"_{kind}").unique(), own, kind).rename({"code": code})
        texts = texts.join(told, left_on=["date", f"_{kind}"], right_on=["date", "text"], how="left")
    return texts.sort("_at").drop("_at", *(f"_{kind}" for kind in KINDS))


def check(aliases: pl.DataFrame) -> None:
    """BrokenContract where a pattern is none, or one pattern in force means two codes at a time."""
    for pattern in aliases["pattern"].drop_nulls().unique():
        try:
            pl.select(pl.lit("").str.contains(pattern))
        except pl.exceptions.ComputeError:
            raise BrokenContract(
                f"price_aliases: '{pattern}' is no pattern", "mend it: a|b means a or b, ( needs its )"
            ) from None
    pairs = aliases.filter(pl.col("pattern").is_not_null()).join(aliases, on=["kind", "pattern"], suffix="_too")
    clash = pairs.filter(
        pl.col("code") < pl.col("code_too"),
        pl.col("valid_from").is_null()
        | pl.col("valid_to_too").is_null()
        | (pl.col("valid_from") <= pl.col("valid_to_too")),
        pl.col("valid_from_too").is_null()
        | pl.col("valid_to").is_null()
        | (pl.col("valid_from_too") <= pl.col("valid_to")),
    )
    if clash.height:
        row = clash.row(0, named=True)
        raise BrokenContract(
            f"price_aliases: '{row['pattern']}' means both {row['code']} and {row['code_too']} ({row['kind']})",
            "give one of them another pattern, or dates (valid_from, valid_to) that do not overlap",
        )


def _decided(texts: pl.DataFrame, aliases: pl.DataFrame, kind: str) -> pl.DataFrame:
    """date, text, code of the first alias in force; rows without one are left out."""
    known = (
        texts.select("text").unique().with_columns(**dict(zip(("_low", "_high"), calibre(pl.col("text")), strict=True)))
    )
    middle, narrow = (pl.col("_low") + pl.col("_high")) / 2, pl.col("_high") - pl.col("_low") <= WIDEST
    hits = []
    for alias in aliases.iter_rows(named=True):
        if alias["pattern"] is not None:
            applies = pl.col("text").str.contains(alias["pattern"])
        elif alias["low_mm"] is not None:
            applies = narrow & (middle >= alias["low_mm"]) & (middle < alias["high_mm"])
        else:
            applies = pl.lit(True)
        hits.append(
            known.filter(applies.fill_null(False)).select(
                "text",
                *[
                    pl.lit(alias[name], aliases.schema[name]).alias(name)
                    for name in ("code", "rank", "valid_from", "valid_to")
                ],
            )
        )
    nothing = texts.select("date", "text", code=pl.lit(None, pl.String)).clear()
    if not hits:
        return nothing
    dated = texts.join(pl.concat(hits), on="text").filter(
        pl.col("valid_from").is_null() | (pl.col("date") >= pl.col("valid_from")),
        pl.col("valid_to").is_null() | (pl.col("date") <= pl.col("valid_to")),
    )
    first = dated.filter(pl.col("rank") == pl.col("rank").min().over("date", "text"))
    twice = first.filter(pl.col("code").n_unique().over("date", "text") > 1).sort("date", "text", "code")
    if twice.height:
        codes = twice.filter(pl.struct("date", "text") == twice.select(pl.struct("date", "text")).row(0)[0])["code"]
        raise BrokenContract(
            f"price_aliases: '{twice['text'][0]}' of {twice['date'][0]} is {' and '.join(codes)} by one rank ({kind})",
            "give one of these aliases another rank, pattern or dates",
        )
    return first.select("date", "text", "code").unique()


def priced(notices: pl.DataFrame) -> pl.DataFrame:
    """Add `price`, CNY/kg: the mean as told, else the middle of lowest and highest; null where neither is told."""
    return notices.with_columns(price=pl.coalesce("mean", (pl.col("low") + pl.col("high")) / 2))


def daily(resolved: pl.DataFrame) -> pl.DataFrame:
    """One price a day of each product, grade and market: the median over the notices that mean it.

    Columns: product, grade_code, place, date, price, low, high, notices (their number), apart (highest over lowest of
    their prices; above 1 they say different things), known_at (of the last of them).
    """
    told = priced(resolved).filter(pl.col("product") != REST, pl.col("price").is_not_null())
    place = pl.coalesce("place", pl.col("market").str.replace_all("/", "-")).alias("place")
    return (
        told.group_by("product", "grade_code", place, "date")
        .agg(
            pl.col("price").median(),
            pl.col("low").median(),
            pl.col("high").median(),
            pl.len().alias("notices"),
            (pl.col("price").max() / pl.col("price").min()).alias("apart"),
            pl.col("known_at").max(),
        )
        .sort("product", "grade_code", "place", "date")
    )


def unresolved(resolved: pl.DataFrame) -> pl.DataFrame:
    """Names that no alias knows: name, spec, notices, first, last; the most frequent first. None of them is lost."""
    return (
        resolved.filter(pl.col("product").is_null())
        .group_by("name", "spec")
        .agg(pl.len().alias("notices"), pl.col("date").min().alias("first"), pl.col("date").max().alias("last"))
        .sort("notices", "name", "spec", descending=[True, False, False])
    )
