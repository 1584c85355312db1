"""Oranges: one value a season and town, so no task of the engine asks for it; the harvest is a product of its own tables."""  # noqa: E501

from models._oranges import ORANGE
from workbench.forecast.model import Model
from workbench.forecast.task import Task
from workbench.operate import harvests

TASKS: tuple[Task, ...] = ()
MODELS: dict[str, dict[str, Model]] = {}
PRODUCTS = harvests.products(ORANGE, "agriculture")
