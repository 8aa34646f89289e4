"""What of Dayfly ships in the layer, and what loading its entry points costs in modules."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

from tests.interpreters import Interpreter
from tests.rie import ROOT

SHIPPED = ("__init__.py", "errors.py", "core", "_sys", "runtime")
# AWS's client without its C++ part, and what it imports, without compiled parts.
CLIENT = ("awslambdaric", "snapshot_restore_py", "simplejson")
ALLOWED = Path(__file__).parent / "allowed"
# Packages and what the process has loaded before them: the runtime joins AWS's client.
ENTRY_POINTS = {"first": "", "runtime": "awslambdaric.bootstrap"}
# What every environment loads at boot. Other modules of the packages are loaded late, by those who need them:
# sealers by functions that loaded their library.
BOOT = {
    # An interpreter that the platform starts and that becomes the supervisor, as pip's does.
    "first": ("dayfly.runtime.native",),
    "runtime": ("dayfly.runtime.start", "dayfly.runtime.client"),
}
# The costly column of the style guide: each costs the init of every function a millisecond or more. This
# list does not give way to the allowed lists.
FORBIDDEN = frozenset(
    [
        "asyncio",
        "ctypes",
        "dataclasses",
        "datetime",
        "hashlib",
        "http.client",
        "importlib.metadata",
        "inspect",
        "pathlib",
        "socket",
        "ssl",
        "subprocess",
        "tempfile",
        "tomllib",
        "typing",
        "urllib.request",
        "uuid",
    ]
)
PROBE = """
import sys
sys.path.insert(0, {folder!r})
if {before!r}: __import__({before!r})
known = set(sys.modules)
for module in {modules!r}: __import__(module)
print(" ".join(sorted(set(sys.modules) - known)))
"""


def copy_layer(target: Path) -> Path:
    """Copy what ships, without bytecode, and AWS's pure-Python client into an empty folder."""
    for name in SHIPPED:
        _copy(ROOT / "src" / "dayfly" / name, target / "dayfly" / name)
    for name in CLIENT:
        found = importlib.util.find_spec(name)
        assert found is not None, f"{name} is not installed"
        assert found.origin is not None
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        _copy(source, target / source.name)
    return target


def new_modules(interpreter: Interpreter, layer: Path, entry: str) -> set[str]:
    """Modules that boot adds, in a fresh interpreter without site-packages."""
    return _load(interpreter, layer, entry, BOOT[entry])


def late_modules(layer: Path, entry: str) -> list[str]:
    """Every module of the package, `__main__` aside, whenever it is loaded."""
    package = layer / "dayfly" / entry
    found = [path.relative_to(layer).with_suffix("") for path in package.rglob("*.py")]
    return sorted(".".join(path.parts) for path in found if path.name != "__main__")


def loaded_by(interpreter: Interpreter, layer: Path, entry: str, module: str) -> set[str]:
    """Modules that one module adds to what the process has loaded when it boots."""
    return _load(interpreter, layer, entry, (*BOOT[entry], module)) - _load(
        interpreter, layer, entry, BOOT[entry]
    )


def _load(interpreter: Interpreter, layer: Path, entry: str, modules: tuple[str, ...]) -> set[str]:
    program = PROBE.format(folder=str(layer), before=ENTRY_POINTS[entry], modules=modules)
    done = subprocess.run(
        [interpreter.path, "-S", "-I", "-c", program], capture_output=True, text=True, timeout=60
    )
    if done.returncode:
        raise RuntimeError(f"dayfly.{entry} does not load from the layer alone:\n{done.stderr}")
    return set(done.stdout.split())


def read_allowed(entry: str, version: str) -> set[str]:
    """The list for the entry point: one module a line, `# only 3.11` where a version alone loads it."""
    allowed: set[str] = set()
    for line in (ALLOWED / f"{entry}.txt").read_text().splitlines():
        name, _, versions = line.partition("# only")
        if name.strip() and (not versions or version in versions.split()):
            allowed.add(name.strip())
    return allowed


def write_allowed(entry: str, loaded: dict[str, set[str]]) -> None:
    """Write the list from what each version loads."""
    lines = []
    for name in sorted(set().union(*loaded.values())):
        where = [version for version in sorted(loaded) if name in loaded[version]]
        lines.append(name if len(where) == len(loaded) else f"{name}  # only {' '.join(where)}")
    ALLOWED.mkdir(exist_ok=True)
    (ALLOWED / f"{entry}.txt").write_text("\n".join(lines) + "\n")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(
            source, target, ignore=shutil.ignore_patterns("__pycache__", "tests", "*.so", "*.c", "ruff.toml")
        )
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
