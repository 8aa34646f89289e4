"""`dayfly lifetimes` as people and programs use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fleet.lifetimes import logs

from dayfly.cli.main import run


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "events.json"
    path.write_bytes(logs.filtered())
    return path


def test_a_person_is_told_how_long_they_live(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lifetimes", str(log), "--function", "checkout"]) == 0
    text = capsys.readouterr().out
    assert "checkout" in text
    assert "50 min" in text  # the longest: 3000 seconds
    assert "1 environments started before the log" in text


def test_a_program_gets_figures(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lifetimes", str(log), "--json", "--ago", "10m", "--idle", "5m"]) == 0
    document = json.loads(capsys.readouterr().out)
    [function] = document["functions"]
    assert function["environments"] == 2
    assert function["environments_alive"] == 1
    assert function["invocations"] == 5
    assert function["exposure"] == {
        "infected_ago_s": 600.0,
        "environments_then": 1,
        "environments_still_alive": 1,
        "requests_served_since": {"count": 1, "p50": 1.0, "p90": 1.0, "p99": 1.0, "max": 1.0},
        "lived_on_s": {"count": 1, "p50": 600.0, "p90": 600.0, "p99": 600.0, "max": 600.0},
    }


def test_a_narrow_pipe_gets_whole_names(log: Path) -> None:
    name = "a-function-with-a-name-as-long-as-lambda-lets-it-be-" + "x" * 12
    answer = subprocess.run(
        [str(Path(sys.executable).with_name("dayfly")), "lifetimes", str(log), "--function", name],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "COLUMNS": "40"},
    )
    rows = [line for line in answer.stdout.splitlines() if name in line]
    assert len(rows) == 2, answer.stdout
    assert "50 min" in rows[0]
    assert not [line for line in answer.stdout.splitlines() if line.endswith(" ")]


def test_standard_input_is_read(log: Path) -> None:
    answer = subprocess.run(
        [str(Path(sys.executable).with_name("dayfly")), "lifetimes", "-", "--json"],
        input=logs.tailed(),
        capture_output=True,
        check=True,
    )
    assert json.loads(answer.stdout)["functions"][0]["invocations"] == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no logs were given"),
        (["--nonsense"], "unknown option --nonsense"),
        (["nowhere.log"], "cannot read nowhere.log"),
        (["{log}", "--all"], "cannot be combined"),
        (["{log}", "--idle", "soon"], "--idle 'soon' is not a duration"),
        (["{log}", "--ago", "0h"], "--ago '0h' is not a duration"),
    ],
)
def test_bad_input_is_named(
    arguments: list[str], words: str, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["lifetimes", *(argument.format(log=log) for argument in arguments)]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert "hint:" in captured.err
    assert not captured.out
