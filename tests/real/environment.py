"""The environments with the libraries that honest functions use, made on first use."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Literal

from tests.interpreters import UV
from tests.rie import MODULES, ROOT
from tests.wheels import RUNTIME, wheel_of

Install = Literal["pip", "layer"]

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
# Of functions that compute, beside them as they are deployed.
LIBRARIES = Path(__file__).parent / "functions" / "libraries" / "requirements.txt"
FOLDER = ROOT / ".venvs"
# Some hundred megabytes of wheels, where nothing is cached.
INSTALL_TIMEOUT_S = 500


@functools.cache
def real_python(requirements: Path = REQUIREMENTS) -> Path:
    """The python of an environment with the requirements and this checkout's Dayfly, named for their folder.

    Dayfly is installed there from its wheel, as users install it, and installed again when the source changes. The
    environment is of the version that runs the tests, and made again when the requirements or that version change.
    Safe to call from many processes at once. Raises subprocess.CalledProcessError if it cannot be made.
    """
    folder = FOLDER / requirements.parent.name
    python = folder / "bin" / "python"
    base = Path(sys.executable).resolve()
    key = hashlib.sha256(f"copied {base} {sys.version}\n{requirements.read_text()}".encode()).hexdigest()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = folder / "complete"
        if not complete.exists() or complete.read_text() != key:
            _run(UV, "venv", "--quiet", "--clear", "--python", str(base), str(folder))
            # Compiled once here: functions start without leave to write, as on Lambda. Copied: a link that another
            # environment makes to the same file changes its ctime, by which the guard notices that a file was replaced.
            _run(
                *(UV, "pip", "install", "--quiet", "--compile-bytecode", "--link-mode", "copy"),
                *("--python", str(python), "-r", str(requirements)),
            )
            complete.write_text(key)
        installed = folder / "dayfly-installed"
        wheel = wheel_of(RUNTIME)
        if not installed.exists() or installed.read_text() != wheel.parent.name:
            _run(
                *(UV, "pip", "install", "--quiet", "--compile-bytecode", "--no-deps", "--reinstall"),
                *("--python", str(python), str(wheel)),
            )
            installed.write_text(wheel.parent.name)
    return python


@functools.cache
def unpacked_layer() -> Path:
    """The layer for the Python that runs the tests, built of the same source as the wheel, and unpacked as in /opt."""
    from tests.layer import managed

    opt = wheel_of(RUNTIME).with_name("opt")
    part = opt.with_name("part")
    with opt.with_name("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not opt.exists():
            managed.unpacked_layer(part, [".".join(map(str, sys.version_info[:2]))])
            part.rename(opt)
    return opt


def started_with(install: Install, python: Path, handler: str) -> list[str]:
    """The command that starts a function under Dayfly: of the environment, or the layer's wrapper as Lambda calls it."""
    if install == "pip":
        return [str(python), "-m", MODULES["dayfly"], handler]
    return [str(unpacked_layer() / "dayfly"), str(python), "-m", MODULES["plain"], handler]


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_TIMEOUT_S, cwd="/")
    except subprocess.CalledProcessError as error:
        error.add_note(error.stderr.decode(errors="replace"))
        raise


if __name__ == "__main__":
    # Before the tests: where no wheel is cached it takes longer than a test may.
    for found in sorted(ROOT.glob("tests/**/requirements.txt")):
        print(real_python(found))
