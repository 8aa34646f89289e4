"""`dayfly lab gauntlet`: names what there is, refuses what there is not, and leaves nothing when it is ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.lab.gauntlet.confined import needs_bubblewrap
from tests.processes import descendants

from dayfly.cli import lab_gauntlet
from dayfly.cli import main as command
from dayfly.lab.gauntlet.engine import Step
from dayfly.lab.gauntlet.summary import read_result

_COMMAND = [sys.executable, "-c", "from dayfly.cli.main import main; main()", "lab", "gauntlet"]
DEADLINE_S = 60.0


def test_what_there_is_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["lab", "gauntlet", "--list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"bare", "dayfly", "dayfly-block"} <= {one["name"] for one in listed["protections"]}
    assert len(listed["attacks"]) >= 125
    assert {"name", "source", "level", "family", "attack", "does", "must_fail_to"} == listed["attacks"][
        0
    ].keys()
    assert command.run(["lab", "gauntlet", "--list"]) == 0
    assert "json-dumps" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--against", "nobody"], "unknown protection 'nobody'"),
        (["--attack", "nothing"], "no attack, family or level is named 'nothing'"),
        (["--isolation", "no"], "unknown isolation mode 'no'"),
        (["--tries", "0"], "--tries 0 is out of range"),
        (["--jobs", "65"], "--jobs 65 is out of range"),
        (["--invocations", "-1"], "--invocations -1 is out of range"),
        (["--honest", "/nowhere"], "contains no function"),
        (["--report", "/nowhere/at/all.html"], "/nowhere/at is not a folder"),
    ],
)
def test_what_there_is_not_is_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(["lab", "gauntlet", *words]) == 2
    error = capsys.readouterr().err
    assert said in error.replace("\n", " ")
    assert "hint:" in error


def test_without_bubblewrap_nothing_is_attacked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    words = ["--against", "bare", "--attack", "json-dumps", "--cache", str(tmp_path)]
    assert command.run(["lab", "gauntlet", *words]) == 2
    assert "cannot harm this machine" in capsys.readouterr().err


@pytest.mark.slow
@needs_bubblewrap
def test_a_run_is_printed_written_and_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "--against",
        "dayfly-block",
        "--isolation",
        "process",
        "--attack",
        "json-dumps",
        "--door",
        "hidden",
    ]
    places = ["--cache", str(tmp_path / "cache"), "--report", str(tmp_path / "page.html")]
    code = command.run(["lab", "gauntlet", *words, *places, "--invocations", "0", "--json"])
    assert code == 0
    out = capsys.readouterr().out
    made = json.loads(out)
    cells = {one["protection"]: one for one in made["cells"]}
    assert cells["bare"]["outcome"] == "survived"
    # The guard does not see where hidden code comes from; what it did to the process is found.
    assert cells["dayfly-block"]["signs"]
    assert {one["protection"] for one in made["summaries"]} == {"bare", "dayfly-block"}
    assert "json-dumps" in (tmp_path / "page.html").read_text()
    (tmp_path / "result.json").write_text(out)
    assert read_result(tmp_path / "result.json").door == "hidden"


@pytest.mark.slow
@needs_bubblewrap
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ended_early_it_leaves_no_process_and_no_folder(number: signal.Signals, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with subprocess.Popen(
        [*_COMMAND, "--against", "dayfly", "--attack", "M10", "--cache", str(tmp_path / "cache")],
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(temporary), "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        end = time.monotonic() + DEADLINE_S
        while len(family := descendants(process.pid)) < 4:
            assert time.monotonic() < end
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        process.send_signal(number)
        _, error = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 128 + number
    assert "Traceback" not in error
    assert [pid for pid in family if Path(f"/proc/{pid}").exists() and not _is_zombie(pid)] == []
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
@needs_bubblewrap
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ended_after_some_cells_it_shows_and_writes_them(
    number: signal.Signals,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def end(step: Step) -> None:
        if step.cell is not None and step.done == 2:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(lab_gauntlet, "_show_nothing", end)
    words = ["--against", "bare", "--attack", "M10", "--invocations", "30"]
    places = ["--cache", str(tmp_path / "cache"), "--report", str(tmp_path / "page.html")]
    assert command.run(["lab", "gauntlet", *words, *places, "--json"]) == 128 + number
    out = capsys.readouterr().out
    made = json.loads(out)
    assert made["is_whole"] is False
    assert 2 <= len(made["cells"]) < len(made["attacks"])
    assert {one["attack"] for one in made["cells"]} <= {one["name"] for one in made["attacks"]}
    assert made["notes"][0] in (tmp_path / "page.html").read_text()
    (tmp_path / "result.json").write_text(out)
    assert not read_result(tmp_path / "result.json").is_whole


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1] in "ZX"
    except OSError:
        return True
