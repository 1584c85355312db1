"""Many: the global learners, set up by what a task is."""

from dataclasses import dataclass

from workbench.forecast.algorithms.features import Spans
from workbench.forecast.algorithms.global_linear import GlobalLinear
from workbench.forecast.algorithms.global_trees import GlobalTrees
from workbench.forecast.algorithms.relative import View
from workbench.forecast.averaged import Averaged
from workbench.forecast.model import Fitted
from workbench.forecast.task import Split, Task


@dataclass(frozen=True)
class Many:
    """Trees and a ridge over all series, averaged; how far they look back follows from the task's seasons."""

    rounds: int = 250
    rows: int = 400_000

    def fit(self, task: Task, split: Split) -> Fitted:
        """Both learners on everything."""
        view, dense, thin = look(task), 1 if len(task.seasons) > 1 else 3, 6 if len(task.seasons) > 1 else 3
        if task.known_ahead and not task.daily:
            dense = thin = 0  # what is known ahead reaches only as far as from an hour of issue
        trees = GlobalTrees(
            view, "l1", self.rounds, leaves=63, rate=0.06, smallest=50, rows=self.rows, leads=6, stride=dense
        )
        ridge = GlobalLinear(view, ridge=0.01, local=0.1, stride=thin)
        return Averaged((trees, ridge)).fit(task, split)


def look(task: Task) -> View:
    """Single steps of the shortest season, levels from an eighth of it to the longest, each season's last echoes.

    >>> look(Task("t", "", "", "", "data", "t", "1h", 48, (24, 168))).spans.levels
    (3, 6, 12, 24, 72, 168)
    """
    short, long = (task.seasons[0], task.seasons[-1]) if task.seasons else (7, 7)
    longest = max(long, 7 * short)
    levels = tuple(sorted({max(2, short // 8), max(2, short // 4), max(2, short // 2), short, 3 * short, longest}))
    spans = Spans(
        swings=tuple(sorted({short, long})),
        levels=levels,
        beside=(max(2, short // 8), short, 3 * short, longest),
        stale=2 * short,
        lags=tuple(range(min(short, 24))),
        each=True,
        near=1,
    )
    return View(window=longest, spans=spans)
