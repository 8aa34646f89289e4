"""The environments with the libraries that honest functions use, made on first use."""

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
FOLDER = ROOT / ".venvs"
# Some hundred megabytes of wheels, where nothing is cached.
INSTALL_TIMEOUT_S = 170


@functools.cache
def real_python(requirements: Path = REQUIREMENTS) -> Path:
    """The python of an environment with the requirements and the checkout's Dayfly, named for their folder.

    It is of the version that runs the tests, and made again when the requirements or that version change.
    Safe to call from many processes at once. Raises subprocess.CalledProcessError if it cannot be made.
    """
    folder = FOLDER / requirements.parent.name
    python = folder / "bin" / "python"
    base = Path(sys.executable).resolve()
    key = hashlib.sha256(f"compiled {base} {sys.version}\n{requirements.read_text()}".encode()).hexdigest()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = folder / "complete"
        if not complete.exists() or complete.read_text() != key:
            _run(UV, "venv", "--quiet", "--clear", "--python", str(base), str(folder))
            # Compiled once here: functions start without leave to write, as on Lambda.
            _run(
                *(UV, "pip", "install", "--quiet", "--compile-bytecode"),
                *("--python", str(python), "-r", str(requirements)),
            )
            for site_packages in folder.glob("lib/python3.*/site-packages"):
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
    for found in sorted(ROOT.glob("tests/*/requirements.txt")):
        print(real_python(found))
