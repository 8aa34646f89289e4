"""Asks a Python interpreter what it is and whether it can run functions, once per interpreter."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

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
    absolute = path if path.is_absolute() else Path.cwd() / path
    try:
        run = subprocess.run(
            [absolute, "-c", _PROBE],
            env={"PYTHONPATH": str(function_folder), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            timeout=_PROBE_TIMEOUT_S,
            check=True,
            cwd="/",
        )
        answer = json.loads(run.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise LabError(
            f"cannot run the Python interpreter {path}: {error}", hint="give the path of a python3 executable"
        ) from error
    if not answer["client"]:
        raise LabError(
            f"{path} has no awslambdaric",
            hint=f"{path} -m pip install awslambdaric, or choose another Python",
        )
    folders = {Path(folder) for folder in (*answer["prefixes"], *answer["path"]) if Path(folder).is_dir()}
    folders |= {absolute.parent, absolute.resolve().parent.parent}
    folders.discard(function_folder)
    return Interpreter(
        path=absolute,
        version=(answer["version"][0], answer["version"][1]),
        folders=tuple(sorted(folders)),
        client_folder=Path(answer["client"]),
        dayfly_folder=Path(answer["dayfly"]) if answer["dayfly"] else None,
    )
