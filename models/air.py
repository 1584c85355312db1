"""Air quality: the questions, and the models that may answer them. The first model of a task is its baseline."""

from workbench.forecast.algorithms.booster import Booster
from workbench.forecast.algorithms.climatology import Climatology
from workbench.forecast.algorithms.persistence import Persistence
from workbench.forecast.algorithms.seasonal_naive import SeasonalNaive
from workbench.forecast.combine import Combined
from workbench.forecast.conformal import Calibrated
from workbench.forecast.model import Model
from workbench.forecast.task import Task
from workbench.operate.outlook import air_outlook

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
POLLUTANTS = ("pm2_5", "pm10", "so2", "no2", "co")

HOURLY = Task(
    name="air_hourly",
    title_zh="空气质量逐时预报",
    title_en="Hourly air quality",
    unit="µg/m³（CO mg/m³）",
    owner="environment",
    panel="air_hourly",
    every="1h",
    horizon=96,  # from the evening of D to the last hour of D+3
    seasons=(24, 168),
    vintages="air_weather_ahead",
    known_ahead=WEATHER,
    past_only=(*POLLUTANTS, "o3", *WEATHER),
    bounds=(0.0, None),
)

DAILY = Task(
    name="air_daily",
    title_zh="空气质量逐日预报",
    title_en="Daily air quality",
    unit="µg/m³（CO mg/m³）",
    owner="environment",
    panel="air_daily",
    every="1d",
    horizon=8,  # today and D+1 … D+7
    seasons=(7, 365),
    vintages="air_weather_ahead_daily",
    known_ahead=WEATHER,
    past_only=(*POLLUTANTS, "o3_8h", *WEATHER),
    bounds=(0.0, None),
)

TASKS = (HOURLY, DAILY)

SIMPLE: dict[str, Model] = {
    "persistence": Persistence(),
    "seasonal_naive": SeasonalNaive(),
    "climatology": Climatology(),
}

MODELS: dict[str, dict[str, Model]] = {
    "air_hourly": {**SIMPLE, "booster": Calibrated(Booster(), scale="sqrt")},
    "air_daily": {
        **SIMPLE,
        "booster": Calibrated(Booster(), scale="sqrt"),
        "combined": Calibrated(Combined((Booster(), Climatology(), Persistence())), scale="sqrt"),
    },
}

PRODUCTS = {"air_outlook": air_outlook}
