"""The write lock: one at a time, a clear word when it takes too long, and the dead hold nothing."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from workbench.errors import Busy
from workbench.lake.lock import locked


def test_who_waits_too_long_is_told_which_table_is_held(tmp_path: Path) -> None:
    with locked(tmp_path / "air_hourly.lock"), pytest.raises(Busy, match=r"air_hourly has been held .* for 0.05 s"):  # noqa: SIM117
        with locked(tmp_path / "air_hourly.lock", patience=0.05):
            pass


def test_threads_go_one_after_the_other(tmp_path: Path) -> None:
    inside, most = [0], [0]

    def work() -> None:
        with locked(tmp_path / "t.lock"):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.02)
            inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [1] == most


def test_a_killed_process_leaves_no_lock_behind(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from workbench.lake.lock import locked\n"
        "with locked(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    file = tmp_path / "t.lock"
    with subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "held" == process.stdout.readline().strip()
        with pytest.raises(Busy):  # noqa: SIM117
            with locked(file, patience=0.05):
                pass
        process.kill()
        process.wait()
        with locked(file, patience=1):
            pass
