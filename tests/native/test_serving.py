"""DAYFLY_SUPERVISOR=native: which supervisor serves, and what standard error says where it is the other one."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from native.build import BINARIES
from tests.layer.managed import started_as
from tests.runtimes import RuntimeProcess

SUPERVISOR = BINARIES / platform.machine() / "supervisor"
NATIVE = {"DAYFLY_SUPERVISOR": "native"}
INSTEAD = "dayfly: the Python supervisor serves instead of the native one: "
HANDLER = "import os\ndef handler(event, context):\n    return os.getpid()\n"

pytestmark = pytest.mark.skipif(not SUPERVISOR.is_file(), reason="not built: make setup")


def _serve(folder: Path, environment: Mapping[str, str], *, init: str = "") -> tuple[bool, str, int]:
    """Serve two events; return whether the supervisor is native code, what was printed, and how many workers served."""
    (folder / "app.py").write_text(init + HANDLER)
    with RuntimeProcess(
        folder, "app.handler", runtime="dayfly", environment={**NATIVE, **environment}
    ) as side:
        side.api.wait_until_ready()
        pids = {side.invoke({}).payload for _ in range(2)}
        is_native = _maps_no_interpreter(side.pid)
        return is_native, side.new_output(), len(pids)


def _maps_no_interpreter(pid: int) -> bool:
    return "/lib/" not in Path(f"/proc/{pid}/maps").read_text()


def test_native_code_serves_every_event_in_a_worker_of_its_own(tmp_path: Path) -> None:
    is_native, printed, workers = _serve(tmp_path, {})
    assert is_native
    assert INSTEAD not in printed
    assert workers == 2


def test_code_that_the_function_can_write_is_named_in_the_first_record(tmp_path: Path) -> None:
    """Scope `descendants`; in scope `environment` the Python supervisor serves, which compares it."""
    (tmp_path / "app.py").write_text(HANDLER)
    environment = {**NATIVE, "DAYFLY_SCOPE": "descendants"}
    with RuntimeProcess(
        tmp_path, "app.handler", runtime="dayfly", environment=environment, telemetry=True
    ) as side:
        side.api.wait_until_ready()
        started = started_as(side)
    assert started["supervisor"] == "native"
    assert "the function can write its own code: a rebuilt zygote loads changed code" in str(
        started["not_promised"]
    )


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"DAYFLY_ISOLATION": "window"}, "DAYFLY_ISOLATION"),
        ({"DAYFLY_LOG_INVOCATIONS": "on"}, "DAYFLY_LOG_INVOCATIONS"),
        ({"DAYFLY_ENVIRONMENT_MAX_AGE": "1h"}, "DAYFLY_ENVIRONMENT_MAX_AGE"),
    ],
)
def test_a_setting_that_it_does_not_serve_is_python_s(
    environment: Mapping[str, str], why: str, tmp_path: Path
) -> None:
    is_native, printed, _workers = _serve(tmp_path, environment)
    assert not is_native
    assert INSTEAD + why in printed


def test_settings_in_a_file_are_python_s(tmp_path: Path) -> None:
    (tmp_path / "dayfly.toml").write_text('isolation = "invocation"\n')
    is_native, printed, workers = _serve(tmp_path, {})
    assert not is_native
    assert INSTEAD + "dayfly.toml" in printed
    assert workers == 2


def test_a_function_that_cannot_be_forked_is_python_s(tmp_path: Path) -> None:
    init = "import mmap\nshared = mmap.mmap(-1, 4096)\n"
    is_native, printed, workers = _serve(tmp_path, {}, init=init)
    assert not is_native
    assert INSTEAD + "the function cannot be forked" in printed
    assert workers == 1


def test_a_value_that_names_no_supervisor_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dayfly.runtime", "app.handler"],
        cwd=tmp_path,
        env={**os.environ, "DAYFLY_SUPERVISOR": "rust", "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert "DAYFLY_SUPERVISOR is rust" in done.stderr
