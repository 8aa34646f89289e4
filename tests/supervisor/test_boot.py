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

from dayfly._sys import proc
from dayfly.errors import SettingError
from dayfly.supervisor.life import observe_host, read_settings
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


def test_no_temporary_directory_to_be_had_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = {"DAYFLY_SUPERVISOR": "python", "TMPDIR": str(tmp_path / "file")}
    done = run_runtime(tmp_path, {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", **environment})
    assert done.returncode == 2
    assert "cannot create a temporary directory" in done.stderr


def test_settings_come_from_the_task_root_or_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dayfly.toml").write_text('tmp = "keep"')
    assert read_settings({"LAMBDA_TASK_ROOT": str(tmp_path)}).tmp == "keep"
    monkeypatch.chdir(tmp_path)
    assert read_settings({}).tmp == "keep"
    assert read_settings({"DAYFLY_TMP": "scrub"}).tmp == "scrub"
    assert read_settings({"LAMBDA_TASK_ROOT": str(tmp_path / "elsewhere")}).tmp == "scrub"


def test_a_settings_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "dayfly.toml").mkdir()
    with pytest.raises(SettingError, match=r"dayfly\.toml cannot be read"):
        read_settings({"LAMBDA_TASK_ROOT": str(tmp_path)})


def test_the_host_is_observed_as_it_is() -> None:
    facts = observe_host()
    assert facts.parent_pid == os.getppid()
    assert facts.pid_namespace == os.readlink("/proc/self/ns/pid")
    assert facts.init_command == (proc.command_line(1) or [""])[0]


def wait_for_gone(*commands: str) -> None:
    end = time.monotonic() + 60
    while any(
        command in " ".join(proc.command_line(pid)) for pid in proc.list_pids() for command in commands
    ):
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
            assert any(proc.command_line(pid) == ["/bin/sleep", "666"] for pid in proc.list_pids())
            assert Path("/tmp/precious/letter").read_text() == "dear"
            assert Path("/tmp/outside").read_text() == "xxx"
            output = runtime.output()
            runtime.process.terminate()
            runtime.wait_exit()
        wait_for_gone("dayfly.runtime")
        assert any(proc.command_line(pid) == ["/bin/sleep", "666"] for pid in proc.list_pids())
        assert not [name for name in os.listdir("/tmp") if name.startswith("dayfly-")]
        return payloads, output

    payloads, output = in_namespace(act, before=start_bystander)
    for payload in payloads:
        assert isinstance(payload, dict)
        assert payload["temporary"].startswith("/tmp/dayfly-")
    findings = [json.loads(line) for line in output.splitlines() if is_finding(line)]
    assert findings[0]["finding_info"]["types"] == ["environment.started"]
    assert findings[0]["unmapped"]["evidence"]["scope"] == "descendants"
    assert "processes and files outside its scope" in findings[0]["message"]
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
