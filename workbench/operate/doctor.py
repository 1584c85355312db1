"""The doctor: is this installation able to do its work, and what to do about each thing that is not in order."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import metadata
from pathlib import Path

import polars as pl

from workbench import domain, settings
from workbench.errors import WorkbenchError
from workbench.lake import catalogue
from workbench.lake.store import Lake
from workbench.operate import home, log, tracking
from workbench.operate.archive import Archive
from workbench.operate.home import Check
from workbench.operate.known import standing

ROOM = 2e9
"""Bytes of free disk below which a warning is due."""


def checks() -> list[Check]:
    """Every finding, in the order in which they should be mended."""
    found: list[Check] = []
    for look in (packages, folder, disk, tables, freshness, store, champions, forecasts, harvest, port, face, loopback):
        found += attempt(look)
    return found


def attempt(look: Callable[[], Iterator[Check]]) -> list[Check]:
    """The findings of one examination; an examination that fails is a finding itself."""
    try:
        return list(look())
    except WorkbenchError as error:
        return [Check(look.__name__, False, error.message, error.hint)]
    except Exception as error:
        return [Check(look.__name__, False, f"could not be examined (number {log.fault(error)})", "see the log")]


def packages() -> Iterator[Check]:
    """Are the packages that the project asks for installed?"""
    wanted = [text for text in metadata.requires("county-workbench") or [] if "extra ==" not in text]
    names = [text.split(";")[0].split("[")[0].split(">")[0].split("=")[0].split("<")[0].strip() for text in wanted]
    missing = []
    for name in names:
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
    text = f"{len(names) - len(missing)} of {len(names)} installed" + (
        f"; missing: {', '.join(missing)}" * bool(missing)
    )
    yield Check("packages", not missing, text, "run `make .venv`" if missing else "")


def folder() -> Iterator[Check]:
    """Is there a home of this layout that we may write?"""
    place = settings.home()
    version = home.layout(place)
    if version is None:
        yield Check("home", False, f"{place} is not prepared", "run `workbench up`")
        return
    writable = os.access(place, os.W_OK)
    yield Check(
        "home", writable, f"{place}, layout {version}", "" if writable else "give yourself the right to write it"
    )
    if version < home.LAYOUT:
        yield Check("layout", False, f"layout {version}, this release needs {home.LAYOUT}", "run `workbench migrate`")


def disk() -> Iterator[Check]:
    """Is there room?"""
    place = next(path for path in (settings.home(), *settings.home().parents) if path.exists())
    free = shutil.disk_usage(place).free
    yield Check("disk", free > ROOM, f"{free / 1e9:.1f} GB free", "" if free > ROOM else "make room or move the home")


def tables() -> Iterator[Check]:
    """Can every table be read?"""
    lake = Lake()
    broken = []
    for name in catalogue.names():
        try:
            lake.read(name).head(1).collect()
        except Exception as error:
            broken.append(f"{name} (number {log.fault(error)})")
    count = len(catalogue.names())
    text = f"{count} tables readable" if not broken else f"{len(broken)} of {count} cannot be read: {', '.join(broken)}"
    yield Check("lake", not broken, text, "restore the latest backup" if broken else "")


def freshness() -> Iterator[Check]:
    """Which tables are behind their update cycle?"""
    rows = Lake().summary().filter(pl.col("overdue_hours") > 0, pl.col("origin") == "real")
    names = ", ".join(f"{row['table']} ({row['overdue_hours']:.0f} h)" for row in rows.iter_rows(named=True))
    hint = "ingest newer files, or see whether the pull works (`workbench schedule list`)"
    yield Check("fresh data", not names, names or "no table is overdue", hint if names else "")


def store() -> Iterator[Check]:
    """Does the tracking store answer?"""
    if tracking.empty():
        yield Check("MLflow", True, "no run yet")
        return
    count = sum(len(tracking.versions(task)) for task in domain.tasks())
    yield Check("MLflow", True, f"{count} versions at {tracking.uri()}")


def champions() -> Iterator[Check]:
    """Has every task a champion whose files are there?"""
    for task in domain.tasks():
        champion = tracking.champion(task)
        if champion is None:
            yield Check(f"champion {task}", False, "none yet", f"run `workbench train {task}`")
            continue
        there = (champion.folder / "fitted" / "kind.json").exists()
        hint = "" if there else f"its files are gone: run `workbench train {task}`"
        yield Check(f"champion {task}", there, f"{champion.model}, version {champion.version}", hint)


def forecasts() -> Iterator[Check]:
    """Was every task issued in the last day, by the champion and not by a fallback?"""
    archive = Archive()
    for task in domain.tasks():
        if task not in archive.names():
            yield Check(f"forecast {task}", False, "never issued", "run `workbench forecast`")
            continue
        last = archive.issues(task).row(-1, named=True)
        age = settings.now() - last["issued_at"]
        fine = age < timedelta(hours=36) and last["level"] < 3
        text = f"issued {age / timedelta(hours=1):.0f} h ago, level {last['level']} {last['reason']}".strip()
        yield Check(f"forecast {task}", fine, text, "" if fine else "run `workbench forecast`; see `schedule list`")


def harvest() -> Iterator[Check]:
    """Was every product of its own tables issued since its date came round, a day and a half of grace given?"""
    now, archive = settings.now(), Archive()
    for name, product in domain.products().items():
        if not (product.own and product.truth) or standing(product, Lake(), now) is None:
            continue
        issues = archive.issues(name, "product")
        if issues.is_empty():
            yield Check(f"product {name}", False, "never issued", "run `workbench forecast`")
            continue
        zone = settings.county_zone()
        last = issues["issued_at"][-1].astimezone(zone).date()
        fine = last >= product.due((now - timedelta(hours=36)).astimezone(zone).date())
        yield Check(f"product {name}", fine, f"issued on {last}", "" if fine else "run `workbench forecast`")


def port() -> Iterator[Check]:
    """Is the port free, or served by us?"""
    number = settings.settings().port
    with socket.socket() as probe:
        probe.settimeout(0.5)
        taken = probe.connect_ex(("127.0.0.1", number)) == 0
    text = f"{number} is in use (by this workbench if it is serving)" if taken else f"{number} is free"
    yield Check("port", True, text, "choose another with --port" if taken else "")


def face() -> Iterator[Check]:
    """Is there a Chinese face for the pages?"""
    try:
        found = any("noto" in str(file).lower() for file in metadata.files("cvttf-notosanscjk-regular") or [])
    except metadata.PackageNotFoundError:
        found = False
    yield Check("Chinese face", found, "installed" if found else "missing", "" if found else "run `make .venv`")


def loopback() -> Iterator[Check]:
    """Would a start with these settings be refused?"""
    values = settings.settings()
    local = values.host in ("127.0.0.1", "localhost", "::1")
    files = [Path(name) for name in (values.certfile, values.keyfile) if name]
    fine = local or values.behind_proxy or (len(files) == 2 and all(file.exists() for file in files))
    text = "loopback only" if local else f"serves {values.host}" + (" with TLS" if files else "")
    yield Check("transport", fine, text, "" if fine else "set certfile and keyfile, or behind_proxy")
