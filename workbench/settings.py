"""Settings: flags over `WORKBENCH_*` over `<home>/settings.toml` over the defaults below.

Read through `settings()` at the moment of use, never at import, so that one process can serve one home and a
test another. `WORKBENCH_HOME` (default `./var`) is the one folder of state.
"""

import os
import tomllib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

PROJECT = Path(__file__).resolve().parent.parent
"""The checkout: `data/`, `pipelines/`, `models/` and `dashboards/` are found beside the package."""


def home() -> Path:
    """The folder that holds all state; back it up and everything is backed up."""
    return Path(os.environ.get("WORKBENCH_HOME", "var")).resolve()


class Settings(BaseSettings):
    """What an operator may set. Times of day are local to the county."""

    model_config = SettingsConfigDict(env_prefix="WORKBENCH_", extra="ignore")

    lake: str = ""  # "" = <home>/lake; s3://… puts the tables on object storage
    host: str = "127.0.0.1"
    port: int = 8050
    certfile: str = ""
    keyfile: str = ""
    behind_proxy: bool = False  # TLS ends at a proxy in front: trust its X-Forwarded-* headers
    workers: int = 0  # processes that work side by side; 0 = as many as cores
    cluster: str = ""  # tcp://… of a Dask scheduler: its workers take the place of the processes
    bench_data: str = ""
    issue_by: str = "20:00"  # forecasts are published by then (HJ 633-2026 5.2)
    session_minutes: int = 30  # idle sessions end after this
    audit_days: int = 400  # kept at least this long; the law asks for six months
    seed: int = 20260301

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = TomlConfigSettingsSource(settings_cls, toml_file=home() / "settings.toml")
        return init_settings, env_settings, file


def settings() -> Settings:
    """The settings in force now."""
    return Settings()


def now() -> datetime:
    """The present instant, UTC; `WORKBENCH_NOW` (ISO 8601 with offset) stops the clock for tests and replays."""
    frozen = os.environ.get("WORKBENCH_NOW")
    return datetime.fromisoformat(frozen).astimezone(UTC) if frozen else datetime.now(UTC)


@cache
def county() -> dict[str, Any]:
    """`data/county.toml`: name, place, time zone, bureaus."""
    return tomllib.loads((PROJECT / "data" / "county.toml").read_text(encoding="utf-8"))


def county_zone() -> ZoneInfo:
    """The county's time zone."""
    return ZoneInfo(county()["zone"])
