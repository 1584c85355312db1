"""Many: the global learners, set up by what a task is."""

from dataclasses import dataclass, replace

from workbench.forecast.algorithms.features import Spans
from workbench.forecast.algorithms.global_linear import GlobalLinear
from workbench.forecast.algorithms.global_trees import GlobalTrees
from workbench.forecast.algorithms.relative import View
from workbench.forecast.blended import Blended
from workbench.forecast.clock import Clock
from workbench.forecast.model import Fitted
from workbench.forecast.task import Split, Task


@dataclass(frozen=True)
class Many:
    """Trees for the absolute and for the squared error and a ridge over all series, blended.

    How far they look back follows from the task's seasons and the length of its history; the first trees look near,
    the others far, so that they err differently.
    """

    rounds: int = 250
    rows: int = 200_000

    def fit(self, task: Task, split: Split) -> Fitted:
        """All learners on everything."""
        near, far = look(task), look(task, length(task, split))
        dense, thin = (1, 6) if len(task.seasons) > 1 else (3, 3)
        if task.known_ahead and not task.daily:
            dense = thin = 0  # what is known ahead reaches only as far as from an hour of issue
        trees = GlobalTrees(
            near, "l1", self.rounds, leaves=63, rate=0.06, smallest=50, rows=self.rows, leads=6, stride=dense
        )
        squared = replace(trees, view=replace(far, unit=False), objective="l2")
        ridge = GlobalLinear(far, ridge=0.01, local=0.1, stride=thin)
        return Blended((trees, squared, ridge)).fit(task, split)


def length(task: Task, split: Split) -> int:
    """Steps from the first row of history to the cutoff."""
    first, last = Clock(task.every).numbers(split.past.get_column("ds").min(), split.cutoff)
    return last - first + 1


def look(task: Task, steps: int = 0) -> View:
    """Single steps of the shortest season, levels from an eighth of it to the longest, each season's last echoes.

    With a history of `steps` the longest look is four times as far, within a sixth of it.

    >>> look(Task("t", "", "", "", "data", "t", "1h", 48, (24, 168))).spans.levels
    (3, 6, 12, 24, 72, 168)
    """
    short, long = (task.seasons[0], task.seasons[-1]) if task.seasons else (7, 7)
    longest = max(long, 7 * short)
    far = max(longest, min(4 * longest, steps // 6))
    levels = tuple(sorted({max(2, short // 8), max(2, short // 4), max(2, short // 2), short, 3 * short, longest, far}))
    spans = Spans(
        swings=tuple(sorted({short, long})),
        levels=levels,
        beside=(max(2, short // 8), short, 3 * short, longest),
        stale=2 * short,
        lags=tuple(range(min(short, 24))),
        each=True,
        near=1,
        groups=(long, far) if far > longest else (),
    )
    return View(window=far, spans=spans)
