"""What the screens say of the air in one sentence, and which station it is said of."""

from datetime import timedelta
from typing import Any

import polars as pl
from dash import html

from dashboards import air_history, air_parts, air_view, air_why
from dashboards.air_view import Outlook, Scene
from dashboards.memory import remembered
from dashboards.reader import Reader
from workbench.errors import MissingData
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.present.sentences import Clause, air, sky
from workbench.present.words import Words
from workbench.settings import now


def chosen(stations: pl.DataFrame, query: dict[str, str]) -> dict[str, Any]:
    """The station in the address, else the first that is not a background station."""
    wanted = stations.filter(pl.col("station") == query.get("station", ""))
    return (wanted if wanted.height else stations).row(0, named=True)


def clauses(lake: Lake, archive: Archive, station: dict[str, Any], view: Outlook, words: Words) -> tuple[Clause, ...]:
    """The sentence of a station. What people changed by hand has no reasons of the machine's: then the weather is
    told, and so it is where a forecast was made without parts."""
    today = words.local(now()).date()
    tomorrow = today + timedelta(days=1)
    why = air_why.clauses(archive, view, station["station"], tomorrow, words)
    if not why:
        facts = air_history.sky(lake, station["place"], tomorrow, now(), words.zone)
        why = sky(air_history.sky_words(facts), words)
    return air(view.days, today, words, warned(lake, archive, view, station["station"]), why)


def warned(lake: Lake, archive: Archive, view: Outlook, station: str) -> pl.DataFrame | None:
    """The chances of warning conditions; None where no paths of this issue are kept."""
    try:
        return air_view.triggers(lake, archive, view.issue, station)
    except MissingData:
        return None


def gaps(scene: Scene) -> html.P | None:
    """The days to come whose AQI the rules leave open, each with the pollutants that have no value."""
    words = scene.words
    try:
        paths = air_view.day_paths(scene.lake, scene.archive, scene.view.issue["issued_at"])
    except MissingData:
        return None
    mine = paths.filter(pl.col("station") == scene.name, pl.col("date") >= scene.today, pl.col("aqi").is_null())
    said = [
        words(
            "air.missing", day=words.day(day), pollutants=words("sentence.list").join(words(f"air.{p}") for p in names)
        )
        for day, names in mine.select("date", "missing").unique().sort("date").iter_rows()
    ]
    return html.P(" ".join(said), className="note") if said else None


def headline(words: Words) -> tuple[tuple[Clause, ...], html.Div, bool]:
    """For the home page: the first station's sentence, its cards, whether it is sample data; MissingData without."""
    lake, archive = Lake(), Archive()
    stations = air_history.stations(lake)
    if stations.is_empty():
        raise MissingData(words("state.empty_title"))
    scene = air_view.scene(Reader(words), lake, archive, chosen(stations, {}))

    def made() -> tuple[tuple[Clause, ...], html.Div]:
        said = clauses(lake, archive, scene.station, scene.view, words)
        return said, air_parts.cards(scene.view, scene.today, words)

    return *remembered((*scene.key, "headline"), made), bool(scene.view.issue["sample"])
