"""`dayfly lab serve` says what is active, serves real clients, and leaves nothing running."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import pty
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import awslambdaric
import pytest
from tests.cli.inprocess import invoke
from tests.lab.running import (
    DEADLINE_S,
    FUNCTIONS,
    both_confinements,
    hidden_python,
    is_alive,
    needs_bubblewrap,
)
from tests.real.environment import real_python

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
        connection = http.client.HTTPConnection(address, timeout=60)
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


@pytest.mark.parametrize(
    ("number", "confinement"), [(signal.SIGINT, "auto"), (signal.SIGTERM, "auto"), (signal.SIGTERM, "none")]
)
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
    assert served.announced["active"]
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


class Shown:
    """A running `dayfly lab serve`, and what it has printed; to a terminal, or to a pipe."""

    def __init__(self, *arguments: str, is_terminal: bool = False, encoding: str = "utf-8") -> None:
        self._ours, theirs = pty.openpty() if is_terminal else os.pipe()
        self.process = subprocess.Popen(
            [*_COMMAND, *_BASIC, "--port", "0", *arguments],
            stdout=theirs,
            stderr=theirs if is_terminal else subprocess.PIPE,
            env={**os.environ, "PYTHONIOENCODING": encoding},
        )
        os.close(theirs)
        self.text = ""

    def __enter__(self) -> Shown:
        self.wait_for("Press Ctrl-C to stop.")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.read_rest()
        os.close(self._ours)
        assert self.process.wait(DEADLINE_S) == 0

    def wait_for(self, text: str) -> None:
        while text not in self.text:
            # A test that waits for what does not come is ended by the suite's own limit.
            data = os.read(self._ours, 65536)
            assert data, self.text
            self.text += data.decode()

    def read_rest(self) -> None:
        with contextlib.suppress(OSError):  # a pseudo-terminal ends with EIO when its last user is gone
            while data := os.read(self._ours, 65536):
                self.text += data.decode()

    def after(self, heading: str) -> str:
        """The command that is printed below a line which begins so."""
        lines = self.text.splitlines()
        number = next(n for n, line in enumerate(lines) if line.startswith(heading))
        return lines[number + 1].strip()

    def invoke(self, value: object) -> None:
        port = int(self.text.partition(" at http://127.0.0.1:")[2].split()[0].partition("\x1b")[0])
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", "/2015-03-31/functions/basic/invocations", json.dumps(value))
            assert connection.getresponse().status == 200


def test_the_printed_commands_work_in_a_fresh_shell(tmp_path: Path) -> None:
    tools = real_python(Path(__file__).with_name("requirements.txt")).parent
    with Shown("--url", "NONE") as shown:

        def run(command: list[str]) -> str:
            done = subprocess.run(
                command,
                env={"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(tmp_path)},
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 0, done
            return done.stdout

        by_cli = run(["sh", "-c", shown.after("Invoke basic from another shell:")])
        assert '"StatusCode": 200' in by_cli
        assert '"served": 1' in by_cli
        python = shown.after("Invoke it from Python:")
        assert '"served": 2' in run([sys.executable, "-c", f"import boto3; print({python}.decode())"])
        assert '"served":3' in run(["sh", "-c", shown.after("Call the function URL of basic:")])


def test_a_pipe_gets_each_line_of_the_log_with_its_function_and_environment() -> None:
    with Shown(encoding="ascii") as shown:
        shown.invoke({"do": "log"})
        # A record of several lines, with what would clear a terminal.
        shown.invoke({"do": "warn", "text": "first\x1b[2J\nsecond\tliné"})
        shown.wait_for("second")
    _, _, logged = shown.text.partition("Press Ctrl-C to stop.\n")
    lines = logged.splitlines()
    own = [line for line in lines if line.startswith("basic ")]
    assert {line[:17] for line in own} == {f"basic {own[0][6:14]} | "}
    texts = [line[17:] for line in own]
    assert "from print" in texts
    assert any(text.startswith("START RequestId") for text in texts)
    assert any(text.startswith("cold_start") for text in texts)
    assert next(text for text in texts if "first" in text).endswith("\tfirst?[2J")
    assert "second\tlin?" in texts
    assert set(lines) - set(own) == {"Stopping all environments.", "Stopped."}


def test_quiet_prints_neither_log_lines_nor_events() -> None:
    with Shown("--quiet") as shown:
        shown.invoke({"do": "log"})
    assert "from print" not in shown.text
    assert "cold_start" not in shown.text


def test_it_ends_when_its_log_cannot_be_written(tmp_path: Path) -> None:
    """As on a full disk: a file that may not grow beyond 64 KiB."""
    log = tmp_path / "log"
    command = shlex.join([*_COMMAND, *_BASIC, "--port", "0", "--confinement", "none"])
    with log.open("w") as file:
        process = subprocess.Popen(
            ["bash", "-c", f"ulimit -f 64; exec {command}"], stdout=file, stderr=subprocess.PIPE, text=True
        )
    deadline = time.monotonic() + DEADLINE_S
    while "Press Ctrl-C to stop." not in log.read_text():
        assert time.monotonic() < deadline, process.communicate()
        os.sched_yield()
    port = int(log.read_text().partition(" at http://127.0.0.1:")[2].split()[0])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        event = json.dumps({"do": "warn", "text": "x" * 70_000})
        connection.request("POST", "/2015-03-31/functions/basic/invocations", event)
        assert connection.getresponse().status == 200
    _, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, errors
    assert errors == "warning: the log cannot be written: File too large; the lab stops\n"


def test_it_ends_when_nobody_reads_its_log() -> None:
    shown = Shown()
    shown.wait_for("Press Ctrl-C to stop.")
    os.close(shown._ours)
    shown.invoke({"do": "log"})
    assert shown.process.wait(DEADLINE_S) == 0
    assert shown.process.stderr is not None
    assert shown.process.stderr.read() == b""
    shown.process.stderr.close()


def test_a_terminal_shows_log_lines_and_events() -> None:
    with Shown("--confinement", "none", is_terminal=True) as shown:
        assert "confinement: none" in shown.text
        shown.invoke({})
        shown.wait_for("REPORT")
    assert "cold_start" in shown.text
    assert "invoke_end" not in shown.text


def _refused(*arguments: str) -> str:
    done = invoke("lab", "serve", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["/nowhere", "--handler", "app.handler"], "is not a folder"),
        ([str(FUNCTIONS / "basic"), "--handler", "app.absent"], "has no 'absent'"),
        ([str(FUNCTIONS / "basic"), "--handler", "absent.handler"], "no module 'absent'"),
        ([str(FUNCTIONS / "basic")], "no handler for"),
        ([], "no function to serve"),
        ([*_BASIC, "--env", "NOVALUE"], "has no value"),
        ([*_BASIC, "--timeout", "0"], "out of range"),
        ([*_BASIC, "--memory", "1"], "out of range"),
        ([*_BASIC, "--port", "70000"], "out of range"),
        ([*_BASIC, "--max-environments", "0"], "at least one environment"),
        ([*_BASIC, "--name", "no name"], "not valid"),
        ([*_BASIC, "--python", "/bin/false"], "cannot run the Python interpreter"),
        ([*_BASIC, "--host", "0.0.0.0"], "other machines can reach"),
        ([*_BASIC, "--host", "example.org"], "is not an IP address"),
        ([*_BASIC, "--config", "lab.toml"], "were both given"),
        (["--config", "/nowhere/lab.toml"], "cannot be read"),
        ([*_BASIC, "--host", "192.0.2.1", "--unsafe-host-exposed"], "an address of this machine with --host"),
        ([str(FUNCTIONS / "basic" / "app.py"), "--handler", "app.handler"], "app.py is not a folder"),
        ([*_BASIC, "--python", "/nowhere/python3"], "/nowhere/python3: No such file or directory"),
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
    assert "hint: use a Python that every user can read" in shown


@both_confinements
def test_a_function_may_bring_its_own_client_in_a_folder_that_others_may_not_read(
    serve: Any, tmp_path: Path, confinement: str
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    folder = tmp_path / "function"
    shutil.copytree(FUNCTIONS / "basic", folder)
    packages = Path(awslambdaric.__file__).parents[1]
    for name in ("awslambdaric", "simplejson"):
        shutil.copytree(packages / name, folder / name)
    for module in ("runtime_client.*", "snapshot_restore_py.py"):
        for path in packages.glob(module):
            shutil.copy(path, folder)
    folder.chmod(0o700)
    python = tmp_path / "bare" / "bin" / "python"
    served = serve(
        str(folder),
        "--handler",
        "app.handler",
        "--name",
        "f",
        "--port",
        "0",
        "--python",
        str(python),
        "--confinement",
        confinement,
    )
    assert served.invoke("f", {"do": "count"}) > 0


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
        with pytest.raises(SettingError, match="other machines can reach"):
            check_host(host, is_exposed_allowed=False)
        check_host(host, is_exposed_allowed=True)
    for host in ("127.0.0.1", "127.1.2.3", "::1", "localhost"):
        check_host(host, is_exposed_allowed=False)


def test_environment_words_keep_every_sign_after_the_first_equals() -> None:
    assert parse_environment(["A=b=c", "D="]) == {"A": "b=c", "D": ""}
    with pytest.raises(SettingError):
        parse_environment(["A"])
