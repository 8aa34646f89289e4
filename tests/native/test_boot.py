"""Starts: settings that are wrong, an address that is missing, and rule 0 with bystanders of the same user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.namespace import in_namespace
from tests.runtimes import RuntimeProcess, is_finding
from tests.unprivileged import UID

from dayfly.testing.runtime_api import FakeRuntimeApi

HANDLER = """
import os, subprocess, sys, tempfile

def handler(event, context):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv("/bin/sleep", ["/bin/sleep", "601"])
        os._exit(0)
    child = subprocess.Popen(["/bin/sleep", "602"])
    left = tempfile.NamedTemporaryFile(delete=False)
    open("/tmp/outside", "a").write("x")
    return {"temporary": tempfile.gettempdir(), "seen": sorted(os.listdir("/tmp"))}
"""


def pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def command_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
    except OSError:
        # It has ended meanwhile.
        return []


def run_runtime(folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dayfly.runtime", "app.handler"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_without_a_runtime_api_it_ends_with_2_and_says_who_starts_it(tmp_path: Path) -> None:
    done = run_runtime(tmp_path, {})
    assert done.returncode == 2
    assert "AWS_LAMBDA_RUNTIME_API is not set" in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_handler_it_ends_with_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dayfly.runtime"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "no handler was given" in done.stderr


BAD: dict[str, tuple[dict[str, str], bytes | None, str]] = {
    "variable": ({"DAYFLY_ISOLATION": "sometimes"}, None, "DAYFLY_ISOLATION is 'sometimes'"),
    "value in the file": ({}, b'isolation = "sometimes"', "dayfly.toml: isolation is 'sometimes'"),
    "unknown name in the file": ({}, b'isolaton = "process"', "'isolaton'"),
    "file that is no TOML": ({}, b"isolation = ", "dayfly.toml cannot be read"),
    "file that is no UTF-8": ({}, b'isolation = "\xff"', "dayfly.toml cannot be read"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_setting_ends_with_2_and_is_reported_as_an_init_error(tmp_path: Path, case: str) -> None:
    environment, file, text = BAD[case]
    (tmp_path / "app.py").write_text("raise SystemExit('function code was run')")
    if file is not None:
        (tmp_path / "dayfly.toml").write_bytes(file)
    with FakeRuntimeApi() as api:
        done = run_runtime(tmp_path, {"AWS_LAMBDA_RUNTIME_API": api.address, **environment})
        (request,) = api.init_errors
    assert done.returncode == 2
    assert text in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "function code" not in done.stderr
    report = json.loads(request.body)
    assert report["errorType"] == "Dayfly.InvalidSetting"
    assert text in report["errorMessage"]


def test_a_wrong_setting_without_a_platform_still_ends_with_2(tmp_path: Path) -> None:
    done = run_runtime(tmp_path, {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "DAYFLY_TMP": "x"})
    assert done.returncode == 2
    assert "DAYFLY_TMP is 'x'" in done.stderr
    assert "cannot be reached" in done.stderr


def wait_for_gone(*commands: str) -> None:
    end = time.monotonic() + 60
    while any(command in " ".join(command_of(pid)) for pid in pids() for command in commands):
        assert time.monotonic() < end, "the runtime left processes"
        time.sleep(0.005)


def start_bystander() -> None:
    subprocess.Popen(["/bin/sleep", "666"], user=UID if os.geteuid() == 0 else None, stdin=subprocess.DEVNULL)
    precious = Path("/tmp/precious")
    precious.mkdir()
    (precious / "letter").write_text("dear")
    for path in (precious, precious / "letter"):
        os.chown(path, UID, -1)


@pytest.mark.parametrize("scope", ["auto", "descendants"])
def test_on_a_machine_that_is_not_ours_only_what_the_function_started_is_touched(scope: str) -> None:
    """Rule 0, whole: the same user's process, files and directories beside the function's all stay."""

    def act() -> tuple[list[object], str]:
        folder = Path("/tmp/function")
        folder.mkdir()
        (folder / "app.py").write_text(HANDLER)
        environment = {"DAYFLY_SCOPE": scope, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with RuntimeProcess(folder, "app.handler", runtime="dayfly", environment=environment) as runtime:
            runtime.api.wait_until_ready()
            payloads = [runtime.invoke({}).payload for _ in range(3)]
            wait_for_gone("sleep 601", "sleep 602")
            assert any(command_of(pid) == ["/bin/sleep", "666"] for pid in pids())
            assert Path("/tmp/precious/letter").read_text() == "dear"
            assert Path("/tmp/outside").read_text() == "xxx"
            output = runtime.output()
            runtime.process.terminate()
            runtime.wait_exit()
        wait_for_gone("dayfly.runtime")
        assert any(command_of(pid) == ["/bin/sleep", "666"] for pid in pids())
        assert not [name for name in os.listdir("/tmp") if name.startswith("dayfly-")]
        return payloads, output

    payloads, output = in_namespace(act, before=start_bystander)
    for payload in payloads:
        assert isinstance(payload, dict)
        assert payload["temporary"].startswith("/tmp/dayfly-")
    findings = [json.loads(line) for line in output.splitlines() if is_finding(line)]
    assert findings[0]["finding_info"]["types"] == ["environment.started"]
    assert findings[0]["unmapped"]["evidence"]["scope"] == "descendants"
    promised = findings[0]["unmapped"]["evidence"]["not_promised"]
    assert promised[0].startswith("not removed: processes that hide from Dayfly")
    assert f"{len(promised)} limits" in findings[0]["message"]
    kinds = [finding["finding_info"]["types"][0] for finding in findings]
    assert kinds.count("residue.process") == 3
    assert kinds.count("residue.file") == 3


EARLIER_LIFE_HANDLER = """
import os
seen = sorted(os.listdir("/tmp"))
def command_of(pid):
    try:
        return open(f"/proc/{pid}/cmdline").read()
    except OSError:
        # It was dead, and goes meanwhile.
        return ""
running = [command for command in map(command_of, filter(str.isdigit, os.listdir("/proc"))) if "666" in command]

def handler(event, context):
    return [seen, running]
"""


def leave_an_earlier_life() -> None:
    """Leave what a poisoned life of the environment leaves, and code that is root's, as Lambda's is."""
    start_bystander()
    Path("/tmp/cached.py").write_text("poisoned = True")
    os.chown("/tmp/cached.py", UID, -1)
    Path("/tmp/task").mkdir()
    Path("/tmp/task/app.py").write_text(EARLIER_LIFE_HANDLER)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can own the code of an unprivileged function")
def test_where_the_environment_is_ours_an_earlier_life_is_ended_before_any_function_code() -> None:
    """Rule 1."""

    def act() -> tuple[object, str]:
        environment = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "DAYFLY_SCOPE": "environment",
        }
        with (
            FakeRuntimeApi() as api,
            subprocess.Popen(
                [sys.executable, "-m", "dayfly.runtime", "app.handler"],
                cwd="/tmp/task",
                env={**environment, "AWS_LAMBDA_RUNTIME_API": api.address},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process,
        ):
            payload = api.send({}).wait(60).payload
            process.terminate()
            output, _ = process.communicate(timeout=60)
        return payload, output

    payload, output = in_namespace(act, before=leave_an_earlier_life)
    assert payload == [["task"], []]
    assert "the runtime restarted in this environment: 1 processes were ended and 3 files removed" in output
