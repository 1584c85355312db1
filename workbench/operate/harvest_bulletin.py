"""The harvest's bulletin: county figure, range, funnel, towns, months, hazards, method and honest record on paper."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from workbench import settings
from workbench.errors import InputError, MissingData
from workbench.forecast.frames import QUANTILES
from workbench.forecast.season_flow import season_name
from workbench.operate import harvest_read as facts
from workbench.operate import harvest_said as said
from workbench.operate.harvests import Harvest, harvest
from workbench.present import drawing
from workbench.present import harvest as shown
from workbench.present.bulletin import Bulletin, Facts, Heading, Part, Picture, Table, Text
from workbench.present.words import Words, number, percent
from workbench.science.harvest import ALL, MONTHS

BUREAU = "agriculture"


@dataclass(frozen=True)
class Printed:
    """A bulletin written to disk."""

    crop: str
    file: str
    size: int

    def sentence(self) -> str:
        """What was written."""
        return f"{self.crop}: bulletin of {self.size:,} bytes → {self.file}"

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {"crop": self.crop, "file": self.file, "size": self.size}


def write(crop: str, file: Path, words: Words) -> Printed:
    """The newest issue's bulletin as a file. MissingData without an issue, InputError where it cannot be written."""
    content = bulletin(harvest(crop), words, crop).pdf(words)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}", "choose another place") from None
    return Printed(crop, str(file), len(content))


def bulletin(found: Harvest, words: Words, crop: str) -> Bulletin:
    """The bulletin of one issue."""
    name, own = words(f"harvest.crop_{crop}"), facts.row(found)
    issuer = str(settings.county()["bureaus"][BUREAU][words.language])
    due = words("harvest.due", day=words.day(own["due"], year=True))
    status = words(f"state.{own.get('status') or 'machine'}")
    foot = words(
        "harvest.bulletin_foot", moment=words.moment(own["issued_at"]), state=status,
        model=own.get("model") or words("harvest.model"), version=facts.stamp(own["version"]),
    )  # fmt: skip
    parts = [*head(found, words), *by_month(found, words), *by_town(found, words), *dangers(found, words)]
    parts += [*why(found, words), *honest(found, words), Heading(words("harvest.bulletin_method"))]
    parts += [Text(words("harvest.method"))] + [Text(words("harvest.method_sample"))] * bool(own["sample"])
    return Bulletin(
        words("harvest.bulletin_title", crop=name), issuer,
        words("harvest.bulletin_under", issuer=issuer, season=season_name(own["season"]), due=due),
        "".join(clause.text for clause in said.clauses(found, words, name)), foot,
        (*parts, Text(words("harvest.signature", status=status), "small")),
        (words("shell.sample"),) if own["sample"] else (),
    )  # fmt: skip


def head(found: Harvest, words: Words) -> list[Part]:
    """The county's figures, and the funnel."""
    own, parts = facts.row(found), facts.split(found)
    unit, range_ = words("harvest.unit"), shown.reach(own["q10"], own["q90"], words)
    below = words("harvest.range_none") if range_ == "—" else words("harvest.range_is", range=range_)
    area = own["area"] / float(words("harvest.area_scale"))
    before = own["before"]
    told = (
        words("harvest.before_none") if not before else words("harvest.before_is", before=shown.amount(before, words))
    )
    change = "—" if not before else said.signed(own["mean"] / before - 1)
    cards = [
        (words("harvest.card_total"), shown.amount(own["mean"], words, unit=False), unit, below),
        (words("harvest.card_yield"), number(own["mean"] / own["area"]) if own["area"] else "—",
         words("harvest.yield_unit"), words("harvest.area_is", area=f"{number(area, 2)} {words('harvest.area_unit')}")),
        (words("harvest.card_weather"), shown.amount(parts["weather"], words, False, True), unit,
         words("harvest.weather_is", steady=shown.amount(parts["steady"], words))),
        (words("harvest.card_before"), change, "", told),
    ]  # fmt: skip
    issues = facts.funnel(found).select(
        ds="due", **{name: pl.col(name) / float(words("harvest.scale")) for name in QUANTILES if name != "q50"},
        q50=pl.col("mean") / float(words("harvest.scale")),
    )  # fmt: skip
    drawn = Picture(drawing.fan(issues, words, unit), words("harvest.bulletin_funnel", unit=unit))
    return [Heading(words("harvest.bulletin_county")), Facts(cards), drawn, Text(words("harvest.funnel_note"), "small")]


def by_town(found: Harvest, words: Words) -> list[Part]:
    """Towns drawn and listed; the list adds up."""
    rows, unit, scale = facts.towns(found), words("harvest.unit"), float(words("harvest.scale"))
    bars = rows.select(name="town", value=pl.col("mean") / scale, low=pl.col("q10") / scale, high=pl.col("q90") / scale)
    tonnes, mu = shown.tonnes(rows["mean"].to_list()), shown.whole(rows["area"].to_list())
    body = [
        [r["town"], number(t), percent(r["share"]), number(r["yield"]), number(m), said.signed(r["weather"])]
        for r, t, m in zip(rows.rows(named=True), tonnes, mu, strict=True)
    ]
    body.append([words("harvest.sum"), number(sum(tonnes)), "100%", "", number(sum(mu)), ""])
    heads = [
        words("harvest.town"), f"{words('harvest.mean')} ({words('harvest.tonnes')})", words("harvest.share"),
        f"{words('harvest.yield')} ({words('harvest.yield_unit')})", f"{words('harvest.area')} ({words('harvest.mu')})",
        words("harvest.weather"),
    ]  # fmt: skip
    picture = Picture(drawing.bars(bars, words, unit, 2 if words.zh else 1), words("harvest.bulletin_towns", unit=unit))
    return [Heading(words("harvest.map")), picture, Table(heads, body, range(1, 6))]


def by_month(found: Harvest, words: Words) -> list[Part]:
    """Months drawn by variety."""
    rows, scale = facts.monthly(found).filter(pl.col("variety") != ALL), float(words("harvest.scale"))
    cells = {(v, m): kg / scale for v, m, kg in rows.iter_rows()}
    parts = {v: [cells.get((v, m), 0.0) for m in MONTHS] for v in facts.varieties(found)["variety"]}
    unit, names = words("harvest.unit"), [said.month(m, words) for m in MONTHS]
    picture = Picture(drawing.columns(names, parts, words, unit), words("harvest.bulletin_flow", unit=unit))
    return [Heading(words("harvest.flow")), picture]


def dangers(found: Harvest, words: Words) -> list[Part]:
    """The likeliest hazards of the days and months to come."""
    rows = pl.concat([facts.hazards(found, "day"), facts.hazards(found, "month")]).sort("chance", descending=True)
    body = [
        [
            words(f"harvest.{r['kind']}"),
            words.day(r["first"]) if r["span"] == "day" else f"{words.month(r['first'])}",
            said.band(r["place"], words), percent(r["chance"]), said.degree(r), words(f"harvest.basis_{r['basis']}"),
        ]
        for r in rows.filter(pl.col("chance") >= 0.01).head(10).sort("first", "kind").rows(named=True)
    ]  # fmt: skip
    heads = [words(f"harvest.{key}") for key in ("kind", "month", "place", "chance", "value", "basis")]
    told: list[Part] = [Table(heads, body, (3, 4))] if body else [Text(words("harvest.said_no_frost"))]
    return [Heading(words("harvest.hazards")), *told, Text(words("harvest.hazards_note"), "small")]


def why(found: Harvest, words: Words) -> list[Part]:
    """Trend and weather, and what moved the figure."""
    tonnes = words("harvest.tonnes")
    body = [[said.factor(r["factor"], words), said.plus(r["tonnes"])] for r in said.in_tonnes(facts.causes(found))]
    moved = facts.moved(found)
    heads = [words("harvest.factor"), f"{words('harvest.adds')} ({tonnes})"]
    parts: list[Part] = [Heading(words("harvest.split")), Table(heads, body, (1,))]
    if moved.height:
        lines = [[said.factor(r["factor"], words), said.plus(r["tonnes"])] for r in said.in_tonnes(moved)]
        parts += [Text(words("harvest.moved")), Table(heads, lines, (1,))]
    return parts


def honest(found: Harvest, words: Words) -> list[Part]:
    """The record, with its verdict; as plain where there is none."""
    title = Heading(words("harvest.record"))
    try:
        verdict = said.verdict(facts.skill(found.record, facts.begins(found)), words)
    except MissingData:
        return [title, Text(words("harvest.record_none"))]
    rows = facts.errors(found.record, facts.begins(found))
    every = max(1, rows.height // 9)
    shown_rows = rows.reverse().gather_every(every).reverse()
    body = [
        [
            words.short(date(2000, r["due_month"], r["due_day"])), number(r["seasons"]), number(r["ours"]),
            *(number(r[name]) for name in facts.RIVALS), said.signed(r["gain"]), percent(r["coverage"]),
            percent(r["chance"]),
        ]
        for r in shown_rows.rows(named=True)
    ]  # fmt: skip
    heads = [
        words("harvest.due_head"), words("harvest.seasons"), words("harvest.ours"),
        *(said.rival(name, words) for name in facts.RIVALS), words("harvest.gain"), words("harvest.coverage"),
        words("harvest.chance_luck"),
    ]  # fmt: skip
    return [title, Text(verdict), Table(heads, body, range(1, 10)), Text(words("harvest.record_note"), "small")]
