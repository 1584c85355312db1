"""Bringing data in: files named on the command line, the drop folder, and the embedded sample county."""

from datetime import datetime
from pathlib import Path

from workbench import domain
from workbench.errors import InputError
from workbench.lake import drop
from workbench.lake.files import SourceFile
from workbench.lake.ingest import Report, ingest, ingest_frame
from workbench.lake.store import Lake
from workbench.operate import log
from workbench.operate.terminal import Progress
from workbench.settings import home, now


def ingest_files(table: str, files: list[Path], known_at: datetime | None, progress: Progress) -> list[Report]:
    """Ingest files one after the other; the first that cannot be read stops the rest, those before stay in."""
    folders = [str(file) for file in files if file.is_dir()]
    if folders:
        raise InputError(
            f"{len(folders)} of {len(files)} are folders: {', '.join(folders)}", f"name the files in it: {folders[0]}/*"
        )
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise InputError(f"{len(missing)} of {len(files)} files do not exist: {', '.join(missing)}", "check the paths")
    lake, readers = Lake(), tuple(domain.readers().values())
    reports = []
    for i, file in enumerate(files):
        progress(i, len(files), file.name)
        reports.append(ingest(lake, table, SourceFile.open(file), readers, known_at))
    progress(len(files), len(files), "")
    return reports


def sweep() -> list[Report]:
    """Ingest whatever lies in the drop folder `<home>/drop/<table>/`."""
    return drop.sweep(Lake(), home(), tuple(domain.readers().values()), log.fault)


def load_sample(lake: Lake, progress: Progress) -> list[Report]:
    """Load the embedded sample county (示意数据) into every table that is still empty."""
    reports = []
    until = now().replace(minute=0, second=0, microsecond=0)
    for name, module in domain.samples().items():
        frames = module.tables(until)
        for i, (table, frame) in enumerate(frames.items()):
            progress(i, len(frames), f"sample {name}: {table}")
            if lake.origin(table) == "empty":
                digest = f"sample:{name}:{table}:{until:%Y%m%d%H}"
                reports.append(ingest_frame(lake, table, frame, f"sample:{name}", digest, sample=True))
        progress(len(frames), len(frames), f"sample {name}")
    return reports
