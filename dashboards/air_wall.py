"""The air on a wall screen: sentence and cards stay, the chart below changes with every turn."""

from typing import Any

from dash import html

from dashboards import air_chart, air_history, air_parts, air_view
from dashboards import components as ui
from dashboards.air_sentence import chosen, clauses
from dashboards.air_view import Scene
from dashboards.memory import remembered
from dashboards.reader import Reader
from workbench.errors import MissingData
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.present import heat, levels
from workbench.present.chart import enlarged
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
    """Title with the clock, sentence, cards, one chart, passport."""
    words, issue = scene.words, scene.view.issue
    badges = [ui.sample_badge(words)] if issue["sample"] else []
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
    said: list[Any] = [words("passport.at", moment=words.moment(issue["issued_at"]))]
    if old and upto is not None:
        length = words.length(now() - upto)
        said.append(ui.badge(words("state.stale", moment=words.moment(upto), length=length), warn=True))
    return [
        html.H1([html.Span([words("air.title"), " ", *badges], className="badges"), words.day(scene.today, year=True)]),
        ui.sentence(clauses(scene.lake, scene.archive, scene.station, scene.view, words)),
        air_parts.cards(scene.view, scene.today, words),
        ui.panel(title, ui.chart(enlarged(figure), scene.seen, title, fill=True)),
        html.Div(said, className="passport badges"),
    ]
