"""The air outlook of the demo home, and the whole day's work that stands behind it."""

import random
from datetime import date, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

import polars as pl
import pytest
import scoringrules as sr

from workbench import domain, settings
from workbench.forecast.frames import LEVELS, QUANTILES
from workbench.lake.store import Lake
from workbench.operate import outcome, outlook, verify
from workbench.operate.archive import Archive
from workbench.operate.known import Inputs
from workbench.operate.outlook import air_outlook
from workbench.science.air import POLLUTANTS
from workbench.science.air_outlook import level_chances


def test_every_station_has_today_and_a_week_of_it(demo_home: Path) -> None:
    """Probabilities of levels and of the first pollutant sum to one; the quantiles are in order; sample says so."""
    rows = Archive().product("air_outlook")
    assert {8} == set(rows.group_by("station").len()["len"])
    assert rows["date"].min() == settings.now().astimezone(settings.county_zone()).date()
    levels = rows.select(pl.sum_horizontal(f"p{level}" for level in range(1, 7))).to_series()
    first = rows.select(pl.sum_horizontal(pl.col("^primary_.*$"))).to_series()
    assert [1.0] * rows.height == pytest.approx(levels.to_list())
    assert [1.0] * rows.height == pytest.approx(first.to_list())
    assert rows.select((pl.col("q10") <= pl.col("q90")).all()).item()
    assert [True] == rows["sample"].unique().to_list()


def test_the_demo_homes_past_issue_was_verified(demo_home: Path) -> None:
    """Skill against climatology by lead day and coverage are there for the page."""
    judged = []
    for task, entry in domain.tasks().items():
        if Archive().read(task)["ds"].min() > entry.task.cutoff(settings.now()):
            continue  # a month has not come true in four days
        judged.append(task)
        assert verify.coverage(task) is not None
        assert "climatology" in set(verify.skill(task)["reference"])
    assert {"air_hourly", "air_daily", "orders_daily", "visitors_daily"} <= set(judged)


def test_without_joint_paths_there_is_no_outlook(demo_home: Path) -> None:
    """A level is a statement about several values at once."""
    with pytest.raises(Exception, match="no joint paths of air_hourly were issued"):
        air_outlook(Inputs({}, {}, {}, Lake(), settings.now()))


LIMITS = (50, 100, 150, 200, 300)


def invented(days: int, seed: int = 3) -> list[dict[str, Any]]:
    """Days said and what came, from clean to severe; a first pollutant only above 50."""
    dice, rows = random.Random(seed), []
    for number in range(days):
        middle, y = dice.uniform(20, 240), float(dice.randint(15, 260))
        values = [max(1.0, middle * (0.6 + 0.8 * level)) for level in LEVELS]
        shares = [dice.random() for _ in range(7)]
        names = [*(f"primary_{name}" for name in POLLUTANTS), "primary_none"]
        chances = {name: share / sum(shares) for name, share in zip(names, shares, strict=True)}
        came = dice.sample(POLLUTANTS, dice.randint(1, 2)) if y > 50 else []
        row = {"station": "S", "date": date(2026, 4, 1) + timedelta(days=number), "mean": middle, "y": y}
        quantiles = dict(zip(QUANTILES, values, strict=True))
        rows.append(row | quantiles | level_chances(values, LEVELS) | chances | {"leading": came})
    return rows


def by_hand(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The same scores, day by day in a loop, without an expression of ours."""
    found: dict[str, list[float]] = {}

    def add(name: str, value: float) -> None:
        found.setdefault(name, []).append(float(value))

    def level(aqi: float) -> int:
        return sum(aqi > limit for limit in LIMITS)

    halves = (25, 50, 75, 100, 125, 150, 175, 200, 250, 300, 400)
    for row in rows:
        y, low, mid, high = row["y"], round(row["q10"]), round(row["q50"]), round(row["q90"])
        add("level_hit", level(mid) == level(y))
        if y > 100:
            add("level_hit_polluted", level(mid) == level(y))
        add("half_level_hit", sum(mid > end for end in halves) == sum(y > end for end in halves))
        add("range_hit", low <= y <= high)
        if y > 50:
            likely = max(POLLUTANTS, key=lambda name: row[f"primary_{name}"])
            add("primary_hit", row["primary_none"] <= 0.5 and likely in row["leading"])
        for limit, first in ((100, 3), (150, 4)):
            warned, happened = mid > limit, y > limit
            if happened:
                add(f"pod_{limit}", warned)
            if warned:
                add(f"far_{limit}", not happened)
            if warned or happened:
                add(f"csi_{limit}", warned and happened)
            chance = sum(row[f"p{number}"] for number in range(first, 7))
            add(f"brier_{limit}", sr.brier_score(float(happened), min(chance, 1.0)))
        add("coverage_80", row["q10"] <= y <= row["q90"])
        add("mae", abs(y - row["q50"]))
    return {name: fmean(values) for name, values in found.items()}


def test_rates_of_an_outlook_are_those_of_a_loop_and_add_up_over_days() -> None:
    """Scored one day at a time and averaged: POD is hits over events, FAR false alarms over warnings."""
    rows = invented(400)
    said = outlook.published(pl.DataFrame(rows))
    days = said.group_by("ds").agg(**outlook.SCORES)
    found = {name: days[name].mean() for name in outlook.SCORES}
    expected = by_hand(rows)
    assert expected.keys() <= found.keys()
    for name, value in expected.items():
        assert value == pytest.approx(found[name]), name
    warned, happened = (said[name] > 100 for name in ("aqi_mid", "y"))
    assert (warned & happened).sum() / happened.sum() == pytest.approx(found["pod_100"])
    assert (warned & ~happened).sum() / warned.sum() == pytest.approx(found["far_100"])
    assert (warned & happened).sum() / (warned | happened).sum() == pytest.approx(found["csi_100"])


def test_a_days_scores_by_hand() -> None:
    """78–112 with 95 in the middle, said to be good air led by ozone; 104 came, led by PM2.5 and ozone alike."""
    values = [70, 74, 78, 84, 87, 89, 92, 95, 98, 101, 103, 106, 112, 118, 122]
    row: dict[str, Any] = {"station": "S", "date": date(2026, 4, 1), "mean": 95.0, "y": 104.0}
    row |= dict(zip(QUANTILES, map(float, values), strict=True)) | level_chances(values, LEVELS)
    row |= {"primary_o3_8h": 0.7, "primary_pm2_5": 0.3, "primary_none": 0.0, "leading": ["pm2_5", "o3_8h"]}
    found = outlook.published(pl.DataFrame([row])).select(**outlook.SCORES).row(0, named=True)
    assert (0, 0, 0, 1, 1) == tuple(
        found[name] for name in ("level_hit", "level_hit_polluted", "half_level_hit", "range_hit", "primary_hit")
    )
    assert (0, None, 0) == (found["pod_100"], found["far_100"], found["csi_100"])
    assert (None, None, None) == (found["pod_150"], found["far_150"], found["csi_150"])
    over = 1 - (0.6 + 0.1 * (100.5 - 98) / (101 - 98))
    assert (over - 1) ** 2 == pytest.approx(found["brier_100"])
    assert 0 == found["brier_150"]
    assert 9 == found["mae"]


def test_the_demo_homes_past_outlook_was_scored_by_lead_day(demo_home: Path) -> None:
    """Issued four days ago: its first days have come; three stations, ours beside two references."""
    scores = verify.recent("air_outlook")
    assert {"issued", "reference"} == set(scores["role"])
    assert {"product", "persistence", "climatology"} == set(scores["model"])
    assert [0, 1, 2, 3] == scores["lead_day"].unique().sort().to_list()
    assert {"provisional"} == set(scores["truth"])
    past = Archive().read("air_outlook", None, "product").sort("issued_at")
    past = past.filter(pl.col("issued_at") == past["issued_at"][0])
    measured = domain.panel("air_index", Lake()).rename({"ds": "date"})
    both = past.with_columns(unique_id=pl.format("{}/aqi", "station")).join(measured, on=["unique_id", "date"])
    expected = by_hand(both.drop_nulls("y").to_dicts())
    rates = outcome.rates(scores.filter(pl.col("role") == "issued"), ())
    table = {metric: (value, days) for metric, value, days in rates.iter_rows()}
    for name, value in expected.items():
        assert value == pytest.approx(table[name][0]), name
    assert both.drop_nulls("y").height == table["level_hit"][1]
    assert (both["y"] > 100).sum() == table.get("pod_100", (None, 0))[1]


def test_references_say_a_whole_outlook_and_know_only_the_past(demo_home: Path) -> None:
    """Persistence lets the last day's pollutants lead again; the chances of the levels sum to one."""
    rows = outlook.references(Inputs({}, {}, {}, Lake(), settings.now()))
    assert {"persistence": 24, "climatology": 24} == dict(rows.group_by("model").len().iter_rows())
    sums = rows.select(pl.sum_horizontal(f"p{number}" for number in range(1, 7))).to_series()
    assert [1.0] * rows.height == pytest.approx(sums.to_list())
    mine = rows.filter(pl.col("model") == "persistence")
    leads = mine.select(pl.sum_horizontal(pl.col("^primary_.*$"))).to_series()
    assert [1.0] * mine.height == pytest.approx(leads.to_list())
    today = settings.now().astimezone(settings.county_zone()).date()
    assert today == rows["date"].min()
    last = domain.panel("air_index", Lake()).filter(pl.col("ds") == today - timedelta(days=1)).drop_nulls("y")
    for row in last.iter_rows(named=True):
        station = row["unique_id"].split("/")[0]
        said = outlook.published(mine.filter(pl.col("station") == station, pl.col("date") == today)).row(0, named=True)
        assert set(said["said_first"]) <= set(row["leading"])
