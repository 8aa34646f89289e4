"""Where the supervisor cannot be executed nothing protects the function, and standard error and a finding say so."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest
from native.build import BINARIES
from tests.confined import confinement_here
from tests.layer.managed import finding_of, started_as
from tests.native.test_serving import SUPERVISOR
from tests.refused_calls import refusing
from tests.rie import ROOT
from tests.runtimes import RuntimeProcess

pytestmark = [
    pytest.mark.skipif(not SUPERVISOR.is_file(), reason="not built: make setup"),
    pytest.mark.skipif(confinement_here().kind == "none", reason="no confinement"),
]

MACHINE = platform.machine()
UNPROTECTED = "dayfly: not active, the function is NOT PROTECTED and runs without Dayfly: "
REFUSED = "dayfly: cannot start, and "
FUNCTION = """
import os
def handler(event, context):
    return [os.getpid(), [name for name in os.environ if name.startswith(("_DAYFLY", "DAYFLY_FLEET"))]]
"""
KEY = {"DAYFLY_FLEET_KEY": "ab" * 32}


def remove(program: Path) -> None:
    program.unlink()


def lose_mode(program: Path) -> None:
    program.chmod(0o644)


def spoil(program: Path) -> None:
    """Name a processor that does not exist: emulators register themselves for those that do."""
    data = bytearray(program.read_bytes())
    data[18:20] = b"\xff\xff"
    program.write_bytes(data)


def empty(program: Path) -> None:
    program.write_bytes(b"")


def overwrite(program: Path) -> None:
    program.write_bytes(b"\x7fELF" + bytes(1000))


# What leaves no supervisor to execute, and the reason that is given.
DAMAGES: Mapping[str, tuple[Callable[[Path], None], str]] = {
    "missing": (remove, "is missing"),
    "other processor": (spoil, "is not for this machine's processor, or is damaged"),
    "empty": (empty, "is not for this machine's processor, or is damaged"),
    "overwritten": (overwrite, "is not for this machine's processor, or is damaged"),
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package whose programs may be damaged, and a function beside it."""
    package = tmp_path / "lib" / "dayfly"
    package.mkdir(parents=True)
    for part in (ROOT / "src" / "dayfly").iterdir():
        if part.name not in ("bin", "__pycache__"):
            (package / part.name).symlink_to(part)
    shutil.copytree(BINARIES / MACHINE, package / "bin" / MACHINE)
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "app.py").write_text(FUNCTION)
    for path in tmp_path.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    return package


class Confined(RuntimeProcess):
    """`python -m dayfly.runtime` as PID 1 of its namespace, as the first process of a container is."""

    def __init__(
        self,
        package: Path,
        *,
        through: Sequence[str] = (),
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        folder = package.parent.parent
        environment = {"PYTHONPATH": str(package.parent), **variables}
        super().__init__(
            folder / "task", "app.handler", runtime="dayfly", environment=environment, telemetry=True
        )
        self._command = confinement_here().wrap(
            [*through, *self._command], task=folder / "task", binds=[package.parent]
        )


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_function_runs_unprotected_and_everybody_is_told(damage: str, package: Path) -> None:
    act, why = DAMAGES[damage]
    act(package / "bin" / MACHINE / "supervisor")
    with Confined(package, variables=KEY) as side:
        answers = [side.invoke({}).payload for _ in range(2)]
        said = side.output()
    # One process for both events, without anything of Dayfly's in its variables.
    assert answers[0] == answers[1] == [1, []]
    line = next(line for line in said.splitlines() if line.startswith(UNPROTECTED))
    assert why in line
    finding = finding_of(said, "environment.unprotected")
    reason = line.removeprefix(UNPROTECTED)
    assert finding["message"] == f"Dayfly: NOT PROTECTED: the function runs without Dayfly: {reason}"
    assert finding["severity"] == "Critical"
    assert "environment.started" not in said


def test_stop_ends_the_start(package: Path) -> None:
    remove(package / "bin" / MACHINE / "supervisor")
    for word in ("stop", "Stop"):
        with Confined(package, variables={"DAYFLY_ON_FAILURE": word}) as side:
            assert side.wait_exit() == 1
            assert side.output().startswith(f"{REFUSED}DAYFLY_ON_FAILURE is stop: ")
            assert side.api.requests == []


def test_a_later_start_does_not_run_unprotected(package: Path) -> None:
    """Its parent has waited for a child: the runtime before it."""
    remove(package / "bin" / MACHINE / "supervisor")
    with Confined(package, through=["/bin/sh", "-c", '/bin/true; "$@"; exit $?', "sh"]) as side:
        assert side.wait_exit() == 1
        said = side.output()
        assert side.api.requests == []
    assert said.startswith(f"{REFUSED}after an environment's first start the function must not run without")


def test_a_program_that_fails_is_not_taken_for_one_that_cannot_run(package: Path) -> None:
    """It may do so for want of what a request has used up."""
    program = package / "bin" / MACHINE / "supervisor"
    program.write_bytes(b"#!/bin/sh\nexit 3\n")
    with Confined(package) as side:
        assert side.wait_exit() == 1
        said = side.output()
        assert side.api.requests == []
    assert said.startswith(f"{REFUSED}after a failure of this kind the function must not run without Dayfly")
    assert "ended with 3" in said


def test_without_its_mode_the_supervisor_runs_from_memory(package: Path) -> None:
    """As pip installs of some tools, and layers that were packed again, leave it."""
    for program in (package / "bin" / MACHINE).iterdir():
        lose_mode(program)
    with Confined(package) as side:
        workers = {str(side.invoke({}).payload) for _ in range(2)}
        started = started_as(side)
    assert len(workers) == 2
    assert started["memory"] == "closed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_on_a_file_system_without_execution_the_supervisor_runs_from_memory(package: Path) -> None:
    place = package / "bin"
    mount = f"mount -t tmpfs -o noexec,mode=755 none {place} && cp -a {place}-copy/. {place}"
    shutil.copytree(place, f"{place}-copy")
    trial = ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh"]
    if subprocess.run([*trial, "true"], capture_output=True, timeout=60).returncode:
        pytest.skip("this machine mounts nothing")
    side = Confined(package)
    side._command = [*trial, *side._command]
    with side:
        workers = {str(side.invoke({}).payload) for _ in range(2)}
        assert "environment.started" in side.telemetry()
    assert len(workers) == 2


def test_without_its_mode_and_without_memory_files_nothing_protects(package: Path) -> None:
    lose_mode(package / "bin" / MACHINE / "supervisor")
    through = refusing("memfd_create", sys.executable)
    with Confined(package, through=through) as side:
        assert side.invoke({}).payload == [1, []]
        said = side.output()
    assert UNPROTECTED in said
    assert "may not be executed: its mode was lost, or its file system is mounted noexec" in said
