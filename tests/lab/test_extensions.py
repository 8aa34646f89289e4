"""External extensions start first, see every event, and are told before they are ended."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from tests.lab.running import (
    FUNCTIONS,
    Running,
    basic,
    both_confinements,
    is_alive,
    needs_bubblewrap,
    run,
    running_lab,
    until,
)
from tests.lab.telemetry.listening import EXTENSIONS

from dayfly.lab import life
from dayfly.lab.declared import Declared
from dayfly.lab.model import ConfinementChoice


def _extension_lines(running: Running) -> list[str]:
    return [line.text.strip() for line in running.lines if line.text.startswith("extension")]


@both_confinements
def test_an_external_extension_sees_invocations_and_the_shutdown(confinement: ConfinementChoice) -> None:
    async def scenario() -> None:
        async with running_lab(confinement, config=basic(extensions=FUNCTIONS / "extension")) as running:
            result = await running.call(log_type="Tail")
            assert result.function_error is None
            await running.call()
        assert _extension_lines(running) == [
            "extension handler False",
            "extension INVOKE",
            "extension INVOKE",
            "extension SHUTDOWN spindown",
        ]

    run(scenario())


@pytest.mark.parametrize(
    ("event", "reason", "timeout_s"),
    # The event behind it must be answered within this time, on a busy machine, too.
    [({"do": "exit", "code": 1}, "failure", 20.0), ({"do": "sleep", "seconds": 30}, "timeout", 4.0)],
)
def test_a_reset_tells_the_extension_why_and_starts_it_again(
    event: dict[str, object], reason: str, timeout_s: float
) -> None:
    async def scenario() -> None:
        config = basic(extensions=FUNCTIONS / "extension", timeout_s=timeout_s)
        async with running_lab(config=config) as running:
            await running.call(event)
            await running.call()
            # The extension hears of the invocation beside the function, and perhaps after it.
            await until(lambda: _extension_lines(running)[-1] == "extension INVOKE")
            lines = _extension_lines(running)
            assert f"extension SHUTDOWN {reason}" in lines
            assert lines.count("extension handler False") == 2

    run(scenario())


def test_an_extension_that_does_not_register_fails_the_initialisation(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_lab("none", config=basic(extensions=tmp_path, timeout_s=1.0)) as running:
            result = await running.call()
            assert result.function_error == "Unhandled"
            assert json.loads(result.payload) == {
                "errorType": "Extension.Crash",
                "errorMessage": f"RequestId: {result.request_id} Error: exit status 9",
            }

    (tmp_path / "broken").write_text("#!/bin/sh\nexit 9\n")
    (tmp_path / "broken").chmod(0o755)
    run(scenario())


@pytest.mark.parametrize(
    ("how", "error_type", "error"),
    [
        ("init", "Extension.InitError", "exit status 4"),
        ("exit", "Extension.ExitError", "exit status 5"),
        ("crash", "Extension.Crash", "signal: aborted"),
    ],
)
def test_an_extension_that_fails_fails_the_invocation_by_its_name(
    how: str, error_type: str, error: str
) -> None:
    async def scenario() -> None:
        config = basic(extensions=EXTENSIONS / "failing", environment={"FAILS": how})
        async with running_lab(config=config) as running:
            result = await running.call({"do": "sleep", "seconds": 5}, log_type="Tail")
            assert result.function_error == "Unhandled"
            assert json.loads(result.payload) == {
                "errorType": error_type,
                "errorMessage": f"RequestId: {result.request_id} Error: {error}",
            }
            assert result.log_tail is not None
            assert f"Status: error\tError Type: {error_type}".encode() in result.log_tail

    run(scenario())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="older runtimes block signals while they poll")
def test_an_extension_that_is_deaf_to_the_shutdown_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        config = basic(extensions=EXTENSIONS / "failing", environment={"FAILS": "never"})
        async with running_lab(config=config) as running:
            await running.call()
        # Python under awslambdaric ends at once on SIGTERM: nothing else is waited for.

    # A reader that waits, waits for longer than a test may take.
    monkeypatch.setattr(life, "_BUDGET_EXTERNAL_S", 3600.0)
    run(scenario())


@needs_bubblewrap
@pytest.mark.parametrize(
    ("content", "mode", "number", "error"),
    [
        ("#!/bin/sh\n", 0o644, 1, "fork/exec /opt/extensions/e0: permission denied"),
        ("\x7fELF", 0o755, 1, "fork/exec /opt/extensions/e0: exec format error"),
        ("#!/bin/sh\n", 0o755, 11, "ErrTooManyExtensions"),
    ],
)
def test_an_extension_that_cannot_be_started_is_told_as_the_emulator_does(
    tmp_path: Path, content: str, mode: int, number: int, error: str
) -> None:
    async def scenario() -> None:
        config = basic(extensions=tmp_path, log_format="JSON", declared=Declared(system_log_level="DEBUG"))
        async with running_lab(config=config) as running:
            result = await running.call()
            assert json.loads(result.payload) == {
                "errorType": "Extension.LaunchError",
                "errorMessage": f"RequestId: {result.request_id} Error: {error}",
            }
        told = [json.loads(line.text)["type"] for line in running.lines if line.source == "platform"]
        assert "platform.initReport" in told
        assert "platform.initRuntimeDone" not in told, "there was no runtime"

    tmp_path.chmod(0o755)
    for index in range(number):
        (tmp_path / f"e{index}").write_text(content)
        (tmp_path / f"e{index}").chmod(mode)
    run(scenario())


def test_an_extension_that_dies_between_invocations_takes_the_runtime_with_it() -> None:
    async def scenario() -> None:
        config = basic(extensions=EXTENSIONS / "failing", environment={"FAILS": "never"})
        async with running_lab("none", config=config) as running:
            before = await running.ask("facts")
            await until(lambda: "frozen" in running.kinds())
            (pids,) = running.lab.processes("f").values()
            (extension,) = {pid for pid in pids if _command(pid).endswith("/failing")}
            os.kill(extension, signal.SIGKILL)
            # An invocation that is quicker than the word of its end is served, or fails with it.
            while json.loads((await running.call({"do": "facts"})).payload).get("pid") in (
                None,
                before["pid"],
            ):
                continue
            assert running.kinds().count("reset") == 1
            assert not is_alive(before["pid"])

    run(scenario())


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1].decode()
