"""The harvest on a wall screen: sentence and cards stay, the chart below changes with every turn."""

from typing import Any

import polars as pl

from dashboards import components as ui
from dashboards import harvest_parts as parts
from dashboards import harvest_view as view
from dashboards.harvest_view import Scene
from dashboards.memory import remembered
from dashboards.reader import Reader
from dashboards.wall_slide import framed
from workbench.operate import harvest_read as facts
from workbench.present import harvest as drawn
from workbench.science.harvest import ALL, MONTHS

TURNS = ("funnel", "map", "flow")


def slide(seen: Reader, turn: int) -> list[Any]:
    """What stands on the wall at a turn; MissingData where nothing was issued."""
    scene, what = view.scene(seen), TURNS[turn % len(TURNS)]
    return remembered((*scene.key, "wall", what), lambda: shown(scene, what))


def shown(scene: Scene, what: str) -> list[Any]:
    """One chart in the frame of the wall."""
    words = scene.words
    if what == "funnel":
        figure = drawn.funnel(facts.funnel(scene.harvest), words)
    elif what == "map":
        figure = drawn.tiles(parts.town_lines(scene), view.places(), words)
    else:
        rows = facts.monthly(scene.harvest).filter(pl.col("variety") != ALL)
        figure = drawn.months(rows, MONTHS, words)
    notes = (
        [ui.badge(words("harvest.due_old", day=words.day(scene.issue["due"])), warn=True)] if view.old(scene) else []
    )
    head = (words("harvest.title", crop=scene.crop), scene.today)
    said = parts.clauses(scene)
    return framed(scene.seen, head, scene.issue, said, parts.cards(scene), (words(f"harvest.{what}"), figure), notes)
