"""Rearing rooms: the question, and the models that may answer it. The first model is its baseline."""

from workbench.control.equipment import DEVICES
from workbench.control.room_forecast import BAND, LARVAE, MEASURES, OUTSIDE, GreyBox
from workbench.domain import Product
from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.conformal import Calibrated
from workbench.forecast.model import Model
from workbench.forecast.task import Task
from workbench.operate import rearing

KNOWN = (*OUTSIDE, LARVAE, *BAND)
TASKS = (
    Task(
        name="rooms_hourly",
        title_zh="蚕室温度、湿度与二氧化碳（未来24小时）",
        title_en="Temperature, humidity and CO₂ in rearing rooms, the next 24 hours",
        unit="°C",  # humidity: %, co2: ppm
        owner="sericulture",
        panel="rooms_hourly",
        every="1h",
        horizon=24,
        seasons=(24,),
        vintages="rooms_ahead",
        known_ahead=KNOWN,
        past_only=(*MEASURES, *DEVICES, *KNOWN),
        bounds=(0, None),
        issue_at="18:00",
        refit="1d",  # larvae come and devices start within a day
    ),
)

MODELS: dict[str, dict[str, Model]] = {
    "rooms_hourly": {
        "persistence": Persistence(minimum=5),
        "seasonal_naive": SeasonalNaive(minimum=5),
        "climatology": Climatology(minimum=5),
        "room": Calibrated(GreyBox(), origins=12, refit="30d", buckets=4, states=(), halves=False, rate=0.05),
    },
}
PRODUCTS = {"room_outlook": Product(rearing.room_outlook, of=("rooms_hourly",))}
