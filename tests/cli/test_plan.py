"""`dayfly plan`: real runs, exit codes, what it writes, and that nothing is left running."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cli.inprocess import invoke
from tests.lab.plan.making import FUNCTIONS, request
from tests.lab.plan.test_report import make_plan
from tests.lab.running import DEADLINE_S, is_alive

from dayfly.cli.output import Output
from dayfly.cli.plan import check_request, judge, write_files
from dayfly.errors import SettingError
from dayfly.lab.plan.contestants import PLAIN

_COMMAND = (sys.executable, "-c", "from dayfly.cli.main import main; main()", "plan")
_QUICK = ("--invocations", "5", "--timeout", "20")


@pytest.fixture
def events(tmp_path: Path) -> Path:
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / "one.json").write_text('{"amount": 1}')
    (folder / "two.json").write_text('{"amount": 2}')
    return folder


@pytest.fixture
def lazy(tmp_path: Path) -> Path:
    folder = tmp_path / "lazy"
    shutil.copytree(FUNCTIONS / "lazy", folder)
    return folder


def run(
    *arguments: str | Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*_COMMAND, *map(str, arguments)),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        env={**os.environ, "COLUMNS": "80", **(environment or {})},
    )


def decided(code: int, shown: str) -> bool:
    """Whether the plan recommends something: on a machine as busy as one that tests it may say that it cannot."""
    assert code == (2 if "no recommendation" in shown else 0)
    return code == 0


@pytest.mark.slow
def test_json_is_one_document_and_the_files_work(lazy: Path, events: Path) -> None:
    # Where imports are learned, the warm-up may gain nothing by then.
    settings = lazy / "dayfly.toml"
    settings.write_text('[zygote]\nwarm = "off"\n')
    # A machine as busy as one that tests may leave it undecided: then nothing is written, and it is measured again.
    for _ in range(3):
        done = run("app.handler", "--folder", lazy, "--events", events, *_QUICK, "--json", "--write")
        assert done.stdout.count("\n") == 1
        report: dict[str, Any] = json.loads(done.stdout)
        assert report["answers"]["same"] is True, report["answers"]
        is_decided = not report["recommendation"]["undecided"]
        assert done.returncode == (0 if is_decided else 2), done.stderr
        assert ("isolation" in settings.read_text()) is is_decided
        if is_decided:
            break
    else:
        return
    table = tomllib.loads(settings.read_text())
    assert table["isolation"] == report["recommendation"]["isolation"]
    assert table["zygote"] == {"warm": "off", "prime": "dayfly_prime:prime"}
    assert "app.client()" in (lazy / "dayfly_prime.py").read_text()
    # With the files in place there is nothing left to derive.
    again = run("app.handler", "--folder", lazy, "--events", events, *_QUICK, "--json")
    assert json.loads(again.stdout)["prime"] is None, again.stderr


def test_a_pipe_gets_plain_text_with_whole_names(events: Path) -> None:
    done = run(
        "app.handler",
        "--folder",
        FUNCTIONS / "pure",
        "--events",
        events,
        *_QUICK,
        environment={"COLUMNS": "40"},
    )
    is_decided = decided(done.returncode, done.stdout)
    assert "\x1b" not in done.stdout
    assert "app.handler: " + ("add to dayfly.toml" if is_decided else "no recommendation") in done.stdout
    assert re.search(r"^ +plain +▇.* \d+$", done.stdout, re.MULTILINE), "a row of the table is one line"
    assert not re.search(r" $", done.stdout, re.MULTILINE)
    assert bool(re.search(r'  isolation = "(invocation|window)"', done.stdout)) == is_decided
    assert "measuring" not in done.stdout + done.stderr


def test_a_terminal_gets_progress(events: Path) -> None:
    ours, theirs = pty.openpty()
    command = (*_COMMAND, "app.handler", "--folder", FUNCTIONS / "pure", "--events", events, *_QUICK)
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + 60
    with contextlib.suppress(OSError):  # a closed terminal
        while time.monotonic() < deadline and select.select([ours], [], [], 60)[0]:
            shown += os.read(ours, 65536)
    code = process.wait(DEADLINE_S)
    os.close(ours)
    assert b"running the function" in shown
    assert (b"add to dayfly.toml" in shown) == decided(code, shown.decode())


def test_a_client_made_in_the_handler_is_named_and_more_than_was_allowed_is_exit_code_1(
    events: Path, tmp_path: Path
) -> None:
    page = tmp_path / "plan.html"
    done = run(
        *("app.handler", "--folder", FUNCTIONS / "client", "--events", events, *_QUICK, "--json"),
        *("--max-added-ms=-99", "--report", page),
    )
    report = json.loads(done.stdout)
    assert report["recommendation"]["added_p50_ms"] > -99
    (line,) = [line for line in report["new_worker"]["lines"] if line["can_move"]]
    assert (line["where"], line["code"], line["inside"]) == (
        *("app.py:9", "client = library.Client(…)"),
        "handler",
    )
    assert any(fix["where"] == "app.py:9" and "above `def handler`" in fix["how"] for fix in report["fixes"])
    assert report["network"] == []
    assert any("opened no connection" in note for note in report["notes"])
    assert "client = library.Client(…)" in page.read_text()
    if done.returncode == 2:
        assert "undecided" in done.stderr
        return
    assert done.returncode == 1
    assert "--max-added-ms allows -99 ms" in done.stderr


def test_a_limit_is_not_judged_by_measurements_that_vary() -> None:
    plan = replace(make_plan(), is_busy=True)
    assert [judge(plan, limit, Output(is_json=True)) for limit in (3.0, 2.99)] == [0, 2]


def test_the_limit_is_met_exactly() -> None:
    plan = make_plan()
    assert plan.advice.added_ms == 3.0
    output = Output(is_json=True)
    assert [judge(plan, limit, output) for limit in (None, 3.0, 2.99)] == [0, 0, 1]
    unknown = replace(plan, advice=replace(plan.advice, added_ms=None))
    assert [judge(unknown, limit, output) for limit in (None, 1000.0)] == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("app.handler", "--events", "nowhere"), "nowhere is not a folder"),
        (("app.handler", "--events", "EVENTS", "--folder", "nowhere"), "nowhere is not a folder"),
        (("app.handle", "--events", "EVENTS", "--folder", "PURE"), "has no 'handle'"),
        (("nothing.handler", "--events", "EVENTS", "--folder", "PURE"), "no module 'nothing'"),
        (("app.handler", "--events", "PURE", "--folder", "PURE"), "has no *.json file"),
        (("app.handler", "--events", "EVENTS", "--folder", "PURE", "--memory", "1"), "memory 1 MB"),
        (("app.handler", "--events", "EVENTS", "--folder", "PURE", "--env", "X"), "has no value"),
        (
            ("app.handler", "--events", "EVENTS", "--folder", "PURE", "--invocations", "0"),
            "--invocations 0 is out of range",
        ),
        (("app.handler", "--events", "EVENTS", "--folder", "PURE", "--limit", "0"), "limit must be"),
        (("app.handler", "--events", "EVENTS", "--folder", "PURE", "--force"), "needs --write"),
        (("app.handler", "--events", "EVENTS", "--folder", "PURE", "--python", "/no/python"), "/no/python"),
        # The only ones of which an environment is started.
        pytest.param(
            ("app.handler", "--events", "EVENTS", "--folder", "BROKEN"), "ValueError", marks=pytest.mark.slow
        ),
        pytest.param(
            ("app.handler", "--events", "EVENTS", "--folder", "REMOTE", "--timeout", "20"),
            "it tried to reach keys.invalid:443",
            marks=pytest.mark.slow,
        ),
        (
            ("app.handler", "--events", "EVENTS", "--folder", "PURE", "--report", "/no/folder/plan.html"),
            "/no/folder is not a folder",
        ),
    ],
)
def test_what_cannot_be_run_is_refused(arguments: tuple[str, ...], words: str, events: Path) -> None:
    places = {
        "EVENTS": events,
        "PURE": FUNCTIONS / "pure",
        "BROKEN": FUNCTIONS / "broken",
        "REMOTE": FUNCTIONS / "remote",
    }
    done = invoke("plan", *(places.get(word, word) for word in arguments))
    assert done.returncode == 2, done.stderr
    assert words in done.stderr.replace("\n", " ")
    assert "hint:" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_settings_that_differ_are_not_overwritten(tmp_path: Path) -> None:
    plan = make_plan()
    path = tmp_path / "dayfly.toml"
    text = '# ours\nisolation = "process"\ntmp = "scrub"\n'
    path.write_text(text)
    with pytest.raises(SettingError, match="isolation = 'process'"):
        write_files(plan, tmp_path, is_forced=False)
    assert path.read_text() == text
    assert not (tmp_path / "dayfly_prime.py").exists()
    written = write_files(plan, tmp_path, is_forced=True)
    assert written == [path, tmp_path / "dayfly_prime.py"]
    assert "# ours" in path.read_text()
    assert tomllib.loads(path.read_text())["tmp"] == "scrub"
    assert tomllib.loads(path.read_text())["isolation"] == "invocation"


def test_a_warm_up_of_somebody_elses_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "dayfly_prime.py").write_text("def prime():\n    import ours\n")
    with pytest.raises(SettingError, match="differs from the recommended warm-up"):
        write_files(make_plan(), tmp_path, is_forced=False)
    assert not (tmp_path / "dayfly.toml").exists()


def test_nothing_is_written_for_a_function_that_fails(tmp_path: Path) -> None:
    plan = make_plan()
    failing = replace(plan, advice=replace(plan.advice, has_failed=True))
    with pytest.raises(SettingError, match="fails under"):
        write_files(failing, tmp_path, is_forced=True)
    assert list(tmp_path.iterdir()) == []


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    write_files(make_plan(), tmp_path, is_forced=False)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    write_files(make_plan(), tmp_path, is_forced=False)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_settings_that_dayfly_would_refuse_are_refused_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")
    asked = request("pure", folder=tmp_path)
    (tmp_path / "dayfly.toml").write_text("isolation = \n")
    with pytest.raises(SettingError, match="not valid TOML"):
        check_request(asked)
    (tmp_path / "dayfly.toml").write_text('[fork]\nthreads = "drop"\n')
    with pytest.raises(SettingError, match=r"unknown setting 'fork\.threads'"):
        check_request(asked)
    (tmp_path / "dayfly.toml").unlink()
    check_request(asked)
    with pytest.raises(SettingError, match="DAYFLY_SCOPE"):
        check_request(replace(asked, environment={"DAYFLY_SCOPE": "everywhere"}))


def test_a_function_that_could_not_be_measured_is_no_success() -> None:
    plan = make_plan()
    lost = [
        cost if cost.name == PLAIN else replace(cost, unavailable="it does not start") for cost in plan.costs
    ]
    output = Output(is_json=True)
    assert judge(plan, None, output) == 0
    assert judge(replace(plan, costs=tuple(lost)), None, output) == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_everything(number: signal.Signals, code: int, events: Path) -> None:
    command = (*_COMMAND, "app.handler", "--folder", FUNCTIONS / "pure", "--events", events)
    process = subprocess.Popen(
        (*command, "--invocations", "10000", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + DEADLINE_S
    while len(pids := descendants(process.pid)) < 6:
        assert time.monotonic() < deadline
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(number)
    output, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == code, errors
    assert output == ""
    assert "Traceback" not in errors
    deadline = time.monotonic() + DEADLINE_S
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        os.sched_yield()


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    pending = [pid]
    while pending:
        with contextlib.suppress(OSError):
            for children in Path(f"/proc/{pending.pop()}/task").glob("*/children"):
                new = [int(word) for word in children.read_text().split()]
                found += new
                pending += new
    return found


@pytest.mark.slow
def test_a_busy_machine_leaves_it_undecided_and_never_weakens_the_isolation(
    tmp_path: Path, events: Path
) -> None:
    """What a fresh worker costs here is over the limits; how much nobody can tell beside processes that spin."""
    folder = tmp_path / "function"
    folder.mkdir()
    (folder / "app.py").write_text(
        "ready = []\n"
        "def handler(event, context):\n"
        "    if not ready:\n"
        "        ready.append(sum(i * i for i in range(1_500_000)))\n"
        "    return {'ok': True}\n"
    )
    spinning = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(2 * len(os.sched_getaffinity(0)))
    ]
    try:
        done = run("app.handler", "--events", events, "--folder", folder, *_QUICK, "--json", "--write")
    finally:
        for one in spinning:
            one.kill()
            one.wait()
    told = json.loads(done.stdout)
    assert done.returncode == 2, done.stderr
    assert told["recommendation"]["undecided"] is True
    assert told["recommendation"]["isolation"] is None
    assert (told["settings"], told["toml"]) == ({}, "")
    assert "undecided: measure again on a quiet machine" in done.stderr
    assert not (folder / "dayfly.toml").exists()


def test_a_missing_handler_goes_by_the_name_that_help_gives_it(events: Path) -> None:
    done = invoke("plan", "--events", events)
    assert done.returncode == 2
    assert "HANDLER is missing" in done.stderr
    assert "--handler" not in done.stderr


def test_help_has_examples_and_says_that_it_runs_the_function() -> None:
    shown = invoke("plan", "--help").stdout
    assert "dayfly plan app.handler --events events/ --write" in shown
    assert "with all its side effects" in re.sub(r"\s+", " ", shown)
