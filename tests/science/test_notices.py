"""Names and calibres of notices to products and grades: hand-made cases, a slow oracle, and tables that are refused."""

import re
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import BrokenContract
from workbench.lake import catalogue, reference
from workbench.science.notices import calibre, daily, plain, resolve, unresolved

DAY = date(2026, 11, 20)
COLUMNS = {
    "kind": pl.String, "rank": pl.Int64, "code": pl.String, "pattern": pl.String, "low_mm": pl.Float64,
    "high_mm": pl.Float64, "valid_from": pl.Date, "valid_to": pl.Date,
}  # fmt: skip


def county() -> pl.DataFrame:
    """The county's own aliases."""
    return reference.read(catalogue.load("price_aliases")).collect()


def aliases(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """Aliases of `COLUMNS`."""
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def notice(
    name: str, spec: str = "普通", grade: str = "未注明", market: str = "新发地", day: date = DAY
) -> pl.DataFrame:
    """One notice."""
    return pl.DataFrame([(market, day, name, spec, grade)], ["market", "date", "name", "spec", "grade"], orient="row")


def meant(table: pl.DataFrame, *args: Any, **kwargs: Any) -> tuple[str | None, str | None]:
    """Product and grade of one notice."""
    row = resolve(notice(*args, **kwargs), table).row(0, named=True)
    return row["product"], row["grade_code"]


@pytest.mark.parametrize(
    ("name", "spec", "grade", "product", "code"),
    [
        ("奉节脐橙", "普通", "未注明", "fengjie_navel", "unsorted"),
        ("奉节脐橙", "80-90mm", "未注明", "fengjie_navel", "large"),
        ("脐橙（一级）", "普通", "未注明", "navel", "first"),
        ("脐橙", "普通", "特级", "navel", "premium"),
        ("橙 65-70mm", "普通", "未注明", "navel", "small"),
        ("赣南脐橙Ф70-Ф95", "普通", "未注明", "gannan_navel", "unsorted"),
        ("赣南脐橙Ф80-Ф95", "普通", "未注明", "gannan_navel", "large"),
        ("鄂、湘、川脐橙", "普通", "未注明", "gorges_navel", "unsorted"),
        ("云南脐橙Ф70-Ф80", "普通", "未注明", "yunnan_navel", "medium"),
        ("脐橙伦晚", "75以上", "未注明", "late_navel", "medium"),
        ("血橙（Ф65-75）", "普通", "未注明", "blood_orange", "medium"),
        ("奉节脐橙（统货）", "70-75mm", "未注明", "fengjie_navel", "unsorted"),
        ("奉园72-1脐橙", "10斤装", "二级", "navel", "second"),
        ("红橙石甜瓜", "普通", "未注明", "other", "unsorted"),
        ("丑橘(不知火）", "普通", "未注明", "other", "unsorted"),
        ("久红瑞", "普通", "未注明", None, "unsorted"),
    ],
)
def test_names_as_markets_write_them(name: str, spec: str, grade: str, product: str | None, code: str) -> None:
    assert meant(county(), name, spec, grade) == (product, code)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("Φ75-Φ80", (75, 80)), ("７５—８０ｍｍ", (75, 80)), ("75~80毫米", (75, 80)), ("75/80", (75, 80)),
        ("80mm以上", (80, 85)), ("65以下", (60, 65)), ("80+", (80, 85)), ("72-1", None), ("100-150g", None),
        ("20-30斤", None), ("80-70mm", None), ("45-60头", None), ("普通", None),
    ],
)  # fmt: skip
def test_calibres_are_told_from_weights_and_varieties(text: str, limits: tuple[int, int] | None) -> None:
    sides = (
        pl.DataFrame({"t": [text]})
        .with_columns(plain(pl.col("t")))
        .select(*[side.alias(name) for side, name in zip(calibre(pl.col("t")), ("low", "high"), strict=True)])
    )
    assert sides.row(0) == (limits or (None, None))


def test_an_alias_holds_in_its_days_only() -> None:
    table = aliases(
        ("product", 1, "early", "新橙", None, None, None, date(2025, 12, 31)),
        ("product", 2, "late", "新橙", None, None, date(2026, 1, 1), None),
    )
    assert meant(table, "新橙", day=date(2025, 12, 31)) == ("early", None)
    assert meant(table, "新橙", day=date(2026, 1, 1)) == ("late", None)


def test_the_first_rank_decides_whatever_the_order_of_rows() -> None:
    table = aliases(
        ("product", 2, "navel", "脐橙", None, None, None, None),
        ("product", 1, "late", "晚", None, None, None, None),
    )
    assert meant(table, "晚熟脐橙") == meant(table.reverse(), "晚熟脐橙") == ("late", None)


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([(1, "a", "脐橙"), (2, "b", "脐橙")], "means both a and b"),
        ([(1, "a", "脐"), (1, "b", "橙")], "is a and b by one rank"),
        ([(1, "a", "脐橙(")], "is no pattern"),
    ],
)
def test_aliases_that_conflict_are_refused(rules: list[tuple[int, str, str]], told: str) -> None:
    table = aliases(*[("product", *rule, None, None, None, None) for rule in rules])
    with pytest.raises(BrokenContract, match=told):
        resolve(notice("脐橙"), table)


@given(st.lists(st.text("奉节脐橙橘一二特级大小果Ф70-985mm ", min_size=1, max_size=14), min_size=1, max_size=8))
def test_products_are_those_of_a_slow_search(names: list[str]) -> None:
    table = county()
    rows = [row for row in table.sort("rank").iter_rows(named=True) if row["kind"] == "product"]
    rules = [(re.compile(row["pattern"]), row["code"]) for row in rows]
    found = resolve(pl.concat([notice(name) for name in names]), table)
    assert found["name"].to_list() == names
    slow = [next((code for rule, code in rules if rule.search(name.replace(" ", "").lower())), None) for name in names]
    assert found["product"].to_list() == slow


def test_one_price_a_day_and_contradictions_are_told() -> None:
    rows = pl.concat([notice("奉节脐橙", "70-80mm"), notice("奉节脐橙Ф70-Ф80"), notice("谁也不认识")])
    told = resolve(rows, county()).with_columns(
        low=pl.Series([3.0, 5.0, 1.0]), high=pl.Series([5.0, 7.0, 1.0]), mean=pl.Series([None, 6.0, 1.0]),
        known_at=pl.lit(DAY).cast(pl.Datetime("us", "UTC")),
    )  # fmt: skip
    assert daily(told).select("product", "grade_code", "place", "price", "notices", "apart").rows() == [
        ("fengjie_navel", "medium", "xinfadi", 5.0, 2, 1.5)
    ]
    assert unresolved(told).select("name", "notices").rows() == [("谁也不认识", 1)]
