"""Contract 7: every page found renders full, empty and stale, in both languages — and says nothing untrue."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dash
import furnish
import pytest
from plotly.utils import PlotlyJSONEncoder

from dashboards import auth
from dashboards.app import create_app
from workbench.errors import Refused
from workbench.forecast.frames import QUANTILES
from workbench.operate.archive import Archive
from workbench.operate.users import RIGHTS, User
from workbench.present.words import LANGUAGES, Words

LATER = "2026-11-25T09:00:00+08:00"
BUDGET_KB = 300


@pytest.fixture(autouse=True)
def viewer() -> Iterator[None]:
    """The pages are read by a viewer of the whole county."""
    token = auth._user.set(User("viewer", "viewer", "", RIGHTS["viewer"]))
    yield
    auth._user.reset(token)


def pages() -> list[str]:
    """Every page found, by module."""
    create_app()
    return list(dash.page_registry)


def render(module: str, **query: str) -> str:
    """What the page sends to the browser."""
    layout = dash.page_registry[module]["layout"]
    return json.dumps(layout(**query) if callable(layout) else layout, cls=PlotlyJSONEncoder, ensure_ascii=False)


def text_of(node: Any) -> str:
    """The words a reader sees: children and labels, not ids, classes or figures."""
    if isinstance(node, str | int | float):
        return str(node)
    if isinstance(node, list):
        return " ".join(map(text_of, node))
    if isinstance(node, dict):
        seen = node.get("props", node)
        return " ".join(
            text_of(seen[key]) for key in ("children", "label", "title", "data", "options") if seen.get(key)
        )
    return ""


def words_of(module: str, **query: str) -> str:
    return text_of(json.loads(render(module, **query)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("module", pages())
def test_every_page_renders_full(module: str, language: str, full: Path) -> None:
    sent = render(module, lang=language)
    assert len(sent.encode()) < BUDGET_KB * 1024
    assert "Traceback" not in sent
    assert "{" not in words_of(module, lang=language), "a place in a text was not filled"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("module", pages())
def test_every_page_renders_empty(module: str, language: str, home: Path) -> None:
    assert words_of(module, lang=language).strip()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("module", pages())
def test_every_page_renders_stale(module: str, language: str, full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_NOW", LATER)
    assert words_of(module, lang=language).strip()


@pytest.mark.parametrize("module", pages())
def test_no_chinese_is_left_on_an_english_page(module: str, full: Path) -> None:
    """Beside the switch back, the headers that files are recognised by, and what the sharing types are called."""
    said = words_of(module, lang="en")
    left = set(re.findall(r"[\u4e00-\u9fff]+", said))
    if module.endswith("data"):
        from workbench.lake import catalogue

        known = [catalogue.load(name) for name in catalogue.names()]
        aliases = "".join("".join(column.aliases) for table in known for column in table.columns.values())
        left = {word for word in left if word not in aliases and word not in {table.sharing for table in known}}
    if module.endswith("harvest"):
        from pipelines.sample import oranges

        left -= {*oranges.TOWNS, *oranges.VARIETIES}  # names stay as they are written
    if module.endswith("sales"):
        from pipelines.sample import oranges, prices

        left -= {*oranges.VARIETIES, *re.findall(r"[\u4e00-\u9fff]+", prices.STRANGE), "普通"}  # so do those of notices
    assert left == set()


@pytest.mark.parametrize("module", [page for page in pages() if page.endswith(("home", "environment", "data", "wall"))])
@pytest.mark.parametrize("language", LANGUAGES)
def test_made_up_numbers_carry_their_badge(module: str, language: str, full: Path) -> None:
    assert Words(language)("shell.sample") in words_of(module, lang=language)


def test_a_stale_environment_page_looks_stale_and_says_since_when(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = render("dashboards.pages.environment")
    monkeypatch.setenv("WORKBENCH_NOW", LATER)
    stale = render("dashboards.pages.environment")
    assert '"page stale"' in stale
    assert '"page stale"' not in fresh
    assert "数据截至 11月23日 18:00，已 39 小时未更新" in stale


def test_an_empty_environment_page_names_the_one_command(home: Path) -> None:
    said = words_of("dashboards.pages.environment")
    assert "还没有数据" in said
    assert "workbench up" in said


def test_every_clause_leads_to_something_on_the_page(full: Path) -> None:
    for language in LANGUAGES:
        sent = render("dashboards.pages.environment", lang=language)
        targets = re.findall(r'"href": "#([^"]+)"', sent)
        assert targets
        assert [name for name in targets if f'"id": "{name}"' not in sent] == []


def test_the_cards_say_what_the_table_says(full: Path) -> None:
    from dashboards import air_view
    from workbench.present.words import span

    view = air_view.outlook(Archive(), "S5001")
    said = words_of("dashboards.pages.environment")
    for row in view.days.head(4).rows(named=True):
        assert said.count(span(row["aqi_low"], row["aqi_high"])) >= 2, "once on a card, once in the table"


def test_an_unknown_trigger_is_said_to_be_unknown_and_nothing_is_called_a_warning(full: Path) -> None:
    said = words_of("dashboards.pages.environment")
    assert "触发条件概率，非预警发布" in said
    assert "未知" in said


def test_the_address_chooses_station_pollutant_and_year(full: Path) -> None:
    said = words_of("dashboards.pages.environment", station="S5002", pollutant="pm10", scale="day", year="2025")
    assert "PM10 预报：示意乡镇站" in said
    assert "2025 年逐日 AQI" in said


@pytest.mark.parametrize(
    "query", [{"station": "'; drop"}, {"pollutant": "x"}, {"year": "1"}, {"lang": "fr"}, {"target": "9e9"}]
)
def test_nonsense_in_the_address_changes_nothing(query: dict[str, str], full: Path) -> None:
    assert "奉节师范学校附属小学" in words_of("dashboards.pages.environment", **query)


def test_a_target_is_held_against_what_may_come(full: Path) -> None:
    assert "全年达到 100 天目标的可能性为 >99%" in words_of("dashboards.pages.environment", target="100")
    assert "全年达到 366 天目标的可能性为 <1%" in words_of("dashboards.pages.environment", target="366")


def test_every_navigable_page_has_both_names(full: Path) -> None:
    named = [page for page in dash.page_registry.values() if page.get("name_zh")]
    assert all(page.get("name_en") for page in named)
    assert {"/", "/environment", "/data", "/schedule"} <= {page["path"] for page in named}


def test_a_page_made_again_costs_little(full: Path) -> None:
    """Processor time, since the machine may be busy: under 0.3 s for a page that was made before."""
    import time

    render("dashboards.pages.environment")
    begin = time.process_time()
    render("dashboards.pages.environment")
    assert time.process_time() - begin < 0.3


def test_what_a_forecaster_signs_is_signed_and_every_step_is_kept(own: Path) -> None:
    from dashboards import air_status, air_view

    words, day = Words("zh"), "2026-11-24"
    shown = air_view.outlook(Archive(), "S5001")
    before, issued = shown.days, shown.issue["issued_at"]

    def asked(low: int = 0, high: int = 0) -> air_status.What:
        return air_status.What(issued, "S5001", day, low, high)

    assert air_status._revise(words, "wang", "无", asked(40, 60)) == (words("air.reason_needed"), True)
    assert air_status._revise(words, "wang", "会商意见", asked(70, 60)) == (words("air.range_needed"), True)
    assert air_status._revise(words, "wang", "会商意见", asked(110, 140)) == (words("air.revised_done"), False)
    revised = air_view.outlook(Archive(), "S5001")
    row = revised.days.filter(revised.days["date"].cast(str) == day).row(0, named=True)
    assert [110.0, 140.0, "revised", "wang"] == [row["q10"], row["q90"], revised.issue["status"], revised.issue["who"]]
    assert row["p3"] > 0.8, "the levels say what the range says"
    said = words_of("dashboards.pages.environment")
    assert "会商后修订" in said
    assert words("air.primaries_machine") in said
    assert air_status._undo(words, "wang", "", asked())[1] is False
    after = air_view.outlook(Archive(), "S5001").days
    kept = ["date", *QUANTILES, *(f"p{n}" for n in range(1, 7))]
    assert before.select(kept).equals(after.select(kept))
    air_status._sign(words, "wang", "", asked())
    said = words_of("dashboards.pages.environment")
    assert "已签发" in said
    assert "会商意见" in said


def test_an_issue_that_is_no_longer_the_newest_is_neither_revised_nor_signed(own: Path) -> None:
    from dashboards import air_status, air_view

    words = Words("zh")
    issued = air_view.outlook(Archive(), "S5001").issue["issued_at"]
    furnish.again(issued + timedelta(minutes=30))
    old = air_status.What(issued, "S5001", "2026-11-24", 40, 60)
    for act in (air_status._revise, air_status._undo, air_status._sign):
        with pytest.raises(Refused, match="页面上是 11月23日 18:10 的预报，现已有 11月23日 18:40 的新预报"):
            act(words, "wang", "会商意见", old)
    assert {"machine"} == set(Archive().product("air_outlook")["status"])
