"""Stripping a file of a personal table at its sender: what ingest would keep, as a file that ingests the same.

Keyed columns leave as plain digests, since the sender has no key; the lake keys them when the file comes in, so that
the stripped file and the original are the same rows. Nothing but the stripped file is written.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from workbench import domain
from workbench.errors import InputError, UnreadableFile
from workbench.lake import catalogue
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.reading import Parsed, nearest, parse
from workbench.operate.terminal import Progress


@dataclass(frozen=True)
class Stripped:
    """One file: where the stripped one lies, how many lines it has, and what the reader says."""

    file: str
    out: str
    lines: int
    notes: tuple[str, ...] = ()

    def sentence(self) -> str:
        return "\n  ".join([f"{self.file} → {self.out}: {self.lines:,} lines", *self.notes])

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def strip(files: list[Path], out: Path | None, progress: Progress) -> list[Stripped]:
    """Strip files one after the other; UnreadableFile where a file is none of a personal table."""
    done = []
    for i, file in enumerate(files):
        progress(i, len(files), file.name)
        if not file.is_file():
            raise InputError(f"{file} is no file", "name the export itself")
        source = SourceFile.open(file)
        table, parsed = recognised(source)
        target = (out or file.parent) / f"{file.name.removesuffix('.gz').rsplit('.', 1)[0]}.stripped.csv"
        whole = parsed.frame.drop_nulls(list(table.key)).drop("_row", strict=False)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            whole.write_csv(target, include_bom=True, datetime_format="%Y-%m-%dT%H:%M:%S")
        except OSError as error:
            raise InputError(f"{target} cannot be written: {error.strerror}", "name another folder: --out") from None
        done.append(Stripped(file.name, str(target), whole.height, parsed.notes))
    progress(len(files), len(files), "")
    return done


def recognised(source: SourceFile) -> tuple[Table, Parsed]:
    """The personal table that the file belongs to, and the file as its reader reads it."""
    readers = [one for one in domain.readers().values() if getattr(one, "STRIPS", False)]
    for name in catalogue.names():
        table = catalogue.load(name)
        if table.personal and any(reader.matches(source, table) for reader in readers):
            return table, parse(source, table, readers)
    personal = [table for name in catalogue.names() if (table := catalogue.load(name)).personal]
    near = next((told for table in personal if (told := nearest(source, table, readers))), "")
    raise UnreadableFile(
        f"{source.name}: no known order export{near and f': {near}'}",
        f"known formats: {'; '.join(one.TITLE_EN for one in readers)}",
    )
