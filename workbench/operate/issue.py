"""Issuing: the champions' forecasts, their joint paths and the domains' products, into the archive.

A forecast always goes out, as good as the inputs allow (`ladder`). Beside it the references — the baseline and
climatology — are issued, so that skill is later measured on what was really known.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import cache

import polars as pl

from workbench import domain, settings
from workbench.errors import MissingData, WorkbenchError
from workbench.forecast import keep, reconcile
from workbench.forecast.frames import FORECAST
from workbench.forecast.hierarchy import Hierarchy
from workbench.forecast.model import Fitted
from workbench.forecast.online import caught_up
from workbench.lake.store import Lake
from workbench.operate import explaining, ladder, log, tracking
from workbench.operate.archive import Archive
from workbench.operate.issued import Issued, failed
from workbench.operate.known import Inputs, Known, known, quiet, standing
from workbench.operate.ladder import UNTRAINED, Cast, Player
from workbench.operate.terminal import Progress
from workbench.operate.tracking import Version

PATHS = 200
FEW_PATHS = 50
"""Joint paths drawn; fewer when the deadline is near."""
HURRY = timedelta(minutes=15)


def issue(
    tasks: list[str] | None = None,
    as_of: datetime | None = None,
    progress: Progress = quiet,
    narrow: bool = False,
) -> list[Issued]:
    """Issue tasks (default all) as of an instant (default now), then the products.

    One task that fails does not stop the others; its `Issued` says why. Raises when all that was asked for fails. Near
    the deadline fewer paths are drawn. `narrow`: only tasks that have data, and only the products that are `of` them.
    """
    count = FEW_PATHS if as_of is None and pressed(settings.now()) else PATHS
    names, as_of = list(domain.tasks()) if tasks is None else tasks, as_of or settings.now()
    lake, archive = Lake(), Archive()
    for name in names:
        domain.entry(name)
    if narrow:
        names = [name for name in names if not domain.panel(domain.entry(name).task.panel, lake, as_of).is_empty()]
    done: list[Issued] = []
    inputs = Inputs({}, {}, {}, lake, as_of)
    keys = []
    for i, name in enumerate(names):
        progress(i, len(names) + 1, name)
        try:
            data = known(name, lake, as_of)
            made = one(data, archive, inputs, count)
        except WorkbenchError as error:
            done.append(failed(name, as_of, str(error)))
            continue
        keys.append(f"{name}|{data.digest}|{made.version}|{made.issued_at.isoformat()}")
        done.append(made)
    progress(len(names), len(names) + 1, "products")
    done += products(archive, inputs, "+".join(keys), any(made.sample for made in done), narrow)
    progress(len(names) + 1, len(names) + 1, "")
    asked = done[: len(names)] if tasks else done
    if asked and all(made.error for made in asked):
        raise WorkbenchError("\n".join(f"{made.name}: {made.error}" for made in done), "`workbench doctor` says more")
    return done


def pressed(moment: datetime) -> bool:
    """Whether the deadline of the day is less than `HURRY` away, or was missed by less than that."""
    local = moment.astimezone(settings.county_zone())
    deadline = datetime.combine(local.date(), time.fromisoformat(settings.settings().issue_by), local.tzinfo)
    return abs(deadline - local) < HURRY


def one(data: Known, archive: Archive, inputs: Inputs, paths: int) -> Issued:
    """Issue one task into the archive and put its frames into `inputs`; what an interrupted issue left out is added."""
    champion, cast = players(data)
    name, rows = data.task.name, stamped(data, ladder.climb(data, cast))
    new = archive.write(rows, data.digest, data.sample)
    if not new:
        same = (pl.col("cutoff") == rows["cutoff"][0]) & (pl.col("digest") == data.digest)
        same &= pl.col("version").is_in(rows["version"].unique().to_list())
        rows = archive.latest(name, at=archive.issues(name).filter(same)["issued_at"][-1])
    issued_at = rows["issued_at"][0]
    if not archive.has("reference", name, issued_at):
        beside = references(data, cast, rows["unique_id"].unique()).with_columns(issued_at=pl.lit(issued_at))
        archive.write(beside, data.digest, data.sample, "reference")
    if champion is not None and not archive.has("paths", name, issued_at):
        joint(rows.select(FORECAST), champion, archive, (paths, data.sample), data.task.hierarchy)
    if not archive.has("explanation", name, issued_at):
        explaining.keep(archive, data, cast, rows)
    gather(inputs, archive, data, archive.latest(name, at=max(issued_at, data.as_of)))
    most = rows.group_by("model", "version", "level", "reason").len().sort("len").row(-1, named=True)
    stamps = (most["model"], most["version"], most["level"], most["reason"])
    return Issued(name, issued_at, *stamps, rows.height, new, data.sample)


def gather(inputs: Inputs, archive: Archive, data: Known, forecast: pl.DataFrame) -> None:
    """Put what the archive holds of a task's issue into the inputs of the products."""
    name = data.task.name
    inputs.forecasts[name], inputs.panels[name] = forecast.select(FORECAST), data.panel
    inputs.reasons[name] = archive.beside("explanation", name, forecast["issued_at"][0])
    with suppress(MissingData):
        inputs.paths[name] = archive.paths(name, forecast["issued_at"][0])


def players(data: Known) -> tuple[Version | None, Cast]:
    """Who may issue: kept versions, or the simple models fitted on the spot where nothing was trained yet.

    A champion that learnt from sample data never issues on real data, nor the other way about. Nor does any version
    issue as of a time before it was fitted: it knows what came after.
    """
    task, models = data.task.name, data.entry.models
    own = [one for one in tracking.versions(task) if one.tags["sample"] == str(data.sample)]
    kept = {one.model: one for one in reversed(own) if fitted_at(one) <= data.as_of}
    champion, vacant = tracking.champion(task), UNTRAINED
    if champion is not None and champion.tags["sample"] != str(data.sample):
        champion = None
    if champion is not None and fitted_at(champion) > data.as_of:
        vacant = (
            f"the champion (version {champion.version}) was fitted later, at {fitted_at(champion):%Y-%m-%d %H:%M} UTC"
        )
        champion = None

    def player(model: str) -> Player:
        if model in kept:
            return ready(kept[model])
        return Player(model, "unregistered", cache(lambda: models[model].fit(data.task, data.split)))

    simple = player(next(iter(models)))
    climate = player("climatology") if "climatology" in models else simple
    return champion, Cast(learnt_on(champion, data) if champion else None, simple, climate, vacant)


def fitted_at(version: Version) -> datetime:
    """The instant up to which a version has seen."""
    return datetime.fromisoformat(version.tags["as_of"])


def ready(version: Version) -> Player:
    """A kept version that loads when it is needed."""

    @cache
    def load() -> Fitted:
        return keep.load(version.folder / "fitted")

    return Player(version.model, version.version, load, version.tags.get("ahead") == "True")


def learnt_on(version: Version, data: Known) -> Player:
    """A kept version, moved on with the truth of what it has issued since it was fitted, as backtests do."""
    kept = ready(version)

    def load() -> Fitted:
        issued = Archive().read(data.task.name, since=fitted_at(version))
        if issued.is_empty():
            return kept.fitted()
        own = (pl.col("version") == version.version) & (pl.col("status") == "machine")
        own &= pl.col("issued_at") < data.as_of
        return caught_up(kept.fitted(), issued.filter(own).select(FORECAST), data.split.past)

    return replace(kept, fitted=load)


def references(data: Known, cast: Cast, series: pl.Series) -> pl.DataFrame:
    """The baseline's and climatology's forecasts of the series issued, for skill."""
    split = replace(data.split, future=data.split.future.filter(pl.col("unique_id").is_in(series.to_list())))
    rows = [
        ladder.first_able(data.task, split, [(player, 0, "")])
        for player in {who.model: who for who in (cast.simple, cast.climatology)}.values()
    ]
    return pl.concat(stamped(data, own) for own in rows)


def stamped(data: Known, rows: pl.DataFrame) -> pl.DataFrame:
    """Make the rows of the ladder a FORECAST with `reason`; those of a hierarchy add up, whoever they come from."""
    split_cutoff, hierarchy = data.task.cutoff(data.as_of), data.task.hierarchy
    if hierarchy is not None:
        rows = reconcile.settled(rows, hierarchy, data.task.bounds)
    return rows.with_columns(
        task=pl.lit(data.task.name),
        issued_at=pl.lit(data.as_of, dtype=pl.Datetime("us", "UTC")),
        cutoff=pl.lit(split_cutoff, dtype=rows.schema["ds"]),
        status=pl.lit("machine"),
    ).select(*FORECAST, "reason")


def joint(
    forecast: pl.DataFrame,
    champion: Version,
    archive: Archive,
    how: tuple[int, bool],
    hierarchy: Hierarchy | None = None,
) -> None:
    """Draw the joint sample paths of an issue by the champion's dependence and archive them; `how` = number, sample.

    Of a hierarchy the bottom is drawn, and each path of a sum is the sum of its paths.
    """
    from workbench.forecast import paths

    (count, sample), task, issued_at = how, forecast["task"][0], forecast["issued_at"][0]
    dependence = paths.Dependence.load(champion.folder / "dependence")
    seed = settings.settings().seed
    if hierarchy is None:
        drawn = paths.sample(forecast, dependence, count, seed)
    else:
        drawn = reconcile.summed(forecast, dependence, hierarchy, count, seed)
    archive.write_paths(drawn, f"{task}|{issued_at.isoformat()}|{champion.version}", sample)


def products(archive: Archive, inputs: Inputs, key: str, sample: bool, narrow: bool = False) -> list[Issued]:
    """Make and archive every product that a domain declares; one that fails is said and passed over.

    Those made from tasks need one that was issued; those of tables of their own need rows in these. `narrow`: only
    those that are `of` the tasks just issued.
    """
    made = []
    for name in [] if narrow else sorted(set(domain.tasks()) - set(inputs.forecasts)):
        with suppress(MissingData):
            data, forecast = known(name, inputs.lake, inputs.as_of), archive.latest(name, at=inputs.as_of)
            if fits(data, forecast, sample):
                gather(inputs, archive, data, forecast)
    stamp = {"issued_at": pl.lit(inputs.as_of, dtype=pl.Datetime("us", "UTC"))}
    for name, product in domain.products().items():
        if narrow and not set(product.of) & set(inputs.forecasts):
            continue
        stands = (
            standing(product, inputs.lake, inputs.as_of) if product.own else (key, sample) if inputs.forecasts else None
        )
        if stands is None:
            continue
        try:
            made.append(one_product(name, archive, inputs, stands, stamp))
        except WorkbenchError as error:
            made.append(failed(name, inputs.as_of, str(error)))
        except Exception as error:  # a domain's own code may fail in any way; the forecasts stand all the same
            made.append(failed(name, inputs.as_of, f"something unforeseen, number {log.fault(error)}"))
    return made


def one_product(
    name: str, archive: Archive, inputs: Inputs, stands: tuple[str, bool], stamp: dict[str, pl.Expr]
) -> Issued:
    """Make and archive one product under the key and origin that it stands on; one of its own tables only once."""
    (key, sample), product = stands, domain.products()[name]
    if product.own:
        past = archive.issues(name, "product")
        same = past.filter(pl.col("digest") == key) if past.height else past
        if same.height:
            first = same.row(0, named=True)
            return Issued(name, first["issued_at"], "product", "", 0, "", first["rows"], False, sample)
    rows = product.make(inputs).with_columns(**stamp)
    new = archive.write_product(name, rows, key, sample)
    if new and product.references is not None:
        with suppress(WorkbenchError):  # too little history for a reference: skill waits, the product stands
            beside = product.references(inputs).with_columns(**stamp)
            archive.write_product(name, beside, key, sample, "reference")
    return Issued(name, inputs.as_of, "product", "", 0, "", rows.height, new, sample)


def fits(data: Known, forecast: pl.DataFrame, sample: bool) -> bool:
    """Whether an issue that stands may be combined with today's: of the same local day, sample with sample only."""
    zone = settings.county_zone()
    issued = forecast["issued_at"][0].astimezone(zone).date()
    today: bool = issued == data.as_of.astimezone(zone).date()
    return today and sample == data.sample == forecast["sample"][0]
