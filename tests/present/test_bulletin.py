"""A printed bulletin says what it was given, on as many pages as it takes, and always in the same bytes."""

import io
import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pdf_text import text
from PIL import Image

from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.present import drawing
from workbench.present.bulletin import Bulletin, Facts, Heading, Picture, Table, Text
from workbench.present.words import Words

ZH, EN = Words("zh"), Words("en")


def ranges(count: int) -> pl.DataFrame:
    """Issues whose range narrows."""
    rows = [
        {"ds": date(2026, 4, 10) + timedelta(days=10 * i)}
        | {name: 48 + (level - 0.5) * 40 * (1 - i / (count + 1)) for name, level in zip(QUANTILES, LEVELS, strict=True)}
        for i in range(count)
    ]
    return pl.DataFrame(rows)


def bulletin(*parts: object, said: str = "全县 42–55 万吨。") -> Bulletin:
    return Bulletin("脐橙产量公报", "县农业农村委", "第33期", said, "发布 11月23日", parts, ("示意数据（非实测）",))  # type: ignore[arg-type]


def test_every_part_can_be_read_back() -> None:
    made = bulletin(
        Heading("分乡镇"),
        Facts([("产量", "48.2", "万吨", "80% 区间 42–55")]),
        Table(["乡镇", "产量"], [["安坪镇", "6.31"], ["永乐镇", "5.68"]], [1]),
        Picture(drawing.fan(ranges(20), ZH, "万吨"), "图 各期区间"),
        Text("方法说明"),
        Text("小字说明", "small"),
    )
    said = text(made.pdf(ZH))
    for part in (
        "脐橙产量公报", "第33期", "全县42–55万吨。", "分乡镇", "48.2", "80%区间42–55", "安坪镇", "6.31", "永乐镇",
        "图各期区间", "方法说明", "小字说明", "示意数据（非实测）", "发布11月23日", "1/1",
    ):  # fmt: skip
        assert part in said, part
    assert "4月10日" in said  # a label inside the picture


def test_the_same_bulletin_is_the_same_bytes_and_another_is_not() -> None:
    made = bulletin(Picture(drawing.fan(ranges(20), ZH, "万吨"), "图"))
    assert made.pdf(ZH) == made.pdf(ZH)
    assert made.pdf(ZH) != bulletin(Picture(drawing.fan(ranges(19), ZH, "万吨"), "图")).pdf(ZH)


def test_nothing_that_comes_in_is_run() -> None:
    raw = '#panic("x") $a$ *b* _c_ <d> @e \\u{4e00} #read("/etc/passwd") "q"'
    made = bulletin(Heading(raw), Table([raw], [[raw]]), Text(raw), Facts([(raw, raw, raw, raw)]), said=raw)
    said = text(made.pdf(EN))
    assert said.count(re.sub(r"\s", "", raw)) >= 4
    assert "root:" not in said


def test_a_long_table_repeats_its_head_and_every_page_its_foot() -> None:
    made = bulletin(Table(["表头甲", "表头乙"], [[f"第{i}行", str(i)] for i in range(120)]))
    said, pages = text(made.pdf(ZH)), made.pages(ZH)
    assert len(pages) >= 3
    assert said.count("表头甲") == said.count("发布11月23日") == len(pages)
    assert all(f"第{i}行" in said for i in range(120))
    page = Image.open(io.BytesIO(pages[0])).convert("L")
    assert page.height > page.width
    low, high = page.getextrema()
    assert low < 80 < high  # type: ignore[operator]  # ink on paper


@given(st.floats(1e-6, 1e12))
def test_marks_of_an_axis_are_round_even_and_reach_the_top(top: float) -> None:
    marks = drawing.steps(top)
    assert marks[0] == 0
    assert marks[-1] >= top * (1 - 1e-9)
    assert 3 <= len(marks) <= 6
    gaps = [b - a for a, b in pairwise(marks)]
    assert max(gaps) == pytest.approx(min(gaps))


def test_pictures_are_valid_xml_and_say_every_name_and_value() -> None:
    bars = pl.DataFrame({"name": ["安坪<镇>", "永乐&"], "value": [6.31, 5.0], "low": [5.0, None], "high": [7.0, None]})
    drawn = {
        "bars": (drawing.bars(bars, ZH, "万吨"), ("安坪<镇>", "永乐&", "6.3", "5.0", "万吨")),
        "columns": (drawing.columns(["11月", "12月"], {"凤园": [1.0, 2.0], "伦晚": [0.0, 1.0]}, ZH, "t"), ("凤园",)),
        "fan": (drawing.fan(ranges(3), ZH, "万吨", (42.0, "五年均值")), ("五年均值 42.0", "万吨")),
        "one": (drawing.fan(ranges(1), ZH, "万吨"), ("4月10日",)),
        "none": (drawing.fan(ranges(3).clear(), EN, "t"), (EN("chart.nothing"),)),
        "nothing": (drawing.columns([], {}, EN, "t"), (EN("chart.nothing"),)),
    }  # fmt: skip
    for name, (svg, wanted) in drawn.items():
        said = "|".join(ElementTree.fromstring(svg).itertext()) + "|".join(
            e.text or "" for e in ElementTree.fromstring(svg).iter() if e.text
        )
        for part in wanted:
            assert part in said, (name, part)


def test_the_parts_of_a_column_stand_on_one_another() -> None:
    svg = drawing.columns(["11月"], {"甲": [10.0], "乙": [30.0]}, ZH, "万吨")
    boxes = re.findall(r'<polygon points="([^"]+)"', svg)[:2]
    heights = [[float(p.split(",")[1]) for p in box.split()] for box in boxes]
    assert min(heights[0]) == pytest.approx(max(heights[1]))
    spans = [max(h) - min(h) for h in heights]
    assert spans[1] == pytest.approx(3 * spans[0], abs=0.2)


def test_levels_without_support_leave_no_band() -> None:
    bare = ranges(4).with_columns(q025=pl.lit(None, pl.Float64), q975=pl.lit(None, pl.Float64))
    assert drawing.fan(bare, ZH, "").count("<polygon") == drawing.fan(ranges(4), ZH, "").count("<polygon") - 1
