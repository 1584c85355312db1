"""What was issued, for ever: forecasts, references, paths, products, scores — appended, never overwritten.

An issue is keyed by (task, cutoff, data digest, version): issuing it again writes nothing. Its rows start as `machine`;
a forecaster's consultation adds `revised` rows, a signature adds `signed` ones, each with who, when and why, and the
machine's own values stay. Every row says whether it came from sample data.

```
<home>/archive/forecast/<task>  reference/<task>  paths/<task>  product/<name>  score/<task>
               explanation/<task>  similar/<task>
```
"""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from workbench import domain, settings
from workbench.errors import InputError, MissingData, Refused, UnknownName
from workbench.forecast import frames
from workbench.forecast.hierarchy import ALL, Hierarchy
from workbench.forecast.paths import Bounds
from workbench.forecast.reconcile import settled
from workbench.operate.shelf import Shelf

STATUSES = ("machine", "revised", "signed")
STAMPS = ("digest", "sample", "reason", "who", "note", "written_at")
"""What the archive adds to a frame: `reason` says why a row is degraded, `note` why it was revised or signed."""

KEYS = ("unique_id", "station", "place", "date", "ds")
"""Columns by which the rows of an issue are told apart."""
ISSUE = ("issued_at", "cutoff", "digest", "status", "written_at", "who", "note", "sample")
PATHS_KEPT = timedelta(days=60)
"""Paths and explanations are large, and can be made again from what is archived and the version."""
LARGE = ("paths", "explanation", "similar")


class Archive:
    """The archive of one home. Cheap to make; answers are cached until the next write."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or settings.home() / "archive"

    def names(self, kind: str = "forecast") -> list[str]:
        """What there is of a kind: `forecast`, `reference`, `explanation`, `similar`, `paths`, `product` or `score`."""
        folder = self.root / kind
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def shelf(self, kind: str, name: str) -> Shelf:
        """The table of a kind and name."""
        return Shelf(self.root / kind / name)

    def write(self, frame: pl.DataFrame, digest: str, sample: bool, kind: str = "forecast") -> bool:
        """Archive one task's FORECAST; `reason` may be a column of it. False where this issue stands already."""
        task, cutoff = frame["task"][0], frame["cutoff"][0]
        versions = "+".join(sorted(frame["version"].unique()))
        return self.shelf(kind, task).append(stamped(frame, digest, sample), f"{task}|{cutoff}|{digest}|{versions}")

    def write_product(self, name: str, frame: pl.DataFrame, key: str, sample: bool, kind: str = "product") -> bool:
        """Archive what was made from one or more issues; the frame carries `issued_at`, the key names the issues."""
        known = {"cutoff": pl.lit(None, frames.UTC), "version": pl.lit(key), "status": pl.lit("machine")}
        missing = {column: value for column, value in known.items() if column not in frame.columns}
        return self.shelf(kind, name).append(stamped(frame.with_columns(**missing), key, sample), f"{name}|{key}")

    def write_paths(self, frame: pl.DataFrame, key: str, sample: bool) -> bool:
        """Archive the joint sample PATHS of one issue."""
        slim = frame.with_columns(pl.col("y").cast(pl.Float32), pl.col("path").cast(pl.Int32), sample=pl.lit(sample))
        return self.shelf("paths", frame["task"][0]).append(slim, key)

    def read(self, task: str, since: datetime | None = None, kind: str = "forecast") -> pl.DataFrame:
        """Every archived row of a task issued at or after `since`, of every status."""
        shelf = self.shelf(kind, task)
        if not shelf.exists():
            return pl.DataFrame()
        rows = shelf.scan()
        return (rows if since is None else rows.filter(pl.col("issued_at") >= since)).collect()

    def issues(self, name: str, kind: str = "forecast") -> pl.DataFrame:
        """One row an issue and status, oldest first: issued_at, cutoff, model, version, level, status, who, note …"""
        shelf = self.shelf(kind, name)
        if not shelf.exists():
            return pl.DataFrame()
        return shelf.cached(("issues",), lambda: _issues(shelf))

    def latest(self, name: str, kind: str = "forecast", at: datetime | None = None) -> pl.DataFrame:
        """The newest issue in its highest status; raises MissingData where nothing was issued.

        With `at`, what stood then: issues of that time or before, without what people changed or signed afterwards. A
        replay (written later, issued as of then) counts as issued then.
        """
        every = self.issues(name, kind)
        if at is not None and not every.is_empty():
            by_then = (pl.col("status") == "machine") | (pl.col("written_at") <= at)
            every = every.filter((pl.col("issued_at") <= at) & by_then)
        if every.is_empty():
            raise MissingData(f"no {kind} of '{name}' was issued yet", "run `workbench forecast`")
        newest = every.row(-1, named=True)
        shelf = self.shelf(kind, name)
        return shelf.cached(("latest", *newest.values()), lambda: _rows(shelf, newest))

    def product(self, name: str, at: datetime | None = None) -> pl.DataFrame:
        """The newest issue of a product in its highest status; with `at`, what stood then."""
        return self.latest(name, "product", at)

    def paths(self, task: str, issued_at: datetime | None = None) -> pl.DataFrame:
        """The PATHS of an issue, default the newest that has any."""
        shelf = self.shelf("paths", task)
        if not shelf.exists():
            raise MissingData(f"no paths of '{task}' were issued yet", "run `workbench forecast`")
        newest = shelf.cached(("newest",), lambda: shelf.scan().select(pl.col("issued_at").max()).collect()).item()
        moment = issued_at or newest
        return shelf.cached(("paths", moment), lambda: shelf.scan().filter(pl.col("issued_at") == moment).collect())

    def has(self, kind: str, name: str, issued_at: datetime) -> bool:
        """Whether something of a kind was archived for that instant of issue."""
        shelf = self.shelf(kind, name)
        if not shelf.exists():
            return False
        moments = shelf.cached(("moments",), lambda: shelf.scan().select("issued_at").unique().collect())
        return issued_at in moments["issued_at"]

    def beside(self, kind: str, name: str, issued_at: datetime) -> pl.DataFrame:
        """What stands of a kind for an instant of issue, such as its `explanation`; empty where nothing does."""
        if not self.has(kind, name, issued_at):
            return pl.DataFrame()
        return (
            self.shelf(kind, name)
            .cached(("beside", issued_at), lambda: self.read(name, issued_at, kind))
            .filter(pl.col("issued_at") == issued_at)
        )

    def scores(self, task: str, since: datetime | None = None) -> pl.DataFrame:
        """SCORE rows of a task for targets issued at or after `since`."""
        shelf = self.shelf("score", task)
        if not shelf.exists():
            return pl.DataFrame()
        everything = shelf.cached(("scores",), lambda: shelf.scan().collect())
        return everything if since is None else everything.filter(pl.col("issued_at") >= since)

    def revise(self, name: str, edits: pl.DataFrame, who: str, reason: str, kind: str = "forecast") -> pl.DataFrame:
        """Change values of the newest issue after consultation. `edits` holds key columns and the changed columns.

        Key columns are those of `KEYS` that it has. Returns the revised rows. Refused once the issue is signed.
        """
        present = self.latest(name, kind)
        if present["status"][0] == "signed":
            raise Refused(f"the newest issue of '{name}' is signed by {present['who'][0]}", "issue a new forecast")
        keys = [column for column in KEYS if column in edits.columns]
        for column in edits.columns:
            if column not in present.columns:
                raise UnknownName("column", column, present.columns)
            if column in (*STAMPS, *frames.STAMPS, "task", "issued_at", "cutoff"):
                raise InputError(f"'{column}' is not a forecast value", "a revision changes values only")
        if not keys or not reason.strip():
            raise InputError("a revision needs key columns and a reason", "say which rows change, and why")
        hierarchy, bounds = structure(name) if kind == "forecast" else (None, (None, None))
        if hierarchy is not None and edits["unique_id"].str.contains(ALL, literal=True).any():
            raise InputError("a sum cannot be revised by itself", "revise its parts: the sum follows")
        edits = edits.cast({column: present.schema[column] for column in edits.columns})
        lost = edits.join(present, on=keys, how="anti")
        if lost.height:
            raise InputError(f"{lost.height} of {edits.height} edits match no row of '{name}'; first {lost.row(0)}")
        revised = present.update(edits, on=keys, how="left")
        crossed = revised.filter(_crossing()).height if set(frames.QUANTILES) <= set(revised.columns) else 0
        if crossed:
            raise InputError(f"the quantiles of {crossed} row would cross", "change all quantiles of a row together")
        if hierarchy is not None:
            revised = settled(revised, hierarchy, bounds)
        return self._restate(revised, name, kind, ("revised", who, reason))

    def sign(self, name: str, who: str, reason: str = "", kind: str = "forecast") -> pl.DataFrame:
        """Sign the newest issue as it stands (revised or not); signing twice is once."""
        present = self.latest(name, kind)
        if present["status"][0] == "signed":
            return present
        return self._restate(present, name, kind, ("signed", who, reason))

    def tidy(self) -> None:
        """Gather small files; drop what is `LARGE` and older than `PATHS_KEPT`."""
        limit = settings.now() - PATHS_KEPT
        for kind in ("forecast", "reference", "product", "score", *LARGE):
            for name in self.names(kind):
                self.shelf(kind, name).tidy(pl.col("issued_at") < limit if kind in LARGE else None)

    def _restate(self, rows: pl.DataFrame, name: str, kind: str, act: tuple[str, str, str]) -> pl.DataFrame:
        status, who, reason = act
        moment = max(settings.now(), rows["written_at"].max() + timedelta(microseconds=1))  # type: ignore[operator]
        rows = rows.with_columns(
            status=pl.lit(status), who=pl.lit(who), note=pl.lit(reason), written_at=pl.lit(moment, frames.UTC)
        )
        first = rows.row(0, named=True)
        self.shelf(kind, name).append(rows, f"{name}|{first['issued_at']}|{first['digest']}|{status}|{moment}")
        return rows


def structure(task: str) -> tuple[Hierarchy | None, Bounds]:
    """Hierarchy and bounds of a task; none where no such task is declared any more."""
    entry = domain.tasks().get(task)
    return (None, (None, None)) if entry is None else (entry.task.hierarchy, entry.task.bounds)


def stamped(frame: pl.DataFrame, digest: str, sample: bool) -> pl.DataFrame:
    """Add the archive's columns to freshly made rows."""
    reason = pl.col("reason") if "reason" in frame.columns else pl.lit("")
    return frame.with_columns(
        digest=pl.lit(digest),
        sample=pl.lit(sample),
        reason=reason,
        who=pl.lit("machine"),
        note=pl.lit(""),
        written_at=pl.lit(settings.now(), frames.UTC),
    )


def _issues(shelf: Shelf) -> pl.DataFrame:
    rows = shelf.scan()
    there = rows.collect_schema().names()
    keys = [column for column in ISSUE if column in there]
    most = [
        pl.col(column).mode().sort().first() for column in ("model", "version", "level", "reason") if column in there
    ]
    rank = pl.col("status").replace_strict(STATUSES, range(len(STATUSES)), return_dtype=pl.Int8)
    grouped = rows.group_by(keys).agg(*most, rows=pl.len()).collect()
    return grouped.sort("issued_at", rank, "written_at")


def _rows(shelf: Shelf, issue: dict[str, object]) -> pl.DataFrame:
    same = (pl.col(key) == pl.lit(issue[key]) for key in ("issued_at", "written_at", "status", "digest"))
    return shelf.scan().filter(pl.all_horizontal(*same)).collect()


def _crossing() -> pl.Expr:
    pairs = zip(frames.QUANTILES, frames.QUANTILES[1:], strict=False)
    return pl.any_horizontal(pl.col(low) > pl.col(high) for low, high in pairs)
