"""The environment with the libraries that the functions here use, made on first use."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import subprocess
import sys
from pathlib import Path

from tests.interpreters import UV
from tests.rie import ROOT

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
FOLDER = ROOT / ".venvs" / "real"
# Some hundred megabytes of wheels, where nothing is cached.
INSTALL_TIMEOUT_S = 170


@functools.cache
def real_python() -> Path:
    """The python of an environment with requirements.txt and the checkout's Dayfly.

    It is of the version that runs the tests, and made again when the requirements or that version change.
    Safe to call from many processes at once. Raises subprocess.CalledProcessError if it cannot be made.
    """
    python = FOLDER / "bin" / "python"
    base = Path(sys.executable).resolve()
    key = hashlib.sha256(f"compiled {base} {sys.version}\n{REQUIREMENTS.read_text()}".encode()).hexdigest()
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with (FOLDER.parent / "real.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = FOLDER / "complete"
        if not complete.exists() or complete.read_text() != key:
            _run(UV, "venv", "--quiet", "--clear", "--python", str(base), str(FOLDER))
            # Compiled once here: functions start without leave to write, as on Lambda.
            _run(
                *(UV, "pip", "install", "--quiet", "--compile-bytecode"),
                *("--python", str(python), "-r", str(REQUIREMENTS)),
            )
            for site_packages in FOLDER.glob("lib/python3.*/site-packages"):
                (site_packages / "dayfly-checkout.pth").write_text(f"{ROOT / 'src'}\n")
            complete.write_text(key)
    return python


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_TIMEOUT_S, cwd="/")
    except subprocess.CalledProcessError as error:
        error.add_note(error.stderr.decode(errors="replace"))
        raise


if __name__ == "__main__":
    # Before the tests: where no wheel is cached it takes longer than a test may.
    print(real_python())
