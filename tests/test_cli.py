"""Commands answer fast, speak JSON when asked, and never show a traceback."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from workbench.cli import main; main()"]


def call(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"WORKBENCH_HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1", "NO_COLOR": "1"}
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, env=env, timeout=120, check=False)


def fastest(*words: str) -> float:
    """The shortest of three runs: what the command needs when the machine is not busy with others."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return min(times)


def test_the_package_imports_in_a_blink() -> None:
    """`import workbench` stays under 0.3 s more than an empty interpreter."""
    assert fastest("-c", "import workbench") - fastest("-c", "pass") < 0.3


def test_help_answers_within_a_second() -> None:
    """No verb's machinery is loaded to print the help."""
    assert (
        fastest(
            "-c",
            "import sys; sys.argv=['workbench','--help']; from workbench.cli import app; app(standalone_mode=False)",
        )
        < 1.0
    )


def test_an_unknown_table_is_bad_input(tmp_path: Path) -> None:
    """The nearest name is offered, the exit code is 2, and there is no traceback."""
    file = tmp_path / "a.csv"
    file.write_text("station,time,PM2.5\n1001A,2026-01-01 01:00,35\n", encoding="utf-8")
    answer = call(tmp_path / "home", "ingest", "air_hourli", str(file))
    assert 2 == answer.returncode
    assert "did you mean 'air_hourly'?" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_missing_file_is_bad_input_in_json_too(tmp_path: Path) -> None:
    """With --json the refusal is one document on stdout."""
    answer = call(tmp_path / "home", "ingest", "air_hourly", "nothing.csv", "--json")
    assert 2 == answer.returncode
    assert 2 == json.loads(answer.stdout)["error"]["exit_code"]


def test_a_wrong_instant_says_how_to_write_one(tmp_path: Path) -> None:
    """An instant that cannot be read is answered with an example."""
    answer = call(tmp_path / "home", "forecast", "--as-of", "yesterday")
    assert 2 == answer.returncode
    assert "2026-11-23T18:00+08:00" in answer.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("forecast", "--as-of", "9999-12-31T23:59"), "has not come yet"),
        (("forecast", "--as-of", "0001-01-01"), "lies before 1900"),
        (("ingest", "air_hourly", "."), "1 of 1 are folders: ."),
    ],
)
def test_what_makes_no_sense_is_bad_input(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """A day that has not come, a time before all measurement, a folder for a file: each is told as what it is."""
    answer = call(tmp_path / "home", *words)
    assert 2 == answer.returncode
    assert said in answer.stderr


@pytest.mark.parametrize("word", ["verify", "forecast"])
def test_verbs_on_an_empty_home_say_what_is_missing(tmp_path: Path, word: str) -> None:
    """An empty home is a state, not a fault."""
    answer = call(tmp_path / "home", word)
    assert answer.returncode in (0, 1)
    assert "Traceback" not in answer.stderr
    assert "unforeseen" not in answer.stderr


def test_tidy_rows_come_in_through_the_command(tmp_path: Path) -> None:
    """A small station file is accepted, and a second time changes nothing."""
    file = tmp_path / "一站.csv"
    rows = "\n".join(f"奉节,2026-10-01 {hour:02d}:00,{30 + hour}" for hour in range(1, 24))
    file.write_text(f"站点,时间,PM2.5(μg/m³)\n{rows}\n", encoding="utf-8")
    first = json.loads(call(tmp_path / "home", "ingest", "air_hourly", str(file), "--json").stdout)
    again = json.loads(call(tmp_path / "home", "ingest", "air_hourly", str(file), "--json").stdout)
    assert 23 == first[0]["accepted"]
    assert 0 == again[0]["accepted"]
    assert again[0]["repeated"] is True
