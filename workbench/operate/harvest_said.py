"""A harvest in words, by rule from its numbers: sentence, names, verdict on the record; for page and bulletin."""

from typing import Any

import polars as pl

from workbench.errors import MissingData
from workbench.forecast.season_flow import season_name
from workbench.operate import harvest_read as facts
from workbench.operate.harvests import Harvest
from workbench.present import harvest as shown
from workbench.present.sentences import Clause
from workbench.present.words import Words, number, percent, texts


def clauses(harvest: Harvest, words: Words, crop: str) -> tuple[Clause, ...]:
    """How much with its range, how that has narrowed, weather, frost, and whether to trust it."""
    said = [(total(harvest, words, crop), "harvest-funnel"), *narrowing(harvest, words)]
    said += [
        (weather(harvest, words), "harvest-split"),
        *frost(harvest, words),
        (trust(harvest, words), "harvest-record"),
    ]
    joined: list[Clause] = []
    for text, row in said:
        joined += [*([Clause(words("harvest.join"))] if joined else []), Clause(text, row)]
    return (*joined, Clause(words("harvest.stop")))


def total(harvest: Harvest, words: Words, crop: str) -> str:
    """The county's figure."""
    own = facts.row(harvest)
    named = {"season": season_name(own["season"]), "crop": crop, "middle": shown.amount(own["mean"], words)}
    if own["q10"] is None or own["q90"] is None:
        return words("harvest.said_total_plain", **named)
    return words("harvest.said_total", **named, range=shown.reach(own["q10"], own["q90"], words))


def narrowing(harvest: Harvest, words: Words) -> list[tuple[str, str]]:
    """From the first issue of the season to this one; nothing where there is one issue or no range."""
    rows = facts.funnel(harvest).drop_nulls("width")
    if rows.height < 2:
        return []
    first, last = rows.row(0, named=True), rows.row(-1, named=True)
    key = "harvest.said_narrow" if last["width"] < first["width"] else "harvest.said_wide"
    named = {"first": words.short(first["due"]), "wide": percent(first["width"]), "now": percent(last["width"])}
    return [(words(key, **named), "harvest-funnel")]


def weather(harvest: Harvest, words: Words) -> str:
    """What this season's weather gives or takes."""
    kg = facts.split(harvest)["weather"]
    key = "harvest.said_weather_less" if kg < 0 else "harvest.said_weather_more"
    return words(key, kg=shown.amount(abs(kg), words))


def frost(harvest: Harvest, words: Words) -> list[tuple[str, str]]:
    """The likeliest frost within 15 days."""
    rows = facts.hazards(harvest, "day").filter(pl.col("kind") == "frost")
    if rows.is_empty():
        return []
    worst = rows.sort("chance").row(-1, named=True)
    if worst["chance"] < 0.01:
        return [(words("harvest.said_no_frost"), "harvest-hazards")]
    named = {"place": band(worst["place"], words), "share": percent(worst["chance"])}
    return [(words("harvest.said_frost", **named), "harvest-hazards")]


def trust(harvest: Harvest, words: Words) -> str:
    """What the past seasons say of forecasts made at the end of the season."""
    try:
        found = facts.skill(harvest.record, facts.begins(harvest))
    except MissingData:
        return words("harvest.said_unknown")
    if found["skilled"] is None:
        return words("harvest.said_unknown")
    best = rival(found["best"], words)
    if not found["skilled"]:
        return words("harvest.said_no_skill", best=best)
    unit = words("harvest.yield_unit")
    ours, other = (f"{number(found[name])} {unit}" for name in ("ours", found["best"]))
    return words("harvest.said_skill", ours=ours, best=best, rival=other)


def verdict(found: dict[str, Any], words: Words) -> str:
    """Whether there is skill beyond chance, said plainly; `found` is `facts.skill`."""
    if found["skilled"] is None:
        return words("harvest.verdict_unknown", seasons=found["seasons"])
    best, chance, gain = rival(found["best"], words), percent(found["chance"]), found["gain"]
    if found["skilled"]:
        return words("harvest.verdict_yes", best=best, gain=percent(gain), chance=chance)
    said = words("harvest.gain_less" if gain >= 0 else "harvest.gain_more", share=percent(abs(gain)))
    return words("harvest.verdict_no", best=best, gain=said, chance=chance)


def band(place: str | None, words: Words) -> str:
    """A height band as people say it; another place's name as it is."""
    height = (place or "").removeprefix("band_")
    return words("harvest.band", height=height) if height.isdigit() else place or ""


def factor(name: str, words: Words) -> str:
    """A factor's name in the reader's language; one that is not known as it is."""
    return _known(f"harvest.factor_{name}", words, name)


def rival(name: str | None, words: Words) -> str:
    """A simple method's name."""
    return _known(f"harvest.rival_{name}", words, "—")


def month(name: str, words: Words) -> str:
    """A harvest month."""
    return words(f"harvest.month_{name}")


def degree(row: dict[str, Any]) -> str:
    """How hard a hazard would be, with its unit."""
    return "—" if row["value"] is None else f"{number(row['value'], 1)} {row['unit']}".replace("-", "−")


def signed(share: float | None) -> str:
    """A signed share with a real minus.

    >>> signed(-0.042), signed(None)
    ('−4.2%', '—')
    """
    return "—" if share is None else f"{share:+.1%}".replace("-", "−")


def plus(value: float) -> str:
    """A number with its sign.

    >>> plus(-1234), plus(5), plus(0)
    ('−1,234', '+5', '0')
    """
    return f"{'−' if value < 0 else '+' if value > 0 else ''}{number(abs(value))}"


def in_tonnes(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Factors with whole `tonnes` that add up to the rounded sum: the largest takes what rounding left."""
    made = [row | {"tonnes": round(row["kg"] / 1000)} for row in rows.rows(named=True)]
    if made:
        largest = max(made, key=lambda row: abs(row["kg"]))
        largest["tonnes"] += round(sum(row["kg"] for row in made) / 1000) - sum(row["tonnes"] for row in made)
    return made


def _known(key: str, words: Words, other: str) -> str:
    return words(key) if key in texts(words.language) else other
