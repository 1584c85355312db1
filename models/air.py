"""Air quality: the questions, and the models that may answer them. The first model of a task is its baseline."""

from typing import Any

from workbench.domain import Product
from workbench.forecast.algorithms.booster import Booster
from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.algorithms.features import Spans
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.conformal import Calibrated
from workbench.forecast.model import Model
from workbench.forecast.task import Task
from workbench.operate import outlook
from workbench.operate.air_reasons import air_reasons

WEATHER = (
    "temperature",
    "dew_point",
    "humidity",
    "pressure",
    "precipitation",
    "wind_speed",
    "radiation",
    "boundary_layer_height",
    "wind_u",
    "wind_v",
)

TASKS = (
    Task(
        name="air_hourly",
        title_zh="空气质量逐时预报（至大后天）",
        title_en="Hourly air quality, to the end of D+3",
        unit="µg/m³",  # CO: mg/m³
        owner="environment",
        panel="air_hourly",
        every="1h",
        horizon=96,  # issued at 18:00, so that D+1 … D+3 are whole
        seasons=(24, 168),
        vintages="air_weather_ahead",
        known_ahead=WEATHER,
        past_only=("pm2_5", "pm10", "so2", "no2", "co", "o3", *WEATHER),
        bounds=(0, None),
        issue_at="18:00",
    ),
    Task(
        name="air_daily",
        title_zh="空气质量逐日预报（今天至第七天）",
        title_en="Daily air quality, today to D+7",
        unit="µg/m³",  # CO: mg/m³
        owner="environment",
        panel="air_daily",
        every="1d",
        horizon=8,  # the cutoff is yesterday: step 1 is today
        seasons=(7,),
        vintages="air_weather_ahead_daily",
        known_ahead=WEATHER,
        past_only=("pm2_5", "pm10", "so2", "no2", "co", "o3_8h", *WEATHER),
        bounds=(0, None),
        issue_at="18:00",
    ),
)

HOURS = Spans(swings=(1, 3, 6, 24), levels=(3, 6, 24, 72, 168), beside=(6, 24, 72))
DAYS = Spans(swings=(1, 2, 3, 7, 14), levels=(2, 3, 7, 14, 30, 60), beside=(2, 3, 7, 14), stale=7)
QUICK: dict[str, Any] = {"trees": 24, "leaves": 127, "rows": 8_000, "rounds": 60, "rate": 0.1}
"""Seconds, not minutes: a county trains on the machine that serves it."""
LEARNING: dict[str, Any] = {"refit": "366d", "rate": 0.05}
"""Ranges are calibrated on one replayed fit, and learn on from what is issued; the rate is Beijing's."""

MODELS: dict[str, dict[str, Model]] = {
    "air_hourly": {
        "persistence": Persistence(),
        "seasonal_naive": SeasonalNaive(),
        "climatology": Climatology(),
        "booster": Calibrated(Booster(**QUICK, leads=4, bands=(4, 24), spans=HOURS), origins=40, **LEARNING),
    },
    "air_daily": {
        "persistence": Persistence(),
        "seasonal_naive": SeasonalNaive(),
        "climatology": Climatology(),
        "booster": Calibrated(Booster(**QUICK, leads=8, spans=DAYS), origins=60, **LEARNING),
    },
}

PRODUCTS = {
    "air_outlook": Product(outlook.air_outlook, outlook.INDEX, outlook.published, outlook.SCORES, outlook.references),
    "air_reasons": Product(air_reasons),
}
