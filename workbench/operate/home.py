"""The one folder of state: made ready, locked for heavy jobs, backed up and brought back, carried across releases.

```
<home>/VERSION            layout number; a newer one than ours is refused
<home>/lake/              Delta tables (WORKBENCH_LAKE may put them elsewhere)
<home>/archive/           issued forecasts, paths, products, scores
<home>/mlflow.db          runs and versions; <home>/artifacts/ their files
<home>/workbench.sqlite   users, audit log, schedule
<home>/drop/<table>/      files to be ingested unattended
<home>/log/  lock/        logs; one lock file a kind of heavy job
<home>/secret/key         the key of hashed columns, which no backup holds (see `lake.keyed`)
```
"""

import fcntl
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from workbench import settings
from workbench.errors import Busy, InputError, Refused, UnreadableFile
from workbench.lake import keyed

LAYOUT = 1
"""The layout that this release reads and writes."""

FOLDERS = ("lake", "archive", "artifacts", "drop", "log", "lock")
DATABASES = ("mlflow.db", "workbench.sqlite")
STEPS: dict[int, Callable[[Path], None]] = {}
"""What carries a home from layout n to n + 1, by n."""


@dataclass(frozen=True)
class Kept:
    """What a keeping verb did to the home."""

    what: str  # prepared, migrated, backed up, restored
    path: str
    files: int = 0
    bytes: int = 0

    def sentence(self) -> str:
        amount = f": {self.files} files, {self.bytes / 1e6:.1f} MB" if self.files else ""
        return f"{self.what} {self.path}{amount}"

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def prepare(folder: Path | None = None) -> Path:
    """Make the home ready to be used and return it. Refuses a home of a newer or an older layout.

    Safe to call at every start: existing things are left as they are.
    """
    folder = folder or settings.home()
    version = layout(folder)
    if version is not None and version < LAYOUT:
        raise Refused(f"{folder} is of layout {version}; this release needs {LAYOUT}", "run `workbench migrate` first")
    try:
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        if version is None:
            (folder / "VERSION").write_text(f"{LAYOUT}\n", encoding="ascii")
    except OSError as error:
        raise Refused(
            f"the home {folder} cannot be written: {error.strerror}", "set WORKBENCH_HOME to a folder of yours"
        ) from None
    return folder


def layout(folder: Path) -> int | None:
    """The layout number of a home, None where there is none yet; refuses a number that this release does not know."""
    file = folder / "VERSION"
    if not file.exists():
        return None
    text = file.read_text(encoding="ascii", errors="replace").strip()
    if not text.isdigit():
        raise Refused(f"{file} says '{text[:40]}', which is no layout number", "restore the home from a backup")
    if int(text) > LAYOUT:
        raise Refused(
            f"{folder} was written by a newer release (layout {text}; this one reads up to {LAYOUT})",
            "install the newer release again, or restore a backup made before it",
        )
    return int(text)


def migrate(folder: Path | None = None) -> Kept:
    """Carry the home step by step to this release's layout; a home that is there already is left alone."""
    folder = folder or settings.home()
    start = layout(folder)
    with lock("home", folder):
        for version in range(LAYOUT if start is None else start, LAYOUT):
            STEPS[version](folder)
            (folder / "VERSION").write_text(f"{version + 1}\n", encoding="ascii")
    prepare(folder)
    return Kept(f"layout {LAYOUT} (was {start or 'empty'})", str(folder))


@contextmanager
def lock(kind: str, folder: Path | None = None, wait: float = 0.0) -> Iterator[None]:
    """Hold the home for one kind of job; raises Busy where another holder keeps it longer than `wait` seconds.

    The lock is the operating system's: it ends with the process, however that ends.
    """
    folder = (folder or settings.home()) / "lock"
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + wait
    with (folder / kind).open("a+", encoding="ascii") as file:
        while not taken(file):
            if time.monotonic() > until:
                file.seek(0)
                raise Busy(
                    f"process {file.read().strip() or 'unknown'} is busy with '{kind}' in {folder.parent}",
                    "wait until it is done and try again",
                )
            time.sleep(0.05)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def taken(file: IO[str]) -> bool:
    """Try to take an open lock file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def backup(file: Path, folder: Path | None = None) -> Kept:
    """Write the whole home into one .tar.gz, consistent even while the server runs.

    The SQLite files are copied by SQLite's own backup. Delta logs go in before the data files that they name, and
    both only ever grow, so that the copy is the store as it was when the backup began.
    """
    folder = folder or settings.home()
    if layout(folder) is None:
        raise InputError(f"{folder} is no home of a workbench: it has no VERSION", "set WORKBENCH_HOME")
    file = file.resolve()
    inside = [path for path in sorted(folder.rglob("*")) if path.is_file() and path != file and kept(path, folder)]
    inside.sort(key=lambda path: "_delta_log" not in path.parts)
    part = file.with_name(file.name + ".part")
    try:
        with tempfile.TemporaryDirectory() as scratch, tarfile.open(part, "w:gz", compresslevel=1) as tar:
            for name in DATABASES:
                if (folder / name).exists():
                    tar.add(copied(folder / name, Path(scratch)), arcname=name)
            count = sum(added(tar, path, str(path.relative_to(folder))) for path in inside)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"{file} cannot be written: {error.strerror}", "choose a folder with enough room") from None
    part.replace(file)
    return Kept("backed up", str(file), count + len(DATABASES), file.stat().st_size)


def kept(path: Path, folder: Path) -> bool:
    """Whether a file belongs into a backup: locks, the key of hashed columns and the live SQLite files do not."""
    top = path.relative_to(folder).parts[0]
    return top not in ("lock", keyed.FOLDER) and not top.startswith(DATABASES)


def copied(database: Path, scratch: Path) -> Path:
    """A consistent copy of a SQLite file that may be in use."""
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(scratch / database.name)) as target:
        source.backup(target)
    return scratch / database.name


def added(tar: tarfile.TarFile, path: Path, name: str) -> bool:
    """Put a file into the archive unless it has vanished meanwhile (a log rolled over, a vacuum)."""
    try:
        tar.add(path, arcname=name)
    except FileNotFoundError:
        return False
    return True


def restore(file: Path, force: bool = False, folder: Path | None = None) -> Kept:
    """Bring a home back from `backup`'s file. A home that is not empty is replaced only with `force`.

    Everything is unpacked and checked beside the home first, then moved into its place: a cut file changes nothing.
    """
    folder = folder or settings.home()
    if folder.exists() and any(folder.iterdir()) and not force:
        raise Refused(f"{folder} is not empty", "restore with --force to replace it, or set WORKBENCH_HOME elsewhere")
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with tarfile.open(file, "r:gz") as tar:
            tar.extractall(fresh, filter="data")
        if layout(fresh) is None:
            raise UnreadableFile(f"{file} is no backup of a workbench: it has no VERSION", "name another file")
        with lock("home", folder):
            pass
        old = folder.with_name(f".{folder.name}-old-{os.getpid()}")
        folder.rename(old)
        fresh.rename(folder)
        if (old / keyed.FOLDER).exists():
            shutil.copytree(old / keyed.FOLDER, folder / keyed.FOLDER)
        shutil.rmtree(old)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise UnreadableFile(
            f"{file} cannot be restored: {error}", "the home is as it was; try another backup"
        ) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    prepare(folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return Kept("restored", str(folder), len(files), sum(path.stat().st_size for path in files))


def doctor() -> list["Check"]:
    """Check this installation and its home; see `workbench.operate.doctor`."""
    from workbench.operate.doctor import checks

    return checks()


@dataclass(frozen=True)
class Check:
    """One finding of the doctor: what was looked at, whether it is in order, and what to do where it is not."""

    name: str
    ok: bool
    message: str
    hint: str = ""

    def sentence(self) -> str:
        return f"{'✓' if self.ok else '✗'} {self.name}: {self.message}" + (f"\n  → {self.hint}" if self.hint else "")

    def as_dict(self) -> dict[str, object]:
        return asdict(self)
