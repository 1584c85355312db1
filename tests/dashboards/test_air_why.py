"""The folded part of the environment page: reasons of the outlook shown, read from the archive and nowhere else."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dashboards import air_history, air_sentence, air_view, air_why
from dashboards.reader import reader
from workbench.lake.store import Lake
from workbench.operate.archive import Archive
from workbench.present.words import LANGUAGES, Words

TOMORROW = date(2026, 11, 24)


def scene(language: str = "zh") -> air_view.Scene:
    return air_view.scene(
        reader({"lang": language}), Lake(), Archive(), air_history.stations(Lake()).row(0, named=True)
    )


def words_in(node: Any) -> str:
    """Every text below a component."""
    if isinstance(node, list | tuple):
        return " ".join(map(words_in, node))
    return str(node) if isinstance(node, str | int | float) else words_in(getattr(node, "children", None) or "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentence_rests_on_the_archived_rows_and_leads_to_them(full: Path, language: str) -> None:
    shown, words = scene(language), Words(language)
    clauses = air_sentence.clauses(shown.lake, shown.archive, shown.station, shown.view, words)
    said = "".join(clause.text for clause in clauses)
    for key in ("level_high", "wind_speed_low", "precipitation_high"):
        assert words(f"reason.{key}") in said
    assert said.endswith(words("sentence.stop"))
    assert {"why-level", "why-wind_speed", "why-precipitation"} <= {clause.row for clause in clauses}
    assert words("sentence.sky", facts="").strip() not in said


def test_what_people_changed_by_hand_has_no_reasons_of_the_machines(own: Path) -> None:
    from dashboards import air_status

    shown = scene()
    what = air_status.What(shown.view.issue["issued_at"], shown.name, TOMORROW.isoformat(), 40, 60)
    air_status._revise(Words("zh"), "wang", "会商意见", what)
    after = scene()
    assert "revised" == after.view.issue["status"]
    assert air_why.of(after.archive, after.view).is_empty()
    said = "".join(
        c.text for c in air_sentence.clauses(after.lake, after.archive, after.station, after.view, Words("zh"))
    )
    assert "的主要依据" not in said
    assert "预报天气" in words_in(air_why.fold(after)) or "风速" in words_in(air_why.fold(after))


def test_parts_median_change_and_alike_days_are_those_of_the_archive(full: Path) -> None:
    shown = scene()
    text = words_in(air_why.body(shown, TOMORROW, "pm2_5"))
    rows = air_why.of(shown.archive, shown.view)
    mine = rows.filter(pl.col("station") == shown.name, pl.col("date") == TOMORROW, pl.col("pollutant") == "pm2_5")
    assert f"从平常的 30 到 {mine['value'].sum():.0f} µg/m³" in text
    assert "44 µg/m³" in text
    assert "0.9 m/s" in text
    assert "上次（11月22日 18:10 发布）" in text
    assert "2025年11月24日 周一" in text
    assert "模型看来最相似的 1 天里，PM2.5 的实况是 50 µg/m³" in text


def test_parts_of_two_models_are_not_held_against_each_other(full: Path) -> None:
    shown = scene()
    rows = air_why.of(shown.archive, shown.view)
    mine = rows.filter(pl.col("station") == shown.name, pl.col("date") == TOMORROW, pl.col("pollutant") == "pm2_5")
    other = mine.with_columns(task=pl.lit("air_daily"), value=pl.col("value") * 2)
    moment = shown.view.issue["issued_at"]
    assert "变化最大" in air_why.since(
        mine, (moment, other.with_columns(task=pl.lit("air_hourly"))), "pm2_5", shown.words
    )
    assert "变化最大" not in air_why.since(mine, (moment, other), "pm2_5", shown.words)


def test_a_day_without_reasons_says_so(full: Path) -> None:
    assert "没有可拆分的依据" in words_in(air_why.body(scene(), date(2020, 1, 1), "pm2_5"))


def test_another_day_and_pollutant_are_drawn_and_nonsense_is_not(full: Path) -> None:
    import dash

    shown = scene()
    assert "CO 的预报中位数" in str(air_why.another("2026-11-25", "co", shown.name))
    for asked in (("x", "co", shown.name), ("2026-11-25", "radon", shown.name), ("2026-11-25", "co", "nowhere")):
        with pytest.raises(dash.exceptions.PreventUpdate):
            air_why.another(*asked)


def test_without_reasons_the_weather_is_shown(own: Path) -> None:
    import shutil

    shutil.rmtree(own / "archive" / "product" / "air_reasons")
    text = words_in(air_why.fold(scene()))
    assert "近 30 天中位数" in text
    assert "风速" in text
