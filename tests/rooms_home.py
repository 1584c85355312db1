"""A home with the sample county's rearing rooms, forecast once by quickly trained models."""

from datetime import timedelta

NOW = "2026-11-23T18:10:00+08:00"


def furnish_rooms(models: tuple[str, ...] = ("persistence",), train: bool = True) -> None:
    """Load rooms and weather into the home that is set, train, issue."""
    from pipelines.sample import air, sericulture
    from workbench.lake.ingest import ingest_frame
    from workbench.lake.store import Lake
    from workbench.operate import issue
    from workbench.operate import train as training
    from workbench.operate.home import prepare
    from workbench.operate.known import quiet
    from workbench.settings import now

    prepare()
    until = now().replace(minute=0, second=0, microsecond=0)
    last = sericulture.sky.hours_since_epoch(until)
    first = last - 24 * 20
    truth = air.sky.regimes(last + air.LEAD_HOURS + 25, air.SEED)
    weather = air.tables(until)["weather_hourly"]
    recent = {
        "weather_hourly": weather.filter(weather["time"] > until - timedelta(days=20)),
        "weather_forecast": air.forecasts(truth, first, last),
    }
    for name, frame in (recent | sericulture.tables(until)).items():
        ingest_frame(Lake(), name, frame, "sample:rooms", f"rooms:{name}", sample=True)
    if not train:
        return
    training.train("rooms_hourly", None, quiet, models=list(models), origins=2)
    issued = issue.issue(["rooms_hourly"], narrow=True)
    assert [one.name for one in issued] == ["rooms_hourly", "room_outlook"]
