"""`dayfly doctor` shows, writes and reads; wrong words end with a hint and exit code 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.doctor.answers_for_tests import EMULATOR, after_lock, api_lock, held_error, survey

from dayfly.cli.main import run
from dayfly.doctor.host import HANDLER

ESCAPE = "\x1b]0;owned\x07"


def test_the_host_is_json_with_stable_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "dayfly-doctor-host/1"
    assert set(document) == {"schema", "platform", "scope", "not_promised", "rows", "missing"}
    names = {row["name"] for row in document["rows"]}
    assert {"scope", "pidfd", "supervisor-memory", "confined-calls", "bubblewrap", "python"} <= names
    missing = {row["name"] for row in document["rows"] if row["kind"] == "defence" and row["active"] != "yes"}
    assert set(document["missing"]) == missing


def test_strict_ends_with_1_exactly_if_a_defence_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["doctor", "--json", "--strict"])
    assert code == (1 if json.loads(capsys.readouterr().out)["missing"] else 0)


def test_strict_is_content_where_nothing_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dayfly.doctor import host, rows

    monkeypatch.setattr(host, "tools", tuple)
    monkeypatch.setattr(rows, "defences", lambda *_arguments: ())
    assert run(["doctor", "--strict"]) == 0
    capsys.readouterr()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_table_fits_the_terminal_and_names_what_is_missing(columns: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from dayfly.cli.main import main; main()", "doctor"],
        capture_output=True,
        text=True,
        timeout=500,
        env={**os.environ, "COLUMNS": str(columns)},
    )
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert max(len(line) for line in lines) <= columns
    assert "\x1b" not in done.stdout, "nothing for a terminal goes into a pipe"
    words = done.stdout.split()
    assert "supervisor-memory" in words
    assert any("protections are active on this host" in line for line in lines)


def test_a_bad_setting_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dayfly.toml").write_text("scope = 1\n")
    assert run(["doctor"]) == 2
    assert "scope" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--lambda", "--strict"], "--lambda cannot be combined"),
        (["--lambda", "--read", "x"], "--lambda cannot be combined"),
        (["--output", "x.py"], "add --lambda"),
        (["--write", "dayfly.toml"], "add --read"),
        (["--read", "x", "--strict"], "a Lambda function"),
        (["--read", "none.json"], "none.json cannot be read"),
        (["--read"], ""),
        (["extra"], ""),
    ],
)
def test_what_does_not_go_together_ends_with_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", *arguments]) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert "Traceback" not in shown.err + shown.out


def test_the_handler_is_written_and_renewed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "doctor_handler.py"
    for _ in range(2):
        assert run(["doctor", "--lambda", "--output", str(target)]) == 0
        assert target.read_bytes() == HANDLER.read_bytes()
    assert "doctor_handler.handler" in capsys.readouterr().out
    assert run(["doctor", "--lambda", "--output", str(target), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["file"] == str(target)


def test_a_file_of_somebody_elses_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "app.py"
    target.write_text("mine\n")
    assert run(["doctor", "--lambda", "--output", str(target)]) == 2
    assert target.read_text() == "mine\n"
    assert "was not written by doctor" in capsys.readouterr().err
    assert run(["doctor", "--lambda", "--output", str(tmp_path / "no" / "x.py")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.fixture
def answers(tmp_path: Path) -> list[str]:
    """Files of a function on Lambda, where everything the lock needs was seen."""
    documents = {
        "0-survey": survey(),
        "1-api_lock": api_lock(),
        "2-survey": after_lock(),
        "3-held_error": held_error(),
        "3-held_error.invoke": {"StatusCode": 200, "FunctionError": "Unhandled"},
    }
    for name, document in documents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    return [str(path) for path in sorted(tmp_path.glob("*.json"))]


def test_answers_are_read_and_settings_written(
    answers: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "dayfly.toml"
    target.write_text('# kept\ntmp = "keep"\n')
    assert run(["doctor", "--read", *answers, "--write", str(target), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["platform"], document["written"]) == ("lambda", str(target))
    assert target.read_text() == '# kept\ntmp = "keep"\napi_lock = "on"\n'
    assert run(["doctor", "--read", *answers, "--write", str(target)]) == 0
    shown = capsys.readouterr().out
    assert 'api_lock = "on"' in shown
    assert "unchanged: already up to date" in shown


def test_the_file_written_is_one_dayfly_starts_with(answers: list[str], tmp_path: Path) -> None:
    from dayfly.runtime.flatsettings import read_settings

    assert run(["doctor", "--read", *answers, "--write", str(tmp_path / "dayfly.toml")]) == 0
    assert read_settings({"LAMBDA_TASK_ROOT": str(tmp_path)}).api_lock == "on"


def test_where_nothing_follows_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps(survey(init=EMULATOR)))
    target = tmp_path / "dayfly.toml"
    assert run(["doctor", "--read", str(answer), "--write", str(target)]) == 0
    assert not target.exists()
    assert "unchanged: no settings to change" in capsys.readouterr().out


def test_an_answer_drives_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = tmp_path / "answer.json"
    hostile = survey(
        host={"kernel": ESCAPE + "[bold]x[/bold]", "python": ESCAPE},
        calls={"pidfd_open": {"works": False, "why": ESCAPE}},
        processes=[{"name": ESCAPE, "uid": ESCAPE, "memory_opens": True}],
    )
    answer.write_text(json.dumps(hostile))
    assert run(["doctor", "--read", str(answer)]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "[bold]x[/bold]" in shown
    answer.write_text(json.dumps({"errorMessage": ESCAPE}))
    assert run(["doctor", "--read", str(answer)]) == 2
    assert "\x1b" not in capsys.readouterr().err
