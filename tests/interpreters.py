"""Python interpreters of this machine, and environments with chosen awslambdaric versions for them."""

from __future__ import annotations

import fcntl
import functools
import json
import re
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.rie import ROOT

UV = str(ROOT / "scripts" / "uv")
CACHE = ROOT / ".cache" / "venvs"
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
INSTALL_TIMEOUT_S = 500


@dataclass(frozen=True, order=True)
class Interpreter:
    """One installed CPython; `version` is like 3.12."""

    version: str
    path: str


@functools.cache
def found_interpreters() -> tuple[Interpreter, ...]:
    """One CPython for each supported version that is installed, oldest first; nothing is downloaded."""
    listed = subprocess.run(
        [UV, "python", "list", "--only-installed", "--offline", "--output-format", "json"],
        capture_output=True,
        check=True,
        timeout=60,
        # Not the checkout: its own environment would be listed too.
        cwd="/",
    )
    best: dict[str, Interpreter] = {}
    for entry in json.loads(listed.stdout):
        version = ".".join(str(entry["version"]).split(".")[:2])
        plain = re.fullmatch(r"\d+\.\d+\.\d+", str(entry["version"])) is not None
        if version in SUPPORTED and plain and entry.get("variant", "default") == "default":
            # Not a version manager's shim: it needs its manager's files, which a confined environment has not.
            best.setdefault(version, Interpreter(version, _executable_of(str(entry["path"]))))
    # uv sees pyenv's only through the shims, which know those of the current folder alone.
    for path in sorted(Path.home().glob(".pyenv/versions/3.*/bin/python3.*")):
        version = path.name.removeprefix("python")
        if version in SUPPORTED:
            best.setdefault(version, Interpreter(version, str(path)))
    return tuple(sorted(best.values()))


def _executable_of(path: str) -> str:
    asked = subprocess.run(
        [path, "-I", "-S", "-c", "import sys; print(sys.executable)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd="/",
    )
    return asked.stdout.strip()


def environment_python(interpreter: Interpreter, *, awslambdaric: str, extras: str = "") -> Path:
    """The python of an environment with this awslambdaric and the checkout's Dayfly, made on first use.

    `awslambdaric` is a version specifier such as ==4.2.2 or <4, `extras` what else Dayfly needs there, as `scan`.
    Safe to call from many processes at once. Raises subprocess.CalledProcessError with uv's words if it cannot be made.
    """
    name = re.sub(r"[^0-9a-z.]+", "-", f"{interpreter.version}-ric{awslambdaric}{extras and '-' + extras}")
    folder = CACHE / name
    python = folder / "bin" / "python"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = folder / "complete"
        if not complete.exists():
            _run(UV, "venv", "--quiet", "--clear", "--python", interpreter.path, str(folder))
            needed = [f"awslambdaric{awslambdaric}", *(_needs_of(extras) if extras else ())]
            _run(UV, "pip", "install", "--quiet", "--python", str(python), *needed)
            # Not an editable install: that would build the checkout in each of these environments.
            for site_packages in folder.glob("lib/python3.*/site-packages"):
                (site_packages / "dayfly-checkout.pth").write_text(f"{ROOT / 'src'}\n")
            complete.touch()
    return python


def _needs_of(extra: str) -> list[str]:
    """The requirements of one of Dayfly's extras, those of extras within it too."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        table = tomllib.load(file)["project"]["optional-dependencies"]
    found: list[str] = []
    for requirement in table[extra]:
        inner = re.fullmatch(r"dayfly\[([a-z,]+)\]", requirement)
        found += [one for name in inner[1].split(",") for one in _needs_of(name)] if inner else [requirement]
    return found


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_TIMEOUT_S, cwd="/")
