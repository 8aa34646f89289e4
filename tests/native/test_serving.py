"""A native program supervises, with every setting, and refuses what it cannot use."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from pathlib import Path

import pytest
from native.build import BINARIES
from tests.layer.managed import started_as
from tests.runtimes import RuntimeProcess

SUPERVISOR = BINARIES / platform.machine() / "supervisor"
NOT_ACTIVE = "dayfly: not active"
HANDLER = "import os\ndef handler(event, context):\n    return os.getpid()\n"

pytestmark = pytest.mark.skipif(not SUPERVISOR.is_file(), reason="not built: make setup")


def _serve(folder: Path, environment: Mapping[str, str], *, init: str = "") -> tuple[bool, str, int]:
    """Serve two events; return whether the supervisor is native code, what was printed, and how many workers served."""
    (folder / "app.py").write_text(init + HANDLER)
    with RuntimeProcess(folder, "app.handler", runtime="dayfly", environment=environment) as side:
        side.api.wait_until_ready()
        pids = {side.invoke({}).payload for _ in range(2)}
        is_native = _maps_no_interpreter(side.pid)
        return is_native, side.output(), len(pids)


def _maps_no_interpreter(pid: int) -> bool:
    return "/lib/" not in Path(f"/proc/{pid}/maps").read_text()


def test_native_code_serves_every_event_in_a_worker_of_its_own(tmp_path: Path) -> None:
    is_native, printed, workers = _serve(tmp_path, {})
    assert is_native
    assert NOT_ACTIVE not in printed
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
    assert NOT_ACTIVE not in printed


def test_settings_in_a_file_are_read_for_it(tmp_path: Path) -> None:
    (tmp_path / "dayfly.toml").write_text('keep = ["/tmp/cache/**"]\n[policy.read]\nallow = ["*"]\n')
    is_native, printed, workers = _serve(tmp_path, {})
    assert (is_native, workers) == (True, 2)
    assert NOT_ACTIVE not in printed


def test_a_worker_does_not_see_how_settings_came(tmp_path: Path) -> None:
    (tmp_path / "dayfly.toml").write_text('max_age = "1m"\n')
    (tmp_path / "app.py").write_text(
        "import os\ndef handler(event, context):\n    return [name for name in os.environ if name.startswith('_DAYFLY')]\n"
    )
    with RuntimeProcess(tmp_path, "app.handler", runtime="dayfly", environment={}) as side:
        assert side.invoke({}).payload == []


def test_code_that_the_function_can_write_is_named_in_the_first_record(tmp_path: Path) -> None:
    """Scope `descendants`; in scope `environment` it is compared."""
    (tmp_path / "app.py").write_text(HANDLER)
    environment = {"DAYFLY_SCOPE": "descendants"}
    with RuntimeProcess(
        tmp_path, "app.handler", runtime="dayfly", environment=environment, telemetry=True
    ) as side:
        side.api.wait_until_ready()
        started = started_as(side)
    assert "the function can write its own code: a rebuilt zygote loads changed code" in str(
        started["not_promised"]
    )


@pytest.mark.parametrize(
    ("file", "environment", "words"),
    [
        ("max_age = 'long'\n", {}, "dayfly.toml: max_age is"),
        ("max_aeg = '1m'\n", {}, "unknown setting 'max_aeg'"),
        ("", {"DAYFLY_MAX_AGE": "long"}, "DAYFLY_MAX_AGE is 'long'"),
        ("", {"DAYFLY_FLEET_KEY": "0f" * 31 + "0g"}, "DAYFLY_FLEET_KEY is not a valid key"),
        ("", {"DAYFLY_FLEET_KEY": "0f" * 33}, "DAYFLY_FLEET_KEY is not a valid key"),
        # There was one.
        ("supervisor = 'python'\n", {}, "unknown setting 'supervisor'"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(
    file: str, environment: Mapping[str, str], words: str, tmp_path: Path
) -> None:
    if file:
        (tmp_path / "dayfly.toml").write_text(file)
    (tmp_path / "app.py").write_text(HANDLER)
    with RuntimeProcess(tmp_path, "app.handler", runtime="dayfly", environment=environment) as side:
        refused = json.loads(side.api.wait_init_error().body)
        assert side.process.wait(60) == 2
    assert refused["errorType"] == "Dayfly.InvalidSetting"
    assert words in refused["errorMessage"]
    assert "0f" not in refused["errorMessage"]


def test_native_code_serves_a_function_that_cannot_be_forked_in_its_own_process(tmp_path: Path) -> None:
    init = "import socket\nlistener = socket.create_server(('127.0.0.1', 0))\n"
    is_native, printed, workers = _serve(tmp_path, {}, init=init)
    assert (is_native, workers) == (True, 1)
    assert "not-forkable" in printed
    assert "the function runs in process isolation, because" in printed
    assert NOT_ACTIVE not in printed


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
    assert NOT_ACTIVE not in printed
