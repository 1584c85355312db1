"""Wholesale prices: the question, and the models that may answer it. The first model of a task is its baseline."""

from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.algorithms.in_season import InSeason
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.model import Model
from workbench.forecast.recipe import FAST
from workbench.forecast.task import Task
from workbench.forecast.widened import Widened

TASKS = (
    Task(
        name="prices_daily",
        title_zh="脐橙逐日批发价（28天）",
        title_en="Daily wholesale prices of oranges, 28 days",
        unit="CNY/kg",
        owner="commerce_tourism",
        panel="prices_daily",
        every="1d",
        horizon=28,  # the cutoff is yesterday: step 1 is today
        seasons=(1,),  # of days: none; MASE counts against yesterday's price
        bounds=(0, None),
        issue_at="18:00",
    ),
)

LAST = Persistence(stale=21)
"""Three weeks without a notice: the season is over, and the last price says little of the next one.

Prices of one season move further in the next than they did in their own: the factor below was chosen on Xinfadi's
notices up to October 2014; where history is long enough, the gate keeps the plain one."""

MODELS: dict[str, dict[str, Model]] = {
    "prices_daily": {
        "persistence": LAST,
        "climatology": Climatology(),
        "widened": Widened(LAST, 2.5),
        "in_season": InSeason(LAST),
        "portfolio": InSeason(FAST),
    },
}
