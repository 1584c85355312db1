"""The error tree is drawn truly, and messages say where, what and what now."""

import inspect
import re

import pytest

from workbench import errors
from workbench.errors import InputError, UnknownName, WorkbenchError


def test_the_drawn_tree_names_every_error() -> None:
    """The docstring of errors.py and the classes agree."""
    drawn = set(re.findall(r"^(?:│   )?(?:[├└]── )?([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE))
    classes = {
        name for name, item in vars(errors).items() if inspect.isclass(item) and issubclass(item, WorkbenchError)
    }
    assert classes == drawn & classes
    assert classes <= drawn


def test_bad_input_leaves_with_two_and_failure_with_one() -> None:
    """Exit codes: 2 for what the sender must mend, 1 for the rest."""
    assert (1, 2) == (WorkbenchError.exit_code, InputError.exit_code)


def test_an_unknown_name_names_the_nearest() -> None:
    """A slip of the pen is answered with the name that was meant."""
    with pytest.raises(UnknownName, match="did you mean 'air_daily'"):
        raise UnknownName("task", "air_dayly", ["air_hourly", "air_daily"])


def test_an_unknown_name_without_neighbours_lists_what_there_is() -> None:
    """No hint is better than a wild one."""
    assert "no task 'zzz'; there are: none yet" == str(UnknownName("task", "zzz", []))
