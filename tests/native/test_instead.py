"""Where the native supervisor cannot be executed the Python supervisor serves, and standard error and the first record say why."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from native.build import BINARIES
from tests.layer.managed import started_as
from tests.native.test_serving import INSTEAD, NATIVE, SUPERVISOR
from tests.rie import ROOT
from tests.runtimes import RuntimeProcess

pytestmark = pytest.mark.skipif(not SUPERVISOR.is_file(), reason="not built: make setup")

MACHINE = platform.machine()
ASKED = "DAYFLY_SUPERVISOR is native, but the Python supervisor serves"


def remove(program: Path) -> None:
    program.unlink()


def lose_mode(program: Path) -> None:
    program.chmod(0o644)


def spoil(program: Path) -> None:
    """Name a processor that does not exist: emulators register themselves for those that do."""
    data = bytearray(program.read_bytes())
    data[18:20] = b"\xff\xff"
    program.write_bytes(data)


def cut(program: Path) -> None:
    program.write_bytes(b"")


DAMAGES: Mapping[str, tuple[Callable[[Path], None], str]] = {
    "missing": (remove, "is missing"),
    "lost mode": (lose_mode, "may not be executed: its mode was lost, or its file system is mounted noexec"),
    "other processor": (spoil, "is not for this machine's processor"),
    "empty": (cut, "is not for this machine's processor"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("asked", [NATIVE, {}], ids=["asked for", "default"])
def test_the_python_supervisor_serves_and_says_why(
    damage: str, asked: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAYFLY_SUPERVISOR", raising=False)
    package = tmp_path / "lib" / "dayfly"
    package.mkdir(parents=True)
    for part in (ROOT / "src" / "dayfly").iterdir():
        if part.name not in ("bin", "__pycache__"):
            (package / part.name).symlink_to(part)
    shutil.copytree(BINARIES / MACHINE, package / "bin" / MACHINE)
    act, why = DAMAGES[damage]
    act(package / "bin" / MACHINE / "supervisor")
    (tmp_path / "app.py").write_text("import os\ndef handler(event, context):\n    return os.getpid()\n")
    environment = {"PYTHONPATH": str(tmp_path / "lib"), **asked}
    with RuntimeProcess(
        tmp_path, "app.handler", runtime="dayfly", environment=environment, telemetry=True
    ) as side:
        workers = {side.invoke({}).payload for _ in range(2)}
        started, printed = started_as(side), side.output()
    assert len(workers) == 2
    assert started["supervisor"] == "python"
    assert why in str(started["supervisor_reason"])
    assert f"{INSTEAD}{started['supervisor_reason']}\n" in printed
    # What was asked for and is not so is a limit; a default is none.
    assert (ASKED in str(started["not_promised"])) is bool(asked)


def test_what_is_handed_over_later_is_said_in_the_first_record_as_well(tmp_path: Path) -> None:
    """By native code that has begun."""
    (tmp_path / "app.py").write_text(
        "import os\ndef handler(event, context):\n    return [name for name in os.environ if name.startswith('_DAYFLY')]\n"
    )
    environment = {**NATIVE, "DAYFLY_FORK_BEFORE": "app:" + "x" * 125_000}
    with RuntimeProcess(
        tmp_path, "app.handler", runtime="dayfly", environment=environment, telemetry=True
    ) as side:
        seen = side.invoke({}).payload
        started, printed = started_as(side), side.output()
    assert (started["supervisor"], started["supervisor_reason"]) == ("python", "its settings are too long")
    assert "_DAYFLY_INSTEAD" not in str(seen)
    assert f"{INSTEAD}its settings are too long\n" in printed
