"""Environments of pinned packages: what a protection needs, installed once, checked against hashes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from dayfly.lab.gauntlet.protection import UnavailableError

_REQUIREMENTS = Path(__file__).parent / "requirements"
# Some hundred megabytes of wheels, where nothing is cached.
_INSTALL_LIMIT_S = 600.0
_PROBE_LIMIT_S = 60.0
_REASON_LINES = 3
_LINE_LENGTH = 240
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def pinned(name: str) -> dict[str, str]:
    """The version of each package that `requirements/NAME.txt` pins."""
    return dict(_PIN.findall(_requirements(name).read_text()))


def _requirements(name: str) -> Path:
    return _REQUIREMENTS / f"{name}.txt"


def install(name: str, cache: Path, *, python: Path | None = None) -> Path:
    """An environment below `cache` with what `requirements/NAME.txt` pins; returns its interpreter. Blocking.

    There is one for each `python`, by default the one that runs; it is made again when the file changes. Safe to call from
    many processes at once. Packages without a wheel for this machine are built. Raises UnavailableError with what the
    installer said.
    """
    base = Path(sys.executable).resolve() if python is None else python
    # Installers run elsewhere.
    cache = cache.resolve()
    wanted = _requirements(name)
    key = hashlib.sha256(wanted.read_bytes()).hexdigest()
    folder = cache / f"environment-{hashlib.sha256(str(base).encode()).hexdigest()[:8]}"
    found = folder / "bin" / "python"
    complete = folder / "complete"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists() or complete.read_text() != key:
            shutil.rmtree(folder, ignore_errors=True)
            for command in _commands(base, folder, wanted):
                run = _run(command, limit_s=_INSTALL_LIMIT_S)
                if run.returncode != 0:
                    raise UnavailableError(
                        f"{Path(command[0]).name} {' '.join(command[1:3])} failed: {shortened(run.stderr)}",
                        hint="the installation needs PyPI, or an index configured for pip or uv",
                    )
            complete.write_text(key)
    return found


def _commands(base: Path, folder: Path, wanted: Path) -> list[list[str]]:
    """With uv where there is one, since it installs from its cache in a second; else with the interpreter's own pip."""
    checked = ["--require-hashes", "--no-deps", "-r", str(wanted)]
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv:
        compiled = ["--compile-bytecode", "--python", str(folder / "bin" / "python")]
        return [
            [uv, "venv", "--quiet", "--python", str(base), str(folder)],
            [uv, "pip", "install", "--quiet", *compiled, *checked],
        ]
    return [
        [str(base), "-m", "venv", str(folder)],
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--compile", *checked],
    ]


def probe(python: Path, program: Path, variables: dict[str, str], *, scratch: Path) -> str:
    """Run `program` in an empty folder `scratch` with `variables` as on Lambda; return what it printed if it exits with 0.

    Raises UnavailableError with the command and what it said, if it does not. Blocking.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    platform = {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": "probe",
        "LAMBDA_TASK_ROOT": str(scratch),
        "PATH": f"{python.parent}:/usr/bin:/bin",
        "HOME": str(scratch),
    }
    run = _run(
        [str(python), str(program)], limit_s=_PROBE_LIMIT_S, variables={**platform, **variables}, at=scratch
    )
    if run.returncode != 0:
        # Where it was installed says nothing to a reader.
        said = shortened((run.stdout + run.stderr).replace(str(python.parent.parent), "environment"))
        raise UnavailableError(f"{program.name} ended with exit code {run.returncode}: {said}")
    return run.stdout


def _run(
    command: list[str], *, limit_s: float, variables: dict[str, str] | None = None, at: Path = Path("/")
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_s,
            cwd=at,
            env=variables,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"{Path(command[0]).name} did not start: {error}") from error


def shortened(said: str) -> str:
    """The last lines of what a program said, as they fit a table: without colours."""
    plain = _COLOUR.sub("", said)
    lines = [line.strip()[:_LINE_LENGTH] for line in plain.splitlines() if line.strip()]
    return " / ".join(lines[-_REASON_LINES:]) or "without output"
