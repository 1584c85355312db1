"""What a harvest costs and insures: a weather policy's expected payout, and hands, stores and lorries by month."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from workbench.errors import InputError
from workbench.science.harvest import MONTHS


@dataclass(frozen=True)
class Policy:
    """A weather-index policy as a reader enters it; no clause for this county's oranges is known.

    `steps`: (°C, share of the insured sum paid), from mild to hard: of a day's `column` (`tmin` at or below, `tmax` at or
    above the step) between `first` and `last` (month, day; over the new year where `last` is earlier) the hardest counts
    once a season. `insured` and `premium` are yuan a mu.
    """  # noqa: E501

    steps: tuple[tuple[float, float], ...]
    insured: float
    premium: float
    column: Literal["tmin", "tmax"] = "tmin"
    first: tuple[int, int] = (12, 1)
    last: tuple[int, int] = (2, 28)

    def __post_init__(self) -> None:
        harder = sorted(self.steps, key=lambda step: step[1])
        worse = [step[0] for step in harder]
        if not self.steps or worse != sorted(worse, reverse=self.column == "tmin"):
            raise InputError("a harder step must not pay less", "order the steps from mild to hard")
        if any(not 0 <= share <= 1 for _, share in self.steps) or self.insured < 0 or self.premium < 0:
            raise InputError("shares lie in 0 … 1, sums are not below 0", "correct the policy")


def in_force(rules: pl.DataFrame, day: date) -> dict[str, Policy]:
    """The policies that stand on a day, by name: `rules` as the reference table orange_insurance (dates `12-01`).

    Of several versions the one that began last counts; `until` is its last day, null = open.
    """
    standing = rules.filter(pl.col("since") <= day, pl.col("until").is_null() | (pl.col("until") >= day))
    newest = standing.filter(pl.col("since") == pl.col("since").max().over("policy")).sort("policy", "step")
    found = {}
    for (name,), steps in newest.group_by("policy", maintain_order=True):
        one = steps.row(0, named=True)
        first, last = (tuple(int(part) for part in one[end].split("-")) for end in ("first", "last"))
        pairs = tuple(steps.select("threshold", "share").rows())
        found[str(name)] = Policy(pairs, one["insured"], one["premium"], one["column"], first, last)  # type: ignore[arg-type]
    return found


@dataclass(frozen=True)
class Payout:
    """What a policy would pay in a season to come, by how the past seasons would have been paid.

    `expected` yuan of all areas together, `premium` what it costs, `chance` that anything is paid, `seasons` how many
    past ones speak; `rows`: place, season, extreme (°C), share, yuan.
    """

    expected: float
    premium: float
    chance: float
    seasons: int
    rows: pl.DataFrame


def payout(policy: Policy, weather: pl.DataFrame, areas: Mapping[str, float]) -> Payout:
    """Expected payout from past daily weather (`place, date, tmax, tmin`) and insured mu by place.

    Only seasons whose whole span was measured in every place speak. InputError where there is none.
    """
    rows = _seasons(policy, weather.filter(pl.col("place").is_in(list(areas))))
    whole = rows.group_by("season").agg(pl.len(), pl.col("complete").all())
    whole = whole.filter(pl.col("complete"), pl.col("len") == len(areas))
    rows = rows.join(whole.select("season"), on="season", how="semi")
    if rows.is_empty():
        raise InputError("no past season has all its days measured", "ingest daily weather, or shorten the span")
    paid = pl.lit(0.0)
    for step, share in sorted(policy.steps, key=lambda each: each[1]):
        hit = pl.col("extreme") <= step if policy.column == "tmin" else pl.col("extreme") >= step
        paid = pl.when(hit).then(share).otherwise(paid)
    area = pl.col("place").replace_strict(areas, return_dtype=pl.Float64)
    rows = rows.with_columns(share=paid).with_columns(yuan=area * policy.insured * pl.col("share")).drop("complete")
    by_season = rows.group_by("season").agg(pl.col("yuan").sum())
    mean, any_paid = by_season["yuan"].mean(), (by_season["yuan"] > 0).mean()
    premium = policy.premium * sum(areas.values())
    return Payout(float(mean or 0), premium, float(any_paid or 0), by_season.height, rows.sort("place", "season"))  # type: ignore[arg-type]


def _seasons(policy: Policy, weather: pl.DataFrame) -> pl.DataFrame:
    over = policy.last < policy.first
    number = pl.col("date").dt.month().cast(pl.Int32) * 100 + pl.col("date").dt.day()
    low, high = (month * 100 + day for month, day in (policy.first, policy.last))
    inside = (number >= low) | (number <= high) if over else number.is_between(low, high)
    before = over & (number <= high)
    days = weather.filter(inside).with_columns(season=pl.col("date").dt.year() - before.cast(pl.Int32))
    worst = pl.col(policy.column).min() if policy.column == "tmin" else pl.col(policy.column).max()
    least = (date(2001 + over, *policy.last) - date(2001, *policy.first)).days + 1
    full = pl.col(policy.column).count() >= least
    return days.group_by("place", "season").agg(extreme=worst, complete=full)


@dataclass(frozen=True)
class Rates:
    """What a harvest needs, by the reader's own rates; the defaults are assumptions to be replaced."""

    kg_a_day: float = 400.0  # picked by one person in a day
    days_a_month: float = 22.0  # fit for picking
    wage: float = 150.0  # yuan a person and day
    stored: float = 0.30  # share of a month's fruit that goes to cold stores
    store_days: float = 30.0
    store_cost: float = 3.0  # yuan a tonne and day
    lorry: float = 10.0  # tonnes
    lorry_cost: float = 1500.0  # yuan a trip

    def __post_init__(self) -> None:
        if min(self.kg_a_day, self.days_a_month, self.lorry) <= 0 or not 0 <= self.stored <= 1:
            raise InputError("rates of picking and lorries are above 0, shares 0 … 1", "correct the rates")
        if min(self.wage, self.store_days, self.store_cost, self.lorry_cost) < 0:
            raise InputError("days and costs cannot lie below 0", "correct the rates")


def plan(flow: pl.DataFrame, rates: Rates) -> pl.DataFrame:
    """By harvest month, in order: `month, kg, person_days, people, wages, stored_t, store_t, store_cost, trips, trip_cost`.

    `people` are needed every picking day; `stored_t` goes in during the month, `store_t` stands in the store on average
    (a lot stays `store_days`). Costs in yuan. `flow`: month, kg, any number of rows a month.
    """  # noqa: E501
    months = pl.DataFrame({"month": MONTHS}).join(
        flow.group_by("month").agg(pl.col("kg").sum()), on="month", how="left", maintain_order="left"
    )
    tonnes = pl.col("kg") / 1000
    days = pl.col("kg") / rates.kg_a_day
    stored = tonnes * rates.stored
    trips = (tonnes / rates.lorry).ceil()
    return months.with_columns(pl.col("kg").fill_null(0)).with_columns(
        person_days=days,
        people=(days / rates.days_a_month).ceil().cast(pl.Int64),
        wages=days * rates.wage,
        stored_t=stored,
        store_t=stored * rates.store_days / 30,
        store_cost=stored * rates.store_days * rates.store_cost,
        trips=trips.cast(pl.Int64),
        trip_cost=trips * rates.lorry_cost,
    )
