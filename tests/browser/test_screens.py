"""What a person sees and does, in a real browser against a real server; pictures go to `screenshots/`."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import eyes
import polars as pl
import pytest
from furnish import furnish

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(eyes.CHROMIUM).exists(), reason=f"no {eyes.CHROMIUM}: apt-get install chromium"),
]

NOW = "2026-11-23T18:10:00+08:00"
PICTURES = eyes.PROJECT / "screenshots"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A furnished home, a server over it, a browser, and a forecaster's cookies."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("browser") / "home"
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_NOW", NOW)
        furnish(days=4)
        cookies = eyes.session("wang", "forecaster", "environment")
        PICTURES.mkdir(exist_ok=True)
        with eyes.server(folder, NOW) as address, eyes.browser() as chromium:
            yield {"address": address, "chromium": chromium, "cookies": cookies, "home": folder}


@pytest.fixture
def open_page(house: dict[str, Any]) -> Iterator[Any]:
    """Open a path as the forecaster; afterwards nothing may have been complained of or asked of elsewhere."""
    opened = []

    def open_(path: str, size: str = "desk", language: str = "zh", dark: bool = False) -> Any:
        page = eyes.look(house["chromium"], house["address"], house["cookies"], size, language, dark)
        opened.append(page)
        eyes.settle(page, house["address"] + path)
        return page

    yield open_
    for page in opened:
        faults, asked = page.faults, page.asked
        page.context.close()
        assert faults == []
        assert [url for url in asked if not url.startswith((house["address"], "data:", "blob:"))] == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("path", ["/", "/environment", "/harvest", "/data", "/schedule"])
def test_pages_stand_in_every_size_language_and_light(
    open_page: Any, path: str, size: str, language: str, dark: bool
) -> None:
    """Nothing wider than the screen, nothing complained of; a picture is kept."""
    if dark and size == "phone":
        pytest.skip("light on the phone, both on the desk")
    page = open_page(path, size, language, dark)
    assert page.evaluate("document.documentElement.scrollWidth") <= eyes.SIZES[size][0]
    assert ("zh-CN" if language == "zh" else "en") == page.evaluate("document.documentElement.lang")
    name = f"{path.strip('/') or 'home'}-{size}-{language}-{'dark' if dark else 'light'}.png"
    page.screenshot(path=PICTURES / name, full_page=True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_wall_fits_without_scrolling_and_turns_by_itself(open_page: Any, language: str) -> None:
    page = open_page("/wall", "wall", language)
    wall = page.locator(".wall")
    assert wall.evaluate("e => e.scrollHeight <= e.clientHeight && e.scrollWidth <= e.clientWidth")
    page.screenshot(path=PICTURES / f"wall-{language}.png")
    size = "[...document.querySelectorAll('.wall p, .wall .pill')].map(e => parseFloat(getComputedStyle(e).fontSize))"
    assert min(page.evaluate(size)) >= 20
    before = page.inner_text(".wall .panel h2")
    for _ in range(60):
        if page.inner_text(".wall .panel h2") != before:
            break
        page.wait_for_timeout(500)
    assert page.inner_text(".wall .panel h2") != before


def test_a_filter_changes_the_chart_and_the_address_without_loading_the_page_again(open_page: Any) -> None:
    page = open_page("/environment")
    documents = [url for url in page.asked if url.endswith("/environment")]
    page.click("#air-pollutant >> text=PM10")
    page.wait_for_selector("#air-fan-title:has-text('PM10')")
    assert "pollutant=pm10" in page.url
    assert documents == [url for url in page.asked if url.endswith("/environment")]


def test_a_clause_of_the_sentence_leads_to_its_row(open_page: Any) -> None:
    page = open_page("/environment")
    page.click("a.clause >> nth=0")
    page.wait_for_selector("tr.pointed")
    assert "day-2026-11-24" == page.get_attribute("tr.pointed", "id")


def test_english_is_one_click_away_and_stays(open_page: Any) -> None:
    page = open_page("/environment?station=S5002")
    page.click("text=English")
    page.wait_for_selector("h1:has-text('Air-quality forecast')")
    assert "lang=en" in page.url
    assert "station=S5002" in page.url
    page.click(".nav >> text=Data")
    page.wait_for_selector("h2:has-text('Tables')")


def test_the_keyboard_reaches_the_content_and_the_focus_is_seen(open_page: Any) -> None:
    page = open_page("/environment")
    page.keyboard.press("Tab")
    assert "跳到正文" == page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert "none" != page.evaluate(outline)


def test_controls_on_a_phone_are_thumb_sized(open_page: Any) -> None:
    page = open_page("/environment", "phone")
    controls = page.locator(".button, .nav a")
    heights = controls.evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
    assert heights
    assert min(heights) >= 44


def test_a_file_is_previewed_with_its_faults_and_taken_in_after_a_confirmation(
    open_page: Any, house: dict[str, Any], tmp_path: Path
) -> None:
    page = open_page("/data?table=air_daily")
    with page.expect_download() as waiting:
        page.click("#data-template")
    assert waiting.value.suggested_filename == "air_daily.xlsx"
    file = tmp_path / "daily.csv"
    file.write_text("站点,日期,PM2.5(μg/m³)\nS5001,2026-11-20,41\nS5001,2026-11-21,99999\n", encoding="utf-8")
    page.set_input_files("#data-upload input[type=file]", file)
    page.wait_for_selector("#data-preview >> text=99999")
    page.wait_for_selector("#data-preview >> text=高于上限 2000 µg/m³")  # the grid draws its cells one after the other
    said = page.inner_text("#data-preview")
    assert "文件里没有" in said
    page.screenshot(path=PICTURES / "data-preview.png", full_page=True)
    page.click("#data-confirm")
    page.wait_for_selector("#data-said >> text=已导入：接受 2 行")
    from workbench.lake.store import Lake

    assert 2 == Lake(house["home"] / "lake").read("air_daily").select(pl.len()).collect().item()


def test_a_forecaster_revises_with_a_reason_takes_it_back_and_signs(open_page: Any) -> None:
    page = open_page("/environment")
    page.click("summary:has-text('发布状态')")
    page.click("#air-revise")
    page.wait_for_selector("#air-said >> text=请写明理由")
    page.fill("#air-low", "60")
    page.fill("#air-high", "90")
    page.fill("#air-reason", "会商：静稳天气加强")
    page.click("#air-revise")
    page.wait_for_selector(".badge:has-text('会商后修订')")
    page.wait_for_selector(".cards >> text=60–90")
    page.screenshot(path=PICTURES / "environment-revised.png", full_page=True)
    page.click("summary:has-text('发布状态')")
    page.click("#air-undo")
    page.wait_for_selector(".cards:not(:has-text('60–90'))")
    page.click("summary:has-text('发布状态')")
    page.click("#air-sign")
    page.wait_for_selector(".badge:has-text('已签发')")


def test_a_download_says_what_its_data_are(open_page: Any, tmp_path: Path) -> None:
    page = open_page("/environment")
    with page.expect_download() as waiting:
        page.click("#air-csv")
    text = Path(waiting.value.path()).read_text("utf-8-sig")
    assert "示意数据（非实测）" in text
    assert re.search(r"2026-11-24", text)


def test_the_harvest_is_asked_what_if_and_printed(open_page: Any) -> None:
    page = open_page("/harvest")
    page.click("summary:has-text('假如')")
    page.click("#harvest-if-go")
    page.wait_for_selector("#harvest-if-told >> text=−")
    page.fill("#harvest-if-freeze", "-99")
    page.click("#harvest-if-go")
    page.wait_for_selector("#harvest-if-told .notice")
    page.click("summary:has-text('气象指数保险')")
    page.fill("#harvest-in-steps", "-2:0.5")
    page.click("#harvest-in-go")
    page.wait_for_selector("#harvest-in-told .card")
    for kind, begins in (("bulletin", b"%PDF"), ("book", b"PK")):
        with page.expect_download() as waiting:
            page.click(f"#harvest-{kind}")
        assert Path(waiting.value.path()).read_bytes().startswith(begins)


def test_a_township_enters_a_record_is_told_its_faults_and_takes_it_back(
    house: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(house["home"]))
    page = eyes.look(house["chromium"], house["address"], eyes.session("zhang", "forecaster", "agriculture"), "phone")
    eyes.settle(page, house["address"] + "/harvest?entry=orange_output")
    values = {"town": "安坪镇", "variety": "凤园", "season": "soon", "release": "first", "output": "120"}
    for name, value in values.items():
        page.locator(f"input[id*='\"{name}\"'][id*='entry-value']").fill(value)
    page.click("#entry-save")
    page.wait_for_selector("#entry-said >> text=产季")
    page.locator("input[id*='\"season\"']").fill("2030")
    page.click("#entry-save")
    page.wait_for_selector("#entry-said >> text=已入库")
    page.screenshot(path=PICTURES / "harvest-entry-phone.png", full_page=True)
    page.click("#entry-undo")
    page.wait_for_selector("#entry-said >> text=已撤销")
    assert page.faults == []
    page.context.close()


def test_a_viewer_may_look_and_nothing_else(house: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(house["home"]))
    cookies = eyes.session("li", "viewer")
    page = eyes.look(house["chromium"], house["address"], cookies)
    eyes.settle(page, house["address"] + "/environment")
    assert 0 == page.locator("#air-revise").count()
    eyes.settle(page, house["address"] + "/data")
    assert 0 == page.locator("#data-upload").count()
    page.context.close()


def test_an_empty_house_says_what_to_do(house: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.operate.home import prepare

    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    prepare()
    cookies = eyes.session("wang", "forecaster")
    with eyes.server(tmp_path / "home", NOW) as address:
        for name, path in (("home", "/"), ("environment", "/environment"), ("data", "/data")):
            page = eyes.look(house["chromium"], address, cookies)
            eyes.settle(page, address + path)
            page.screenshot(path=PICTURES / f"{name}-empty.png", full_page=True)
            assert page.faults == []
            page.context.close()


def test_stale_data_look_stale(house: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(house["home"], tmp_path / "home")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WORKBENCH_NOW", "2026-11-24T09:00:00+08:00")
    cookies = eyes.session("zhao", "viewer")
    with eyes.server(tmp_path / "home", os.environ["WORKBENCH_NOW"]) as address:
        page = eyes.look(house["chromium"], address, cookies)
        eyes.settle(page, address + "/environment")
        assert "未更新" in page.inner_text(".notice")
        assert "grayscale(1)" in page.evaluate("getComputedStyle(document.querySelector('.figure')).filter")
        page.screenshot(path=PICTURES / "environment-stale.png", full_page=True)
        page.context.close()
