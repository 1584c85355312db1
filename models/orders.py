"""Online orders: the question, and the models that may answer it. The first model of a task is its baseline."""

from dataclasses import replace

from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.algorithms.features import Spans
from workbench.forecast.algorithms.global_trees import GlobalTrees
from workbench.forecast.algorithms.relative import View
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.blended import Blended
from workbench.forecast.coherent import Coherent
from workbench.forecast.hierarchy import Hierarchy
from workbench.forecast.model import Model
from workbench.forecast.task import Task
from workbench.science import orders
from workbench.science.sales_calendar import PLANNED, SEASONAL

TASKS = (
    Task(
        name="orders_daily",
        title_zh="样本网店逐日销量（28天）",
        title_en="Daily sales of the sample's online shops, 28 days",
        unit="parcels",  # kilograms: kg; value: CNY
        owner="commerce_tourism",
        panel="orders_daily",
        every="1d",
        horizon=28,  # the cutoff is yesterday: step 1 is today
        seasons=(7,),
        vintages="orders_ahead",
        known_ahead=(*SEASONAL, *PLANNED),
        bounds=(0, None),
        issue_at="18:00",
        hierarchy=Hierarchy(orders.PARTS, orders.LEVELS),
    ),
)

DAYS = Spans(swings=(1, 7, 28), levels=(7, 14, 28, 56), beside=(2, 7, 14), stale=28, each=True)
VIEW = View(scale="sqrt", window=28, unit=False, spans=DAYS)
TREES = GlobalTrees(VIEW, "l1", rounds=100, leaves=15, rate=0.08, smallest=50, rows=40_000, leads=10, stride=3)
"""Seconds, not minutes: a county trains on the machine that serves it."""

MODELS: dict[str, dict[str, Model]] = {
    "orders_daily": {
        "seasonal_naive": Coherent(SeasonalNaive(), "bottom_up"),
        "climatology": Coherent(Climatology(), "bottom_up"),
        "trees": Coherent(Blended((TREES, replace(TREES, objective="l2")))),
    },
}
