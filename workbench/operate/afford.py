"""Which models of a task can be trained in the time that it allows."""

from collections.abc import Mapping

from workbench.forecast import budget
from workbench.forecast.model import Model
from workbench.operate.known import Known

MANY = 100
"""Series from which on measuring a few of them is much quicker than fitting them all."""
SPARED = "climatology"
"""The last resort of every fallback, never left out; neither is the baseline, a task's first model."""


def affordable(data: Known, models: Mapping[str, Model]) -> tuple[dict[str, Model], str]:
    """The models that fit into `Task.budget` together, and what was left out in words ("" where nothing was).

    Below MANY series nothing is measured and nothing left out.
    """
    series = data.split.future.get_column("unique_id").n_unique()
    asked = {name: model for name, model in models.items() if name not in (next(iter(models)), SPARED)}
    if series < MANY or not asked:
        return dict(models), ""
    seconds = {name: cost * series for name, cost in budget.measure(data.task, data.split, asked).items()}
    plan = budget.within(seconds, data.task.budget)
    kept = {name: model for name, model in models.items() if name not in plan.dropped}
    return kept, plan.sentence() if plan.dropped else ""
