"""Visitors: the questions, and the models that may answer them. The first model of a task is its baseline."""

from dataclasses import replace
from typing import Any

from workbench.domain import Product
from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.algorithms.features import Spans
from workbench.forecast.algorithms.global_trees import GlobalTrees
from workbench.forecast.algorithms.open_days import OpenDays
from workbench.forecast.algorithms.recurring import Recurring, Remembering
from workbench.forecast.algorithms.relative import View
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.algorithms.yearly import PLACE, Looks
from workbench.forecast.blended import Blended
from workbench.forecast.hierarchy import Hierarchy
from workbench.forecast.model import Model
from workbench.forecast.recipe import LOCAL
from workbench.forecast.reconciled import Reconciled
from workbench.forecast.task import Task
from workbench.forecast.widened import Widened
from workbench.operate import visits

TREE = Hierarchy(("area", "definition"), (("definition",),))
DAYS = (*PLACE, "free", "free_before", "free_after", "to_new_year", "closed", "event", "booked")

DAILY = Task(
    name="visitors_daily",
    title_zh="景区逐日购票游客（今天至第14天）",
    title_en="Daily ticketed visitors by area, today to D+14",
    unit="人次",
    owner="commerce_tourism",
    panel="visitors_daily",
    every="1d",
    horizon=15,  # the cutoff is yesterday: step 1 is today
    seasons=(7,),
    vintages="visitors_ahead",
    known_ahead=(*DAYS, "rain"),
    past_only=(*DAYS, "rain"),
    bounds=(0, None),
    issue_at="18:00",
    refit="2y",
    hierarchy=TREE,
)
TASKS = (
    DAILY,
    replace(
        DAILY,
        name="visitors_season",
        title_zh="景区逐日购票游客（今天至第90天）",
        title_en="Daily ticketed visitors by area, today to D+90",
        horizon=91,
        known_ahead=DAYS,
        past_only=DAYS,
    ),
    replace(
        DAILY,
        name="visitors_holiday",
        title_zh="假期逐日购票游客（下几个假期）",
        title_en="Ticketed visitors on the days of the next holidays",
        horizon=130,  # from any day on, the next great holiday but one
        known_ahead=DAYS,
        past_only=DAYS,
    ),
    Task(
        name="visitors_monthly",
        title_zh="景区逐月购票游客",
        title_en="Monthly ticketed visitors by area",
        unit="人次",
        owner="commerce_tourism",
        panel="visitors_monthly",
        every="1mo",
        horizon=4,  # the running month and the next three
        seasons=(12,),
        bounds=(0, None),
        issue_at="18:00",
        hierarchy=TREE,
    ),
)

LOOKS = Looks(pool=0.05, fade=1.0)
SPANS = Spans(swings=(1, 7, 14), levels=(2, 3, 7, 14, 28), beside=(2, 3, 7, 14), stale=7, each=True)
RULE = Recurring(LOOKS, near=3.5, far=30.0, keep=0.98, holiday=0.1)
"""Half-lives, weights and spans were chosen on Jiuzhaigou's windows up to August 2016; see DECISIONS.md."""


def trees(objective: Any = "l1", unit: bool = True, smallest: int = 20, quick: bool = False) -> GlobalTrees:
    """Small trees; `quick` ones for a county that trains on the machine that serves it."""
    view = View(window=28, spans=SPANS, unit=unit)
    cost: dict[str, Any] = {"rounds": 60, "rate": 0.12, "rows": 10_000} if quick else {"rounds": 250, "rate": 0.05}
    return GlobalTrees(view, objective, leaves=15, smallest=smallest, leads=10, stride=1, **cost)


def ranged(*members: Model, most: int = 100, by: float = 1.3) -> Model:
    """Members that remember the year, blended, with ranges from replays of the last two fifths of history, widened."""
    return Widened(Remembering(Blended(members, most=most, share=0.4), LOOKS), by)


SHORT = ranged(RULE, trees(), trees(unit=False, smallest=50))
LONG = ranged(RULE, trees(), trees("l2"), by=1.0)


def added(inner: Model) -> Model:
    """Closed days 0, and the county the sum of its areas on every path."""
    return Reconciled(OpenDays(inner), "bottom_up", origins=10, paths=200)


NAIVE: Model = added(SeasonalNaive())
USUAL: Model = added(Climatology())
QUICK = ranged(RULE, trees(quick=True), most=8, by=0.85)
FAR = ranged(RULE, trees(quick=True), most=8, by=1.2)
"""Factors of the sample county's replays."""
MODELS: dict[str, dict[str, Model]] = {
    "visitors_daily": {"seasonal_naive": NAIVE, "climatology": USUAL, "recurring": added(QUICK)},
    "visitors_season": {"seasonal_naive": NAIVE, "climatology": USUAL, "recurring": added(FAR)},
    "visitors_holiday": {
        "seasonal_naive": NAIVE,
        "climatology": USUAL,
        "same_holiday": added(ranged(RULE, most=8, by=0.95)),
    },
    "visitors_monthly": {
        "seasonal_naive": NAIVE,
        "climatology": USUAL,
        "portfolio": Reconciled(LOCAL, "bottom_up", origins=10, paths=200),
    },
}

PRODUCTS = {
    "visitor_outlook": Product(visits.visitor_outlook, visits.DAILY, visits.published, visits.SCORES),
    "visitor_holidays": Product(visits.visitor_holidays),
}
