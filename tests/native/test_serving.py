"""Which supervisor serves, and what standard error says where it is not the native one."""

from __future__ import annotations

import json
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
        return is_native, side.output(), len(pids)


def _maps_no_interpreter(pid: int) -> bool:
    return "/lib/" not in Path(f"/proc/{pid}/maps").read_text()


def test_native_code_serves_every_event_in_a_worker_of_its_own(tmp_path: Path) -> None:
    is_native, printed, workers = _serve(tmp_path, {})
    assert is_native
    assert INSTEAD not in printed
    assert workers == 2


def test_settings_that_it_serves(tmp_path: Path) -> None:
    asked = {
        "DAYFLY_ENVIRONMENT_MAX_AGE": "1h",
        "DAYFLY_KEEP": "/tmp/cache/**",
        "DAYFLY_SCRUB": "/mnt/work",
        "DAYFLY_CHANGED_CODE": "run",
        "DAYFLY_NETWORK": "none-where-allowed",
        "DAYFLY_LOG_INVOCATIONS": "on",
    }
    is_native, printed, workers = _serve(tmp_path, asked)
    assert (is_native, workers) == (True, 2)
    assert INSTEAD not in printed


def test_settings_in_a_file_are_read_for_it(tmp_path: Path) -> None:
    (tmp_path / "dayfly.toml").write_text('keep = ["/tmp/cache/**"]\n[policy.read]\nallow = ["*"]\n')
    is_native, printed, workers = _serve(tmp_path, {})
    assert (is_native, workers) == (True, 2)
    assert INSTEAD not in printed


def test_a_worker_does_not_see_how_settings_came(tmp_path: Path) -> None:
    (tmp_path / "dayfly.toml").write_text('max_age = "1m"\n')
    (tmp_path / "app.py").write_text(
        "import os\ndef handler(event, context):\n    return [name for name in os.environ if name.startswith('_DAYFLY')]\n"
    )
    with RuntimeProcess(tmp_path, "app.handler", runtime="dayfly", environment=NATIVE) as side:
        assert side.invoke({}).payload == []


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
    ("file", "environment", "words"),
    [
        ("max_age = 'long'\n", {}, "dayfly.toml: max_age is"),
        ("max_aeg = '1m'\n", {}, "unknown setting 'max_aeg'"),
        ("", {"DAYFLY_MAX_AGE": "long"}, "DAYFLY_MAX_AGE is 'long'"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_in_pythons_words(
    file: str, environment: Mapping[str, str], words: str, tmp_path: Path
) -> None:
    if file:
        (tmp_path / "dayfly.toml").write_text(file)
    (tmp_path / "app.py").write_text(HANDLER)
    found = []
    for supervisor in ("native", "python"):
        both = {**environment, "DAYFLY_SUPERVISOR": supervisor}
        with RuntimeProcess(tmp_path, "app.handler", runtime="dayfly", environment=both) as side:
            found.append(json.loads(side.api.wait_init_error().body))
            assert side.process.wait(60) == 2
    assert found[0] == found[1]
    assert words in found[0]["errorMessage"]


def test_native_code_serves_a_function_that_cannot_be_forked_in_its_own_process(tmp_path: Path) -> None:
    init = "import mmap\nshared = mmap.mmap(-1, 4096)\n"
    is_native, printed, workers = _serve(tmp_path, {}, init=init)
    assert (is_native, workers) == (True, 1)
    assert "not-forkable" in printed
    assert "the function runs in process isolation, because" in printed
    assert INSTEAD not in printed


@pytest.mark.parametrize(
    "environment",
    [
        {"DAYFLY_ISOLATION": "window"},
        {"DAYFLY_ISOLATION": "process"},
        {"DAYFLY_ISOLATION": "window", "DAYFLY_TENANT": "lambda"},
    ],
    ids=["window", "process", "tenants"],
)
def test_native_code_serves_several_events_in_one_worker(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    is_native, printed, workers = _serve(tmp_path, environment)
    assert is_native
    # Nobody's events share no worker.
    assert workers == (2 if "DAYFLY_TENANT" in environment else 1)
    assert INSTEAD not in printed


def test_a_value_that_names_no_supervisor_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dayfly.runtime", "app.handler"],
        cwd=tmp_path,
        env={**os.environ, "DAYFLY_SUPERVISOR": "rust", "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "DAYFLY_SUPERVISOR is 'rust'" in done.stderr


def test_a_file_of_settings_chooses_the_python_supervisor_unless_a_variable_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAYFLY_SUPERVISOR", raising=False)
    (tmp_path / "app.py").write_text(HANDLER)
    (tmp_path / "dayfly.toml").write_text('supervisor = "python"\n')
    for environment, serves in (({}, "python"), (NATIVE, "native")):
        with RuntimeProcess(
            tmp_path, "app.handler", runtime="dayfly", environment=environment, telemetry=True
        ) as side:
            side.api.wait_until_ready()
            started, printed = started_as(side), side.output()
        assert started["supervisor"] == serves
        assert "supervisor_reason" not in started
        assert INSTEAD not in printed
