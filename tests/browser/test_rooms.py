"""The technicians' page in a real browser: on the phone, in both languages, and what the buttons do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import eyes
import pytest
from rooms_home import NOW, furnish_rooms

from workbench.control.desk import Desk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(eyes.CHROMIUM).exists(), reason=f"no {eyes.CHROMIUM}: apt-get install chromium"),
]
PICTURES = eyes.PROJECT / "screenshots"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A home with rooms, of which R01 has a process that wrote its state; a server, a browser, a forecaster."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("rooms") / "home"
        patch.setenv("WORKBENCH_HOME", str(folder))
        patch.setenv("WORKBENCH_NOW", NOW)
        furnish_rooms()
        Desk("R01").write_state(STATE)
        cookies = eyes.session("wang", "forecaster", "sericulture")
        PICTURES.mkdir(exist_ok=True)
        with eyes.server(folder, NOW) as address, eyes.browser() as chromium:
            yield {"address": address, "chromium": chromium, "cookies": cookies, "home": folder}


STATE: dict[str, Any] = {
    "at": "2026-11-23T18:09:00+08:00", "mode": "automatic", "until": "2026-11-23T23:00:00+08:00",
    "trusted": {"t": 26.1, "rh": 74.0, "co2": 810.0}, "commands": [0, 1, 0, 0, 0.25], "allowed": [0, 1, 0, 0, 0.25],
    "alarms": [{"code": "frozen", "what": "t2", "since": "2026-11-23T17:40:00+08:00", "level": "alarm"}],
    "plan": [
        {"from": "2026-11-23T18:09:00+08:00", "minutes": 60, "duty": [0, 0.8, 0, 0, 0.2], "t": 25.6, "rh": 74.0},
        {"from": "2026-11-23T19:09:00+08:00", "minutes": 60, "duty": [0.1, 0, 0.3, 0, 0.1], "t": 24.9, "rh": 75.0},
    ],
}  # fmt: skip


@pytest.fixture
def open_page(house: dict[str, Any]) -> Iterator[Any]:
    """Open a path; afterwards nothing may have been complained of or asked of elsewhere."""
    opened = []

    def open_(path: str, size: str = "phone", language: str = "zh", dark: bool = False) -> Any:
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


@pytest.mark.parametrize(("size", "language", "dark"), [
    ("phone", "zh", False), ("phone", "en", True), ("desk", "zh", True), ("desk", "en", False),
])  # fmt: skip
def test_the_page_stands_on_phone_and_desk(open_page: Any, size: str, language: str, dark: bool) -> None:
    page = open_page("/silkworms?room=R01", size, language, dark)
    assert page.evaluate("document.documentElement.scrollWidth") <= eyes.SIZES[size][0]
    said = page.inner_text(".sentence")
    assert ("示意一号蚕室四龄食桑：现在 26.1 °C" if language == "zh" else "Sample room 1, instar 4") in said
    assert ("降温" if language == "zh" else "Cool") == page.inner_text(".todo .do >> nth=0")
    page.screenshot(path=PICTURES / f"silkworms-{size}-{language}.png", full_page=True)


def test_what_is_to_be_done_is_seen_first_and_buttons_are_thumb_sized(open_page: Any) -> None:
    page = open_page("/silkworms?room=R01")
    order = page.evaluate("[...document.querySelectorAll('.page > *')].map(e => e.id || e.className)")
    assert order.index("rooms-todo") < order.index("rooms-ahead")
    heights = page.locator(".button.big, .badges.rooms .badge").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44
    size = "parseFloat(getComputedStyle(document.querySelector('.todo .do')).fontSize)"
    assert page.evaluate(size) >= 28


def test_an_alarm_is_acknowledged_and_a_mode_handed_over_with_a_reason(open_page: Any, house: dict[str, Any]) -> None:
    desk = Desk("R01", house["home"])
    page = open_page("/silkworms?room=R01")
    page.click("#rooms-alarms .alarm.open button")
    page.wait_for_selector("#rooms-acked >> text=已确认并记录")
    line = desk.journal()[-1]
    assert ("acknowledge", "t2", "frozen", "wang") == (line.kind, line.what, line.reason, line.person)
    page.click("#rooms-grant")
    page.wait_for_selector("#rooms-posted >> text=请写明原因")
    page.fill("#rooms-reason", "夜间值守")
    page.click("#rooms-grant")
    page.wait_for_selector("#rooms-posted >> text=已交给控制进程")
    (order,) = desk.orders()
    assert ("mode", "advice", "wang", "夜间值守") == (order.kind, order.what, order.person, order.reason)
