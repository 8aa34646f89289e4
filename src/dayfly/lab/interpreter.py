"""Asks a Python interpreter what it is, and whether it starts where functions run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dayfly.lab.confinement import Place
from dayfly.lab.model import LabError

_PROBE_TIMEOUT_S = 20.0
_PROBE = """
import importlib.util as u, json, sys
def folder(name):
    spec = u.find_spec(name)
    return list(spec.submodule_search_locations)[0] if spec and spec.submodule_search_locations else ""
print(json.dumps({"version": list(sys.version_info[:2]), "prefixes": [sys.prefix, sys.base_prefix,
    sys.exec_prefix, sys.base_exec_prefix], "executable": sys.executable,
    "client": folder("awslambdaric"), "dayfly": folder("dayfly"), "path": [p for p in sys.path if p]}))
"""
# What init does for a runtime: become the function's user, and execute. Arguments: uid, then the command.
_START = """
import os, sys
uid = int(sys.argv[1])
if uid >= 0:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
os.execve(sys.argv[2], sys.argv[2:], dict(os.environ))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that can run awslambdaric. `folders` must be readable wherever it runs."""

    path: Path
    version: tuple[int, int]
    folders: tuple[Path, ...]
    client_folder: Path
    dayfly_folder: Path | None

    @property
    def execution_environment(self) -> str:
        return f"AWS_Lambda_python{self.version[0]}.{self.version[1]}"

    @property
    def runtime_version(self) -> str:
        """The runtime as INIT_START names it; Lambda adds the number of its own build, the lab has none."""
        return f"python:{self.version[0]}.{self.version[1]}"


def probe_interpreter(path: Path, function_folder: Path) -> Interpreter:
    """Run `path` and ask. Blocking.

    Raises LabError when it does not run, or when neither it nor the function's folder has awslambdaric.
    """
    try:
        run = subprocess.run(
            [path.absolute(), "-c", _PROBE],
            env={"PYTHONPATH": str(function_folder), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            timeout=_PROBE_TIMEOUT_S,
            check=True,
            cwd="/",
        )
        answer = json.loads(run.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise LabError(
            f"cannot run the Python interpreter {path}: {_reason(error)}",
            hint="give the path of a python3 executable",
        ) from error
    if not answer["client"]:
        raise LabError(
            f"{path} does not have awslambdaric",
            hint=f"{path} -m pip install awslambdaric, or choose another Python",
        )
    # Not `path`: a version manager's shim needs its manager's files, which a sandbox does not show.
    executable = Path(answer["executable"] or path.absolute())
    folders = {Path(folder) for folder in (*answer["prefixes"], *answer["path"]) if Path(folder).is_dir()}
    folders |= {executable.parent, executable.resolve().parent.parent}
    folders.discard(function_folder)
    return Interpreter(
        path=executable,
        version=(answer["version"][0], answer["version"][1]),
        folders=tuple(sorted(folders)),
        client_folder=Path(answer["client"]),
        dayfly_folder=Path(answer["dayfly"]) if answer["dayfly"] else None,
    )


def check_start(interpreter: Interpreter, place: Place, program: Path, variables: Mapping[str, str]) -> None:
    """Start an interpreter in an environment's place as a runtime is started there, by the name `program`. Blocking.

    Raises LabError when it does not start there, or cannot import awslambdaric.
    """
    client = str(place.inside(interpreter.client_folder.parent))
    import_client = f"import sys; sys.path.append({client!r}); import awslambdaric"
    command = [
        *(*place.prefix, *(word for pair in variables.items() for word in ("--setenv", *pair))),
        *(str(place.inside(interpreter.path)), "-I", "-S", "-c", _START, str(place.uid)),
        *(str(program), "-c", import_client),
    ]
    try:
        subprocess.run(
            command, capture_output=True, timeout=_PROBE_TIMEOUT_S, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError) as error:
        version = ".".join(map(str, interpreter.version))
        raise LabError(
            f"Python {version} at {interpreter.path} starts on this machine but not in the sandbox: {_reason(error)}",
            hint=(
                "use a Python that every user can read, for example in /usr or /opt, or use --confinement "
                "none"
            ),
        ) from error


def _reason(error: Exception) -> str:
    """What the program wrote: its first line, or the last of a traceback."""
    if isinstance(error, subprocess.CalledProcessError):
        lines = bytes(error.stderr or b"").decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        if not said:
            return f"it ended with exit code {error.returncode}"
        return said[-1] if said[0].startswith("Traceback") else said[0]
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it did not end within {_PROBE_TIMEOUT_S:.0f} s"
    return getattr(error, "strerror", None) or str(error)
