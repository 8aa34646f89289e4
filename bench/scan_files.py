"""Every file of the standard library and of large packages through the scanner: what crashes, what takes long."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.scan.whole_files import examine_file

from bench import sheets
from bench.scan_tools import ROOT

ENVIRONMENT = ROOT / ".cache" / "scan-large"
PACKAGES = (
    *("boto3", "sqlalchemy", "pandas", "numpy", "django", "sympy", "scipy", "networkx", "matplotlib"),
    *("scikit-learn", "aws-lambda-powertools", "sphinx", "setuptools"),
)
IMPORTED = (
    *(
        "boto3",
        "botocore",
        "sqlalchemy",
        "pandas",
        "numpy",
        "django",
        "sympy",
        "scipy",
        "networkx",
        "matplotlib",
    ),
    *("sklearn", "aws_lambda_powertools", "sphinx", "setuptools"),
)
# The tests of the standard library hold files that are broken on purpose: they are read, too.
COLUMNS = ("what", "files", "lines", "not analysable", "handlers tried", "crashes", "seconds", "slowest file")
QUICK_EVERY = 40


@dataclass(frozen=True)
class Line:
    """One collection of files."""

    what: str
    files: int
    lines: int
    not_analysable: int
    handlers: int
    crashes: int
    seconds: float
    slowest: str


def standard_libraries() -> dict[str, Path]:
    """The standard library of every Python of this machine, by version; one with its tests rather than one without."""
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": Path(os.__file__).parent}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for folder in sorted((*Path("/usr/lib").glob("python3.*"), *pyenv.glob("*/lib/python3.*"))):
        version = folder.name.removeprefix("python")
        if (folder / "os.py").exists() and int(version.partition(".")[2]) >= 11:
            known = found.setdefault(version, folder)
            if not (known / "test").is_dir() and (folder / "test").is_dir():
                found[version] = folder
    return dict(sorted(found.items()))


def packages() -> Path | None:
    """The folder the large packages are installed in, made once; None where the index cannot be reached."""
    if not (ENVIRONMENT / "done").exists():
        uv = str(ROOT / "scripts" / "uv")
        try:
            subprocess.run(
                [uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(ENVIRONMENT)],
                check=True,
            )
            python = str(ENVIRONMENT / "bin" / "python")
            subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PACKAGES], check=True)
        except subprocess.CalledProcessError:
            return None
        (ENVIRONMENT / "done").touch()
    return next(iter((ENVIRONMENT / "lib").glob("python3.*/site-packages")), None)


def files_of(folder: Path) -> Iterator[Path]:
    """Every Python file, without those of an environment within."""
    for parent, names, files in os.walk(folder):
        names[:] = sorted(
            name for name in names if name not in ("site-packages", "dist-packages", "__pycache__")
        )
        yield from (Path(parent, name) for name in sorted(files) if name.endswith(".py"))


def scan(what: str, paths: Sequence[Path], say: Callable[[str], None]) -> Line:
    """Look at each file alone, with functions of its own as handlers; a crash is counted and told."""
    counts: Counter[str] = Counter()
    slowest = (0.0, "")
    started = time.monotonic()
    for path in paths:
        began = time.monotonic()
        data = path.read_bytes()
        counts["lines"] += data.count(b"\n")
        outcome = examine_file(path.name, data)
        counts["handlers"] += outcome.handlers
        counts["not analysable"] += not outcome.is_analysable
        for crash in outcome.crashes:
            counts["crashes"] += 1
            say(f"{path}: {crash}")
        slowest = max(slowest, (time.monotonic() - began, str(path)))
    return Line(
        what,
        len(paths),
        counts["lines"],
        counts["not analysable"],
        counts["handlers"],
        counts["crashes"],
        time.monotonic() - started,
        f"{slowest[0]:.1f} s {Path(slowest[1]).name}",
    )


def measure(*, is_quick: bool, say: Callable[[str], None]) -> sheets.Sheet:
    """A table of every collection that is here."""
    step = QUICK_EVERY if is_quick else 1
    lines = [
        scan(f"standard library of Python {version}", list(files_of(folder))[::step], say)
        for version, folder in standard_libraries().items()
    ]
    site = packages()
    if site is not None:
        lines += [
            scan(name, list(files_of(site / name))[::step], say)
            for name in IMPORTED
            if (site / name).is_dir()
        ]
    return sheets.Sheet("Files", COLUMNS, [_cells(line) for line in lines], lines)


def _cells(line: Line) -> tuple[str, ...]:
    return (
        line.what,
        f"{line.files:,}",
        f"{line.lines:,}",
        str(line.not_analysable),
        f"{line.handlers:,}",
        str(line.crashes),
        f"{line.seconds:.0f}",
        line.slowest,
    )
