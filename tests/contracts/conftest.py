"""The sample county's lake, loaded once for all contracts."""

from pathlib import Path

import pytest

from workbench.lake.store import Lake

NOW = "2026-11-23T18:00:00+08:00"


@pytest.fixture(scope="package")
def sample_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake folder of a home that holds the sample county and nothing else."""
    from workbench.operate import intake
    from workbench.operate.home import prepare
    from workbench.operate.known import quiet

    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("contracts") / "home"
        patch.setenv("WORKBENCH_HOME", str(home))
        patch.setenv("WORKBENCH_NOW", NOW)
        prepare()
        intake.load_sample(Lake(), quiet)
    return home / "lake"
