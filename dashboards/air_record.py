"""How good have we been: the outlook by lead, skill and coverage of every pollutant, the last hits and misses."""

from datetime import timedelta
from typing import Any

import polars as pl
from dash import html

from dashboards import components as ui
from dashboards.air_view import PRODUCT, TASK, Scene, made_up
from workbench.forecast.frames import measure
from workbench.operate import outcome, verify
from workbench.operate.gate import weighted
from workbench.present import skill
from workbench.present.sentences import level_of
from workbench.present.words import Words, number, span
from workbench.science import air_outlook
from workbench.science.air_day import HOURLY
from workbench.settings import county, now

Rates = dict[tuple[str, int, str], tuple[float, int]]
"""(model, lead day, metric): the mean over days, and how many days counted."""
RIVALS = ("persistence", "climatology")
COLUMNS = (
    "lead_day", "level_hit", "half_level_hit", "range_hit", "primary_hit", "pod_100", "far_100", "pod_150", "far_150",
    "csi_100", "brier_100", "days_judged",
)  # fmt: skip


def quality(scene: Scene) -> list[Any]:
    """A sentence, the outlook's table, skill and coverage by lead, and the last two weeks day by day."""
    words, seen = scene.words, scene.seen
    found, share = rates(scene.name)
    gains, held = skills(scene.name)
    rivals = {name: words(f"air.{name}") for name in RIVALS}
    parts = {name: words(f"air.{name}") for name in HOURLY}
    left = ui.chart(skill.skill(gains, rivals, parts, words), seen, words("air.skill_title"))
    right = ui.chart(skill.coverage(held, words), seen, words("air.coverage_title"))
    pair = [
        html.Div([html.H3(words(f"air.{key}_title")), html.P(words(f"air.{key}_note"), className="small"), part])
        for key, part in (("skill", left), ("coverage", right))
    ]
    return [
        *outlook(found, share, words),
        html.Div(pair, className="two"),
        html.H3(words("air.misses")),
        days(record(scene), words),
    ]


def rates(station: str) -> tuple[Rates, float]:
    """The outlook's scores of the last 90 days at a station, and the share of days scored on audited truth."""
    scores = verify.recent(PRODUCT)
    if scores.is_empty():
        return {}, 0.0
    mine = scores.filter(pl.col("unique_id") == f"{station}/aqi")
    rows = outcome.rates(mine, ("model", "lead_day")).iter_rows()
    audited = mine.select((pl.col("truth") == "audited").mean()).item()
    return {(model, lead, metric): (value, n) for model, lead, metric, value, n in rows}, audited or 0.0


def outlook(found: Rates, audited: float, words: Words) -> list[Any]:
    """What was said of whole days against what came, by lead day: ours, and in small what the simple rivals reached."""
    leads = sorted({lead for model, lead, _ in found if model == "product"})
    if not leads:
        return [html.P(words("air.misses_none"), className="note")]
    body = []
    for lead in leads:
        mine = {metric: each for (model, ahead, metric), each in found.items() if (model, ahead) == ("product", lead)}
        body.append(
            [
                html.Span(ahead(lead, words), className="nowrap"),
                beside(found, lead, "level_hit"),
                *(part(mine.get(metric)) for metric in ("half_level_hit", "range_hit")),
                *(of(mine.get(metric)) for metric in ("primary_hit", "pod_100", "far_100", "pod_150", "far_150")),
                part(mine.get("csi_100")),
                number(mine["brier_100"][0], 2),
                str(mine["level_hit"][1]),
            ]
        )
    table = ui.rows([words(f"score.{head}") for head in COLUMNS], body, numbers=range(1, len(COLUMNS)))
    note = html.P(words("score.note", audited=f"{audited:.0%}"), className="note")
    return [html.P(said(found, words), className="plain"), html.Div(table, className="tight"), note]


def said(found: Rates, words: Words) -> str:
    """Tomorrow in a sentence: level right, beside persistence; inside the range; polluted days found and cried."""
    mine = {metric: found.get(("product", 1, metric)) for metric in ("level_hit", "range_hit", "pod_100", "far_100")}
    if mine["level_hit"] is None:
        return words("air.misses_none")
    simple = found.get(("persistence", 1, "level_hit"))
    n, share, inside = mine["level_hit"][1], part(mine["level_hit"]), part(mine["range_hit"])
    parts = [words("score.said", n=n, share=share, inside=inside)]
    if simple is not None:
        parts.append(words("score.said_beside", share=part(simple)))
    came, cried = mine["pod_100"], mine["far_100"]
    found_of = came and words("score.said_polluted", n=came[1], caught=round(came[0] * came[1]))
    parts += [
        found_of or words("score.said_clean"),
        words("score.said_false", n=round(cried[0] * cried[1]) if cried else 0),
    ]
    return words("sentence.comma").join(parts) + words("sentence.stop")


def ahead(lead: int, words: Words) -> str:
    """The day of issue, the next …"""
    near = {0: "time.today", 1: "time.tomorrow", 2: "time.after_tomorrow"}.get(lead)
    return words(near) if near else words("score.ahead", n=lead)


def beside(found: Rates, lead: int, metric: str) -> html.Span:
    """Our rate; in small that of each rival that has one."""
    small = " · ".join(part(found.get((rival, lead, metric))) for rival in RIVALS)
    return html.Span([part(found.get(("product", lead, metric))), html.Small(small)], className="over")


def part(rate: tuple[float, int] | None) -> str:
    """A counted share: 0% and 100% are what was counted, not a claim about tomorrow."""
    return "—" if rate is None else f"{rate[0]:.0%}"


def of(rate: tuple[float, int] | None) -> str:
    """Counts, where events are few: 5/7; a dash where there was none."""
    return "—" if rate is None else f"{round(rate[0] * rate[1])}/{rate[1]}"


def skills(station: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The hourly task at a station over the last 90 days: skill by measure, lead day and reference; coverage by lead
    day and level over all pollutants.
    """
    gains = verify.skill(TASK, by=("unique_id", "lead_day"))
    recent = verify.recent(TASK)
    if recent.is_empty():
        return pl.DataFrame(), pl.DataFrame()
    mine = pl.col("unique_id").str.starts_with(f"{station}/")
    held = recent.filter(mine, pl.col("role") == "issued", pl.col("metric").is_in(["coverage_80", "coverage_95"]))
    level = pl.col("metric").str.strip_prefix("coverage_").cast(pl.Float64).truediv(100).round(2)
    shares = held.group_by("lead_day", level.alias("level")).agg(share=weighted("value"), n=pl.col("count").sum())
    return gains.filter(mine).with_columns(measure=measure()), shares


def record(scene: Scene, days: int = 60) -> pl.DataFrame:
    """The forecast of the evening before and what came: date, low, mid, high, status, aqi, inside; newest first."""
    every = scene.archive.read(PRODUCT, now() - timedelta(days=days), "product")
    if every.is_empty():
        return every
    local = pl.col("issued_at").dt.convert_time_zone(county()["zone"]).dt.date()
    mine = (pl.col("station") == scene.name) & (pl.col("sample") == made_up(scene.lake))
    ahead = every.filter(mine, (pl.col("date") - local).dt.total_days() == 1)
    newest = ahead.sort("issued_at", "written_at").unique("date", keep="last")
    both = air_outlook.published(newest).join(scene.history.select("date", "aqi", "level").drop_nulls("aqi"), on="date")
    inside = pl.col("aqi").is_between("aqi_low", "aqi_high").alias("inside")
    said = {"low": "aqi_low", "mid": "aqi_mid", "high": "aqi_high"}
    return both.select("date", "status", "aqi", "level", inside, **said).sort("date", descending=True)


def days(done: pl.DataFrame, words: Words) -> Any:
    """Forecast the evening before against what came: misses as plainly as hits, the last two weeks."""
    if done.is_empty():
        return html.P(words("air.misses_none"), className="note")
    body = [
        [
            html.Span(words.day(row["date"]), className="nowrap"),
            html.Span([ui.pill(level_of(row["mid"]), words), " ", span(row["low"], row["high"])], className="nowrap"),
            html.Span([ui.pill(level_of(row["aqi"]), words), " ", number(row["aqi"])], className="nowrap"),
            verdict(row["inside"], words),
            verdict(level_of(row["mid"]) == level_of(row["aqi"]), words),
        ]
        for row in done.head(14).rows(named=True)
    ]
    heads = ("date", "forecast_was", "observed_was", "inside", "level_right")
    return ui.rows([words(f"air.{head}") for head in heads], body, numbers=(1, 2))


def verdict(hit: bool, words: Words) -> html.Span:
    """Yes, or a no that stands out."""
    return html.Span(words("air.yes" if hit else "air.no"), className="" if hit else "bad")
