"""The oranges' season: which windows of weather can harm a crop, written down from agronomy, the surest first.

Frost on the fruit (California: damage from −2.2 °C; Danjiangkou lost 41–50 %), heat while the fruit sets and drops
(1 May – 20 June: California May 2009, Satsuma's first drop), a hot August and a wet November (Fuling 2005–15), a dry
July and August (midsummer drought is one of the two key hazards of subtropical citrus; Chongqing 2006).
"""

from workbench.forecast.season_outlook import Crop
from workbench.forecast.season_weather import Window

FIRST, LAST = (-1, 11, 1), (1, 6, 30)
"""From the induction of flowers to the last fruit of a season that blooms in year 0."""

WINDOWS = (
    Window("frost", "tmin", (0, 12, 10), (1, 2, 20), "min", harm=-1, beyond=1.0, prior=0.06),
    Window("set_heat", "tmax", (0, 5, 1), (0, 6, 20), harm=1, beyond=0.5, prior=0.03),
    Window("august_heat", "tmax", (0, 8, 1), (0, 8, 31), harm=1, beyond=0.5, prior=0.02),
    Window("summer_drought", "rain", (0, 7, 1), (0, 8, 31), "sum", harm=-1, beyond=0.5, prior=0.02),
    Window("november_rain", "rain", (0, 11, 1), (0, 11, 30), "sum", harm=1, beyond=0.5, prior=0.01),
)
"""`tmax`, `tmin` (°C) and `rain` (mm) of a town's height band."""

CALENDAR = {
    "纽荷尔": {"11": 0.7, "12": 0.3},
    "凤早": {"11": 0.5, "12": 0.5},
    "凤园": {"12": 0.4, "01": 0.4, "02": 0.1, "03": 0.1},
    "凤晚": {"02": 0.4, "03": 0.6},
    "鲍威尔": {"03": 0.3, "04": 0.4, "05": 0.3},
    "伦晚": {"03": 0.2, "04": 0.4, "05": 0.3, "06": 0.1},
}
"""Variety → harvest month → share: the months are published, the shares assumed."""

FLOW = tuple((variety, month, share) for variety, months in CALENDAR.items() for month, share in months.items())
ORANGE = Crop("orange", WINDOWS, FIRST, LAST, bloom=(0, 4, 10), calendar=FLOW)
