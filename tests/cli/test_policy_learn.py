"""`dayfly policy learn`: real runs in the lab and of tests, what is shown and what is written."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.test_plan import descendants
from tests.cli.test_policy import COMMAND, document, run, run_apart
from tests.item_service import item_service
from tests.lab.learn.making import SHOP, copy
from tests.lab.running import DEADLINE_S, is_alive


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with item_service() as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shop = copy("shop", tmp_path)
    (tmp_path / "events").mkdir()
    for number, event in enumerate(SHOP):
        (tmp_path / "events" / f"{number}.json").write_text(json.dumps(event))
    return shop


def learn(folder: Path, service: str, *more: str) -> tuple[str, ...]:
    return (
        *("learn", "app.handler", "--events", "../events", "--timeout", "20"),
        *("--env", f"SERVICE={service}", "--env", "RATE=2", *more),
    )


@pytest.mark.slow
def test_a_policy_is_written_kept_and_added_to(folder: Path, service: str) -> None:
    done = document(run_apart(*learn(folder, service, "--json", "--keep", "uses.jsonl"), cwd=folder))
    assert done["written"] is True
    assert done["sources"][0]["units"] == 4
    assert done["not_reached"] == ["app.py:25 refund"]
    assert {one["name"] for one in done["confidence"]["packages"]} == {"carrier", "function"}
    path = folder / "dayfly.toml"
    table = tomllib.loads(path.read_text())["policy"]
    assert table["process"]["allow"] == ["git"]
    assert run("check", "--uses", "uses.jsonl", cwd=folder).returncode == 0
    # What a person wrote stays; what is new is marked.
    path.write_text(path.read_text().replace('allow = ["git"]', 'allow = ["convert"]  # Ada'))
    again = run_apart(*learn(folder, service), cwd=folder)
    assert again.returncode == 0
    assert '"git",  # ' in path.read_text()
    assert tomllib.loads(path.read_text())["policy"]["process"]["allow"] == ["convert", "git"]
    assert "# Ada" in path.read_text()
    third = run_apart(*learn(folder, service), cwd=folder)
    assert "dayfly.toml was not changed: nothing to change" in third.stdout


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 120])
def test_a_pipe_gets_plain_text_that_fits(folder: Path, service: str, columns: int) -> None:
    done = run_apart(*learn(folder, service, "--dry-run"), cwd=folder, columns=columns)
    assert done.returncode == 0, done.stderr
    assert not (folder / "dayfly.toml").exists()
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= columns
    shown = " ".join(done.stdout.split())
    assert "Learned from 4 events" in shown
    assert '+[policy.packages.carrier] +uses = ["network", "environment"]' in shown
    assert "Never called: 1 function of the package · app.py:25 refund" in shown
    assert 'guard = "off"' not in shown, "the default is observe"
    assert "running the function" not in done.stdout + done.stderr


def test_a_terminal_gets_progress(folder: Path, service: str) -> None:
    ours, theirs = pty.openpty()
    command = (*COMMAND, *learn(folder, service, "--dry-run"))
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs, cwd=folder)
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + 60
    with contextlib.suppress(OSError):  # a closed terminal
        while time.monotonic() < deadline and select.select([ours], [], [], 60)[0]:
            shown += os.read(ours, 65536)
    assert process.wait(DEADLINE_S) == 0
    os.close(ours)
    assert b"running the function on its events" in shown
    assert b"Coverage" in shown


@pytest.mark.slow
def test_tests_and_events_are_learned_from_together(folder: Path, service: str) -> None:
    (folder / "test_app.py").write_text(
        "import os\nos.environ['RATE'] = '2'\nimport app\n"
        "def test_receipt():\n    assert app.handler({'do': 'receipt', 'order': 'x'}, None) == 'x'\n"
    )
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    done = run_apart(*learn(folder, service, "--tests", "--json", "--", *command), cwd=folder)
    found = document(done)
    assert [(one["source"], one["units"]) for one in found["sources"]] == [("events", 4), ("tests", 1)]
    assert "1 passed" in done.stderr
    text = (folder / "dayfly.toml").read_text()
    assert "4 events and 1 test." in text
    assert run("check", cwd=folder).returncode == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_everything_and_writes_nothing(folder: Path, number: signal.Signals, code: int) -> None:
    (folder / "app.py").write_text("import time\ndef handler(event, context):\n    time.sleep(600)\n")
    command = (*COMMAND, "learn", "app.handler", "--events", "../events", "--timeout", "800", "--json")
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + DEADLINE_S
    while len(pids := descendants(process.pid)) < 4:
        assert time.monotonic() < deadline
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(number)
    output, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == code, errors
    assert output == ""
    assert "Traceback" not in errors
    assert not (folder / "dayfly.toml").exists()
    deadline = time.monotonic() + DEADLINE_S
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        os.sched_yield()
