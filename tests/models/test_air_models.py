"""The air tasks ask for what the panels give, and every recipe can be made again."""

import inspect

import pytest

from models import air as models
from pipelines import air as pipelines
from workbench.domain import Product
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.model import Model, parameters
from workbench.forecast.task import Task


@pytest.mark.parametrize("task", models.TASKS, ids=lambda task: task.name)
def test_a_task_reads_panels_that_exist_and_columns_that_they_have(task: Task) -> None:
    """Panels are named by function; covariates are pollutants and weather."""
    for name in (task.panel, task.vintages):
        assert inspect.isfunction(getattr(pipelines, str(name)))
    assert set(task.known_ahead) == set(pipelines.WEATHER)
    pollutants = pipelines.DAILY if task.daily else pipelines.HOURLY
    assert set(task.past_only) == {*pollutants, *pipelines.WEATHER}


def test_the_hourly_horizon_makes_three_days_after_today_whole() -> None:
    """Issued at 18:00: 6 hours of today, then 72, and the rest of a margin."""
    hourly = models.TASKS[0]
    today = 24 - int(hourly.issue_at[:2])
    assert hourly.horizon >= today + 72


@pytest.mark.parametrize("task", models.TASKS, ids=lambda task: task.name)
def test_persistence_is_the_baseline_and_recipes_are_made_again(task: Task) -> None:
    recipes = models.MODELS[task.name]
    assert isinstance(next(iter(recipes.values())), Persistence)
    for recipe in recipes.values():
        assert isinstance(recipe, Model)
        assert recipe == type(recipe)(**parameters(recipe))


@pytest.mark.parametrize("product", models.PRODUCTS.values(), ids=list(models.PRODUCTS))
def test_a_product_is_held_against_a_panel_that_exists(product: Product) -> None:
    """A product without a truth of its own, such as the reasons of a forecast, is not scored either."""
    if not product.truth:
        assert not product.scores
        return
    assert inspect.isfunction(getattr(pipelines, product.truth))
    assert {"level_hit", "half_level_hit", "range_hit", "primary_hit", "pod_100", "csi_150"} <= set(product.scores)
    assert product.references is not None
