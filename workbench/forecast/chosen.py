"""Chosen: one recipe out of two, by what a task is."""

from dataclasses import dataclass

from workbench.errors import MissingData
from workbench.forecast.model import Fitted, Model
from workbench.forecast.task import Split, Task, require_ahead


@dataclass(frozen=True)
class Chosen:
    """`shared` learns from all series together, `local` runs models of each series alone.

    A task whose series have more than one season, or covariates known ahead, is answered by `shared`: there is more in
    them than a model of one season can hold. Where history is too short to learn from, and everywhere else, by `local`.
    A gap in what is known ahead is refused by name (MissingData), never passed over.
    """

    local: Model
    shared: Model

    def fit(self, task: Task, split: Split) -> Fitted:
        """Fit the one that suits; what is returned is its Fitted."""
        require_ahead(task, split.future)
        if len(task.seasons) > 1 or task.known_ahead:
            try:
                return self.shared.fit(task, split)
            except MissingData:
                return self.local.fit(task, split)
        return self.local.fit(task, split)
