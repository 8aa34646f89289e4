"""Programs executed by the supervisor cannot be opened by others of their user, whatever files and host allow."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from native.build import NATIVE
from tests.lambda_refusals import install
from tests.native.compiled import (
    SANITIZERS,
    compile_program,
    find_gcc,
)
from tests.unprivileged import drop_privileges

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of another user are root's here")
SYSTEM = "/usr/bin/python3"
# What a function could ask of its own process.
LOOK = """
import errno, json, os, socket, sys
def opens(path):
    try:
        os.close(os.open(path, os.O_RDONLY))
    except PermissionError:
        return False
    return True
def reach(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as client:
        return errno.errorcode[client.connect_ex((host, port))]
print(json.dumps({
    "is_open": opens("/proc/self/mem"), "executable": sys.executable, "prefix": sys.base_prefix, "argv": sys.argv,
    "command": open("/proc/self/cmdline").read().split("\\0")[:2], "name": open("/proc/self/comm").read().strip(),
    "maps_its_file": os.path.realpath(sys.executable) in open("/proc/self/maps").read(),
    "left": sorted(name for name in os.environ if "DAYFLY" in name), "libraries": os.environ.get("LD_LIBRARY_PATH"),
    "connected": [reach(*at) for at in [("127.0.0.1", 1), ("0.0.0.0", 1), ("::ffff:127.0.0.1", 1), ("127.0.0.1", 2), ("::1", 1)]],
}))
"""
THIN = "int Py_BytesMain(int, char **); int main(int n, char **a) { return Py_BytesMain(n, a); }"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that everybody may enter, with the probe, the launcher and a program that looks at itself."""
    parts = [NATIVE / "supervisor" / name for name in ("closed.c", "programfile.c")]
    probe = compile_program([NATIVE / "tests" / "probe_closed.c", *parts], SANITIZERS)
    launcher = compile_program([NATIVE / "launcher" / "launcher.c"], ())
    # Not pytest's own folder, which nobody else may enter.
    with tempfile.TemporaryDirectory(prefix="dayfly-test-") as name:
        place = Path(name)
        place.chmod(0o755)
        shutil.copy(probe, place / "probe")
        shutil.copy(launcher, place / "launcher")
        (place / "look.py").write_text(LOOK)
        yield place


@pytest.fixture
def files(folder: Path) -> Path:
    """The folder, with the modes that a plain installation leaves."""
    for name in ("probe", "launcher"):
        (folder / name).chmod(0o755)
    return folder


def _thin(folder: Path, *flags: str) -> Path:
    """Return an interpreter that is a thin program over the system's libpython, or skip the test."""
    version = subprocess.run(
        [SYSTEM, "-c", "import sysconfig; print(sysconfig.get_config_var('VERSION'))"],
        capture_output=True,
        text=True,
    ).stdout.strip()
    libraries = Path("/usr/lib", f"{platform.machine()}-linux-gnu")
    library = libraries / f"libpython{version}.so.1.0"
    if not library.exists():
        pytest.skip(f"{library} is not installed")
    (folder / "lib").mkdir(exist_ok=True)
    moved = folder / "lib" / library.name
    if not moved.exists():
        shutil.copy(library, moved)
    program = folder / f"python{version}"
    done = subprocess.run(
        [find_gcc(), "-x", "c", "-", "-x", "none", str(library), *flags, "-o", str(program)],
        input=THIN,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    return program


def _run(
    files: Path, python: Path | str, *, as_on_lambda: bool = True, expected: int = 0, **variables: str
) -> tuple[dict[str, str], dict[str, object]]:
    """Return what the probe said of its doing (the last of each word) and what the interpreter found."""

    def become() -> None:
        drop_privileges()
        if as_on_lambda:
            install()

    done = subprocess.run(
        [files / "probe", files, python, files / "look.py", "word"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", **variables},
        preexec_fn=become,
    )
    assert done.returncode == expected, done.stderr
    said = dict(re.findall(r"(\w+)=(.*?)(?= \w+=|$)", done.stderr, re.MULTILINE))
    return said, json.loads(done.stdout) if expected == 0 else {}


def test_an_installation_that_lost_its_modes_is_closed_by_memory_files(files: Path) -> None:
    said, seen = _run(files, SYSTEM)
    assert (said["self"], said["open"], said["way"]) == ("memory file", "0", "memory file")
    # The launcher is found although what runs is no file.
    assert said["place"] == str(files)
    assert seen["is_open"] is False
    assert seen["executable"] == SYSTEM
    # What is copied is the loader alone, and the first word is for it.
    assert seen["maps_its_file"] is True
    assert seen["command"] == [SYSTEM, SYSTEM]
    assert seen["argv"] == [str(files / "look.py"), "word"]
    assert (seen["left"], seen["libraries"]) == ([], None)


def test_a_file_that_kept_its_mode_needs_no_copy(files: Path) -> None:
    (files / "probe").chmod(0o111)
    said, _ = _run(files, SYSTEM)
    assert (said["self"], said["open"]) == ("unreadable file", "0")


def test_prctl_is_enough_where_the_host_lets_us(files: Path) -> None:
    said, seen = _run(files, SYSTEM, as_on_lambda=False)
    assert (said["self"], said["open"]) == ("prctl", "0")
    # An execution undoes that: the interpreter needs its own.
    assert (said["way"], seen["is_open"]) == ("memory file", False)


def test_with_close_memory_off_all_stays_open_and_is_said(files: Path) -> None:
    said, seen = _run(files, SYSTEM, LEAVE_OPEN="1")
    assert (said["self"], said["way"], said["open"]) == ("open", "open", "1")
    assert said["why"] == "switched off by close_memory"
    assert seen["is_open"] is True


@pytest.mark.parametrize("keeps_mode", [True, False], ids=["mode-kept", "mode-lost"])
@pytest.mark.parametrize("flags", [(), ("-Wl,-rpath,$ORIGIN/lib",)], ids=["system", "beside"])
def test_a_thin_interpreter_is_the_launcher(files: Path, flags: tuple[str, ...], keeps_mode: bool) -> None:
    thin = _thin(files, *flags)
    if keeps_mode:
        (files / "launcher").chmod(0o111)
    said, seen = _run(files, thin)
    assert said["way"] == ("launcher" if keeps_mode else "memory file of the launcher")
    # The first three are the Runtime API, by each of its names; nothing listens there, nor at the others.
    assert seen["connected"] == ["EACCES"] * 3 + ["ECONNREFUSED"] * 2
    assert said["why"] == ""
    assert seen["is_open"] is False
    assert seen["executable"] == str(thin)
    assert (seen["left"], seen["libraries"]) == ([], None)


def test_without_a_launcher_a_thin_interpreter_finds_its_library_all_the_same(files: Path) -> None:
    thin = _thin(files, "-Wl,-rpath,$ORIGIN/lib")
    (files / "launcher").chmod(0o644)
    said, seen = _run(files, thin, LD_LIBRARY_PATH="/nowhere")
    assert said["way"] == "memory file"
    assert said["why"] == f"{files}/launcher may not be executed"
    assert seen["is_open"] is False
    assert seen["libraries"] == f"/nowhere:{files}/lib"


def test_a_script_that_starts_an_interpreter_is_executed_open_and_that_is_said(files: Path) -> None:
    script = files / "shim"
    script.write_text(f'#!/bin/sh\nexec {SYSTEM} "$@"\n')
    script.chmod(0o755)
    said, seen = _run(files, script)
    assert said["way"] == "open"
    assert said["why"] == f"{script}: it is no program of 64 bits"[:159]
    assert seen["is_open"] is True


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "or the loader it names is missing"),
        (
            lambda path: path.chmod(0o644),
            "may not be executed: its mode was lost, or its file system is mounted noexec",
        ),
        (lambda path: path.write_bytes(_other_machine(path)), "is not for this machine's processor"),
    ],
    ids=["missing", "no-mode", "other-processor"],
)
def test_what_cannot_be_executed_is_said_with_what_to_do(
    files: Path, spoil: Callable[[Path], object], words: str
) -> None:
    python = files / "python-copy"
    python.unlink(missing_ok=True)
    shutil.copy(os.path.realpath(SYSTEM), python)
    spoil(python)
    said, _ = _run(files, python, expected=4 if "processor" in words else 3)
    assert words in said["fault"]


def _other_machine(path: Path) -> bytes:
    data = bytearray(path.read_bytes())
    # e_machine: 243 is RISC-V, neither of Lambda's.
    data[18:20] = (243).to_bytes(2, "little")
    return bytes(data)
