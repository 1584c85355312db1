"""The air on a wall screen: sentence and cards stay, the chart below changes with every turn."""

from typing import Any

from dashboards import air_chart, air_history, air_parts, air_view
from dashboards import components as ui
from dashboards.air_sentence import chosen, clauses
from dashboards.air_view import Scene
from dashboards.memory import remembered
from dashboards.reader import Reader
from dashboards.wall_slide import framed
from workbench.errors import MissingData
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.present import heat, levels
from workbench.settings import now

TURNS = ("pm2_5", "o3", "levels", "heat")


def slide(seen: Reader, turn: int) -> list[Any]:
    """What stands on the wall at a turn; MissingData where there is no outlook."""
    lake, archive = Lake(), Archive()
    stations = air_history.stations(lake)
    if stations.is_empty():
        raise MissingData(seen.words("state.empty_title"))
    scene = air_view.scene(seen, lake, archive, chosen(stations, {}))
    what = TURNS[turn % len(TURNS)]
    return remembered((*scene.key, "wall", what), lambda: drawn(scene, what))


def drawn(scene: Scene, what: str) -> list[Any]:
    """One chart in the frame of the wall."""
    words, issue = scene.words, scene.view.issue
    ahead = scene.view.days.filter(scene.view.days["date"] >= scene.today)
    if what == "levels":
        title, figure = words("air.levels"), levels.levels(ahead, words)
    elif what == "heat":
        title = words("air.heat", year=scene.today.year, rules=words("air.rules_in_force"))
        figure = heat.calendar(scene.history, scene.today.year, words)
    else:
        title = air_chart.title(scene.station, what, words)
        figure = air_chart.figure(scene, what, "hour")
    upto, old = air_view.age(scene.lake, scene.name)
    notes = []
    if old and upto is not None:
        length = words.length(now() - upto)
        notes.append(ui.badge(words("state.stale", moment=words.moment(upto), length=length), warn=True))
    said = clauses(scene.lake, scene.archive, scene.station, scene.view, words)
    cards = air_parts.cards(scene.view, scene.today, words)
    return framed(scene.seen, (words("air.title"), scene.today), issue, said, cards, (title, figure), notes)
