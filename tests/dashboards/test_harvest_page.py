"""The harvest page from one invented issue: sums are those of their parts, page, API, workbook and bulletin agree."""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import furnish_harvest
import httpx
import polars as pl
import pytest
from pdf_text import text

from dashboards import auth, harvest_ask, harvest_files, harvest_more, harvest_parts, harvest_view
from dashboards.memory import plain
from dashboards.reader import Reader
from workbench.errors import InputError, UnknownName
from workbench.operate import harvest_read as facts
from workbench.operate.users import RIGHTS, User
from workbench.present import harvest as drawn
from workbench.present.words import Words
from workbench.science.harvest import ALL

NOW = "2026-11-23T18:10:00+08:00"
CHINESE = re.compile(r"[一-鿿]")


@pytest.fixture(scope="module")
def harvested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with the sample's oranges and an issue, made once."""
    from workbench.operate.home import prepare

    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("harvested") / "home"
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_NOW", NOW)
        prepare()
        furnish_harvest.furnish()
        yield folder


@pytest.fixture
def inside(harvested: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKBENCH_HOME", str(harvested))
    monkeypatch.setenv("WORKBENCH_NOW", NOW)
    return harvested


@pytest.fixture
def shown(inside: Path) -> harvest_view.Scene:
    return harvest_view.scene(Reader(Words("zh")))


def said(part: Any) -> str:
    return json.dumps(plain(part), ensure_ascii=False)


def table(part: Any) -> list[list[str]]:
    """The cells of the last table in a part, as texts."""

    def walk(node: Any, wanted: str) -> Iterator[Any]:
        if isinstance(node, list):
            for each in node:
                yield from walk(each, wanted)
        elif isinstance(node, dict):
            if node.get("type") == wanted:
                yield node
            yield from walk(node.get("props", {}).get("children"), wanted)

    def words(node: Any) -> str:
        if isinstance(node, dict):
            return words(node["props"].get("children"))
        return "".join(map(words, node)) if isinstance(node, list) else "" if node is None else str(node)

    last = list(walk(plain(part), "Table"))[-1]
    return [[words(cell) for cell in walk(line, "Td")] for line in walk(last, "Tr")][1:]


def amounts(cells: list[str]) -> list[int]:
    return [int(cell.replace(",", "").replace("−", "-").replace("+", "")) for cell in cells]


def test_every_table_adds_up_to_the_sum_it_shows(shown: harvest_view.Scene) -> None:
    towns = table(harvest_parts.towns(shown, None))
    for column in (1, 5, 7):
        *parts, whole = amounts([line[column] for line in towns])
        assert sum(parts) == whole, column
    months = table(harvest_more.flow(shown))
    for line in months:
        *parts, whole = amounts(line[1:])
        assert sum(parts) == whole
    for column in range(1, len(months[0])):
        *parts, whole = amounts([line[column] for line in months])
        assert sum(parts) == whole
    assert towns[-1][1] == months[-1][-1] == f"{round(furnish_harvest.TOTAL / 1000):,}"
    plan = table(harvest_ask.planned_or_told(shown, {"wage": "133", "lorry": "7"}))
    for column in (1, 3, 4, 6, 7, 8):
        *parts, whole = amounts([line[column] for line in plan])
        assert sum(parts) == whole, column
    *parts, whole = amounts([line[2] for line in table(harvest_more.sizes(shown))])
    assert sum(parts) == whole


@pytest.mark.parametrize("town", [ALL, "安坪镇", "石岗乡"])
def test_causes_add_up_in_whole_tonnes(inside: Path, town: str) -> None:
    scene = harvest_view.scene(Reader(Words("zh")), town)
    parts = facts.split(scene.harvest, town)
    assert parts["steady"] + parts["weather"] == facts.row(scene.harvest, town)["mean"]
    rows = harvest_parts.split(scene)
    assert f"{round(facts.row(scene.harvest, town)['mean'] / 1000):,}" in said(rows)
    moved = facts.moved(scene.harvest)
    means = facts.funnel(scene.harvest)["mean"]
    assert moved["kg"].sum() == means[-1] - means[-2]


def test_the_sentence_says_what_the_numbers_say(shown: harvest_view.Scene) -> None:
    text_ = "".join(clause.text for clause in harvest_parts.clauses(shown))
    own = facts.row(shown.harvest)
    assert drawn.amount(own["mean"], shown.words) in text_
    assert drawn.reach(own["q10"], own["q90"], shown.words) in text_
    assert "收窄" in text_
    assert "2026/27" in text_
    assert re.search(r"冻害概率 6%", text_)
    none = shown.harvest.outlook.with_columns(q10=pl.lit(None, pl.Float64))
    bare = type(shown.harvest)(**vars(shown.harvest) | {"outlook": none})
    from workbench.operate import harvest_said

    assert "不给出区间" in "".join(c.text for c in harvest_said.clauses(bare, shown.words, "脐橙"))


def test_the_page_stands_in_both_languages_and_english_has_no_chinese_of_ours(inside: Path) -> None:
    import dash

    from dashboards.app import create_app

    create_app()
    layout = dash.page_registry["dashboards.pages.harvest"]["layout"]
    token = auth._user.set(User("v", "forecaster", "agriculture", RIGHTS["forecaster"]))
    try:
        for query in ({}, {"town": "安坪镇"}, {"town": "nowhere"}, {"steps": "rubbish"}, {"kg_a_day": "0"}):
            sent = {lang: said(layout(lang=lang, **query)) for lang in ("zh", "en")}
            assert len(sent["zh"].encode()) < 300 * 1024
            assert ("notice" in sent["en"]) == bool({"steps", "kg_a_day"} & set(query)), query
        sample = "|".join(
            [*furnish_harvest.sample.TOWNS, *furnish_harvest.sample.VARIETIES, "示意数据（非实测）", "中文"]
        )
        english = re.sub(rf"{sample}|亩|公顷|万亩|万吨|斤|奉节[^\"]*|县[^\"]*", "", said(layout(lang="en")))
        assert not CHINESE.search(english), re.findall(r".{20}[一-鿿]+", english)[:5]
    finally:
        auth._user.reset(token)


def test_what_if_moves_what_can_still_be_moved(shown: harvest_view.Scene) -> None:
    frozen = harvest_view.otherwise(shown, harvest_view.change({"freeze": "-3", "freeze_day": "2026-12-20"}))
    county = frozen.row(by_predicate=(pl.col("town") == ALL) & (pl.col("variety") == ALL), named=True)
    assert county["change"] < 0
    parts = frozen.filter(pl.col("town") != ALL, pl.col("variety") == ALL)
    assert parts["mean"].sum() == county["mean"]
    shown_rows = harvest_ask.otherwise(shown, frozen)
    assert "−" in said(shown_rows)
    early = frozen.filter(pl.col("town") == ALL, pl.col("variety").is_in(["纽荷尔", "伦晚"])).sort("variety")
    lost = dict(zip(early["variety"], (1 - early["mean"] / early["was"]).to_list(), strict=True))
    assert lost["纽荷尔"] < lost["伦晚"]  # picked before the freeze, and all still hanging
    half = harvest_view.otherwise(shown, harvest_view.change({"area": "-50", "area_town": "安坪镇"}))
    town = half.filter(pl.col("town") == "安坪镇", pl.col("variety") == ALL)
    assert abs(town["mean"].item() - town["was"].item() / 2) <= len(furnish_harvest.sample.VARIETIES)
    with pytest.raises(InputError, match="over and measured"):
        harvest_view.otherwise(shown, harvest_view.change({"warmer": "2"}))
    with pytest.raises(UnknownName):
        harvest_view.otherwise(shown, harvest_view.change({"area": "5", "area_town": "nowhere"}))


@pytest.mark.parametrize(
    "query",
    [{}, {"freeze": "cold"}, {"freeze": "nan"}, {"freeze": "-3", "freeze_day": "soon"}, {"rain": "-5"},
     {"area": "-200"}, {"warmer": "1e9"}],
)  # fmt: skip
def test_a_change_that_says_nothing_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InputError):
        harvest_view.change(query)


@pytest.mark.parametrize(
    "query",
    [{"steps": "x"}, {"steps": "-2:2"}, {"index": "wind"}, {"from": "13-40"}, {"insured": "-1"}, {"premium": "y"}],
)
def test_a_policy_that_cannot_be_is_refused(query: dict[str, str], inside: Path) -> None:
    usual = harvest_view.terms(date(2026, 11, 23))
    assert harvest_view.policy(usual).steps[0] == (-2.0, 0.1)
    with pytest.raises(InputError):
        harvest_view.policy(usual | query)


def test_a_policy_pays_by_the_worst_night(shown: harvest_view.Scene) -> None:
    terms = harvest_view.terms(shown.today)
    usual = harvest_view.insured(shown, harvest_view.policy(terms))
    assert 0 <= usual.chance <= 1
    assert usual.premium == pytest.approx(100 * facts.towns(shown.harvest)["area"].sum())
    twice = harvest_view.insured(shown, harvest_view.policy(terms | {"insured": "4000"}))
    assert twice.expected == pytest.approx(2 * usual.expected)
    rows = harvest_view.by_season(usual)
    assert rows["yuan"].mean() == pytest.approx(usual.expected)
    paid = rows.filter(pl.col("yuan") > 0)["extreme"]
    assert paid.is_empty() or paid.max() <= -2  # type: ignore[operator]


def test_a_record_without_skill_is_told(inside: Path) -> None:
    words = Words("zh")
    from workbench.operate import harvest_said

    good, bad = (facts.skill(furnish_harvest.record(error)) for error in (40.0, 95.0))
    assert good["skilled"] is True
    assert bad["skilled"] is False
    assert "没有显出超过偶然的本领" in harvest_said.verdict(bad, words)
    few = facts.skill(furnish_harvest.record(40.0).filter(pl.col("season") > 2021))
    assert few["skilled"] is None
    assert "不足以判断" in harvest_said.verdict(few, words)


def test_the_workbook_has_live_sums_and_the_bulletin_says_the_same(shown: harvest_view.Scene) -> None:
    name, content = harvest_files.made(shown, "book")
    assert name == "orange_2026_20261120.xlsx"
    assert content == harvest_files.made(shown, "book")[1]
    towns = pl.read_excel(io.BytesIO(content), sheet_name="分乡镇品种")
    assert towns.filter(pl.col("kg") == "合计")["合计"].item() == furnish_harvest.TOTAL
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheets = [book.read(n).decode() for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
    assert sum(sheet.count("<f>SUM(") for sheet in sheets) == 26 + 7 + 6 + 9
    name, content = harvest_files.made(shown, "bulletin")
    printed = text(content)
    assert name.endswith(".pdf")
    for wanted in (
        "示意数据（非实测）",
        "51.2",
        "安坪镇",
        "石岗乡",
        "512,340",
        "趋势与天气",
        "灾害日历",
        "方法",
        "2026/27",
    ):
        assert wanted in printed, wanted
    english = harvest_files.made(harvest_view.scene(Reader(Words("en"))), "bulletin")[1]
    assert "512kt" in text(english)


def test_every_route_answers_with_what_the_page_shows(signed_in: Callable[..., httpx.Client], inside: Path) -> None:
    viewer = signed_in("viewer")
    for path in (
        "outlook?town=*", "towns", "funnel", "causes?town=安坪镇", "moved", "errors", "plan?wage=200", "flow", "sizes",
        "hazards", "similar", "sensitivity", "record", "what-if?freeze=-3&freeze_day=2026-12-20", "insurance",
    ):  # fmt: skip
        answer = viewer.get(f"/api/v1/harvest/{path}")
        assert 200 == answer.status_code, (path, answer.text[:300])
        assert answer.json()["rows"], path
        assert answer.json()["meta"]["badge"], path
    whole = viewer.get("/api/v1/harvest").json()
    assert whole["mean"] == furnish_harvest.TOTAL == whole["steady"] + whole["weather"]
    towns = viewer.get("/api/v1/harvest/towns").json()["rows"]
    assert sum(row["mean"] for row in towns) == whole["mean"]
    assert viewer.get("/api/v1/harvest/files/bulletin").content.startswith(b"%PDF")
    assert viewer.get("/api/v1/harvest/files/book").content.startswith(b"PK")
    for path in ("nothing", "files/none", "what-if", "insurance?steps=x", "plan?lorry=0", "causes?town=nowhere"):
        assert 400 <= viewer.get(f"/api/v1/harvest/{path}").status_code < 500, path


def test_an_old_issue_is_said_to_be_old(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not harvest_view.old(harvest_view.scene(Reader(Words("zh"))))
    monkeypatch.setenv("WORKBENCH_NOW", "2026-12-03T18:10:00+08:00")
    scene = harvest_view.scene(Reader(Words("zh")))
    assert harvest_view.old(scene)
    from dashboards.pages import harvest as page

    assert "11月20日" in said(page.layout())


def test_luck_is_what_counting_every_pattern_says() -> None:
    from itertools import product

    import numpy as np

    saved = np.array([3.0, -1.0, 2.0, 0.5, -0.2, 1.0])
    slow = [
        sum(s * v for s, v in zip(signs, saved, strict=True)) >= saved.sum() - 1e-9
        for signs in product((1, -1), repeat=6)
    ]
    assert facts.luck(saved) == pytest.approx(sum(slow) / 64)
    long = np.tile(saved, 3)
    assert facts.luck(long) < facts.luck(saved)
    assert facts.luck(-long) > 0.9


def test_issues_are_told_in_the_order_of_their_season() -> None:
    rows = facts.errors(furnish_harvest.record(40.0))
    assert (rows["due_month"][0], rows["due_month"][-1]) == (4, 11)
    november = pl.col("due_month") == 11
    late = furnish_harvest.record(40.0).with_columns(due_month=pl.when(november).then(2).otherwise("due_month"))
    assert facts.errors(late, 4)["due_month"][-1] == 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_wall_turns_through_its_charts(inside: Path, language: str) -> None:
    from dashboards import harvest_wall

    slides = [said(harvest_wall.slide(Reader(Words(language)), turn)) for turn in range(4)]
    assert len(set(slides)) == 3
    assert slides[0] == slides[3]
    assert all(Words(language)("shell.sample") in slide for slide in slides)


@pytest.mark.parametrize(
    "missing", ["funnel", "causes", "sensitivity", "similar", "hazards", "flow", "sizes", "record"]
)
def test_a_part_that_is_not_there_leaves_the_rest_standing(shown: harvest_view.Scene, missing: str) -> None:
    from dataclasses import replace

    from dashboards.app import create_app

    create_app()
    from dashboards.pages import harvest as page

    less = replace(shown.harvest, **{missing: getattr(shown.harvest, missing).clear()})
    scene = replace(shown, harvest=less)
    assert said(page.sections(scene, {}))
    assert harvest_parts.clauses(scene)
    for kind, begins in (("book", b"PK"), ("bulletin", b"%PDF")):
        assert harvest_files.made(scene, kind)[1].startswith(begins)
