"""`dayfly lab serve` says what is in force, serves real clients, and leaves nothing running."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lab.running import (
    DEADLINE_S,
    FUNCTIONS,
    both_confinements,
    hidden_python,
    is_alive,
    needs_bubblewrap,
)

from dayfly.cli.lab import check_host, parse_environment
from dayfly.errors import SettingError

_COMMAND = [sys.executable, "-c", "from dayfly.cli.main import main; main()", "lab", "serve"]
_BASIC = [str(FUNCTIONS / "basic"), "--handler", "app.handler"]


class Served:
    """A running `dayfly lab serve --json`."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*_COMMAND, *arguments, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        self.announced: dict[str, Any] = json.loads(line)

    def invoke(self, name: str, value: object) -> Any:
        address = self.announced["endpoint"].removeprefix("http://")
        connection = http.client.HTTPConnection(address, timeout=30)
        with contextlib.closing(connection):
            connection.request("POST", f"/2015-03-31/functions/{name}/invocations", json.dumps(value))
            return json.loads(connection.getresponse().read())

    def tree(self) -> list[int]:
        """Every process below the command."""
        found: list[int] = []
        pending = [self.process.pid]
        while pending:
            pid = pending.pop()
            with contextlib.suppress(OSError):
                for children in Path(f"/proc/{pid}/task").glob("*/children"):
                    new = [int(word) for word in children.read_text().split()]
                    found += new
                    pending += new
        return found


@pytest.fixture
def serve() -> Iterator[Any]:
    started: list[Served] = []

    def start(*arguments: str) -> Served:
        started.append(Served(*arguments))
        return started[-1]

    yield start
    for served in started:
        served.process.kill()
        served.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("confinement", ["auto", "none"])
def test_a_signal_ends_everything(serve: Any, number: signal.Signals, confinement: str) -> None:
    served = serve(*_BASIC, "--name", "f", "--port", "0", "--confinement", confinement)
    assert served.invoke("f", {"do": "count", "detached": True}) > 0
    pids = served.tree()
    assert len(pids) >= 3
    served.process.send_signal(number)
    _, errors = served.process.communicate(timeout=DEADLINE_S)
    assert served.process.returncode == 0, errors
    assert errors == ""
    deadline = time.monotonic() + DEADLINE_S
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        os.sched_yield()


def test_it_announces_endpoint_and_confinement_and_takes_its_options(serve: Any) -> None:
    served = serve(
        *_BASIC, "--port", "0", "--memory", "256", "--env", "A=b=c", "--env", "D=", "--timeout", "9"
    )
    assert served.announced["type"] == "serving"
    assert served.announced["functions"] == ["basic"]
    assert served.announced["confinement"] in ("bubblewrap", "none")
    assert served.announced["in_force"]
    assert served.announced["absent"]
    environ = served.invoke("basic", {"do": "environ"})
    assert (environ["A"], environ["D"]) == ("b=c", "")
    context = served.invoke("basic", {"do": "context"})
    assert context["memory"] == "256"
    assert 8000 < context["remaining"] <= 9000


def test_a_file_serves_several_functions(serve: Any, tmp_path: Path) -> None:
    folder = FUNCTIONS / "basic"
    text = '[lab]\nport = 0\nconfinement = "none"\n'
    for name, runtime in (("one", "plain"), ("two", "dayfly")):
        text += f'[functions.{name}]\nfolder = "{folder}"\nhandler = "app.handler"\nruntime = "{runtime}"\n'
    (tmp_path / "lab.toml").write_text(text)
    served = serve("--config", str(tmp_path / "lab.toml"))
    assert served.announced["functions"] == ["one", "two"]
    assert served.announced["confinement"] == "none"
    for name, second in (("one", 2), ("two", 1)):
        served.invoke(name, {})
        assert served.invoke(name, {})["served"] == second


def test_events_and_logs_are_json_lines(serve: Any) -> None:
    served = serve(*_BASIC, "--port", "0")
    served.invoke("basic", {"do": "log"})
    served.process.send_signal(signal.SIGTERM)
    output, _ = served.process.communicate(timeout=DEADLINE_S)
    records = [json.loads(line) for line in output.splitlines()]
    assert {record["type"] for record in records} == {"event", "log"}
    kinds = [record["kind"] for record in records if record["type"] == "event"]
    assert kinds[0] == "cold_start"
    assert kinds[-1] == "shutdown"
    assert any(record["text"] == "from print" for record in records)


def test_a_terminal_shows_examples_and_live_events() -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*_COMMAND, *_BASIC, "--port", "0", "--confinement", "none"],
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
    )
    os.close(theirs)
    shown = ""
    try:
        while "Ctrl-C ends everything" not in shown:
            shown += os.read(ours, 65536).decode()
        assert "confinement: none" in shown
        assert "aws lambda invoke --endpoint-url http://127.0.0.1:" in shown
        assert 'boto3.client("lambda", endpoint_url=' in shown
        port = int(shown.partition("http://127.0.0.1:")[2].split("\x1b")[0].split()[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with contextlib.closing(connection):
            connection.request("POST", "/2015-03-31/functions/basic/invocations", "{}")
            assert connection.getresponse().status == 200
        while "invoke_end" not in shown:
            shown += os.read(ours, 65536).decode()
        assert "cold_start" in shown
    finally:
        process.send_signal(signal.SIGINT)
        while True:
            try:
                if not os.read(ours, 65536):
                    break
            except OSError:  # a pseudo-terminal ends with EIO when its last user is gone
                break
        os.close(ours)
        assert process.wait(DEADLINE_S) == 0


def _refused(*arguments: str) -> str:
    done = subprocess.run([*_COMMAND, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["/nowhere", "--handler", "app.handler"], "is not a folder"),
        ([str(FUNCTIONS / "basic"), "--handler", "app.absent"], "has no 'absent'"),
        ([str(FUNCTIONS / "basic"), "--handler", "absent.handler"], "no module 'absent'"),
        ([str(FUNCTIONS / "basic")], "no function to serve"),
        ([*_BASIC, "--env", "NOVALUE"], "has no value"),
        ([*_BASIC, "--timeout", "0"], "out of range"),
        ([*_BASIC, "--memory", "1"], "out of range"),
        ([*_BASIC, "--port", "70000"], "out of range"),
        ([*_BASIC, "--max-environments", "0"], "at least one environment"),
        ([*_BASIC, "--name", "no name"], "not valid"),
        ([*_BASIC, "--python", "/bin/false"], "cannot run the Python interpreter"),
        ([*_BASIC, "--host", "0.0.0.0"], "can be reached by others"),
        ([*_BASIC, "--host", "example.org"], "is not an IP address"),
        ([*_BASIC, "--config", "lab.toml"], "exclude each other"),
        (["--config", "/nowhere/lab.toml"], "cannot be read"),
    ],
)
def test_bad_input_is_a_clear_error(arguments: list[str], text: str) -> None:
    shown = _refused(*arguments)
    assert text in shown
    assert "hint: " in shown


@needs_bubblewrap
def test_a_python_that_cannot_start_in_the_sandbox_is_a_clear_error(tmp_path: Path) -> None:
    python = hidden_python(tmp_path)
    shown = _refused(*_BASIC, "--python", str(python), "--confinement", "bubblewrap")
    assert f"at {python} starts on this machine but not in the sandbox" in shown
    assert "hint: choose a Python whose folders every user may read" in shown


@both_confinements
def test_a_shim_of_a_version_manager_serves(serve: Any, tmp_path: Path, confinement: str) -> None:
    """Like pyenv's: a script that asks a program elsewhere which Python to run."""
    manager, shim = tmp_path / "manager" / "run", tmp_path / "shims" / "python3"
    for path, target in ((manager, sys.executable), (shim, manager)):
        path.parent.mkdir()
        path.write_text(f'#!/bin/sh\nexec "{target}" "$@"\n')
        path.chmod(0o755)
    served = serve(*_BASIC, "--name", "f", "--port", "0", "--python", str(shim), "--confinement", confinement)
    assert served.invoke("f", {"do": "count"}) > 0


def test_a_port_in_use_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        shown = _refused(*_BASIC, "--port", str(port))
    assert f"cannot listen on 127.0.0.1:{port}" in shown
    assert "--port" in shown


def test_no_bubblewrap_where_it_was_asked_for_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "bubblewrap cannot be used" in _refused(*_BASIC, "--confinement", "bubblewrap")


def test_only_loopback_is_served_without_the_unsafe_flag() -> None:
    for host in ("0.0.0.0", "192.0.2.1", "::"):
        with pytest.raises(SettingError, match="can be reached by others"):
            check_host(host, is_exposed_allowed=False)
        check_host(host, is_exposed_allowed=True)
    for host in ("127.0.0.1", "127.1.2.3", "::1", "localhost"):
        check_host(host, is_exposed_allowed=False)


def test_environment_words_keep_every_sign_after_the_first_equals() -> None:
    assert parse_environment(["A=b=c", "D="]) == {"A": "b=c", "D": ""}
    with pytest.raises(SettingError):
        parse_environment(["A"])
