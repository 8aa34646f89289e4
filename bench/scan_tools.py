"""Bandit and Semgrep as contenders for `python -m bench scan`: where they are installed, how they run, what counts.

Both live in an environment of their own under .cache, made on first use. Semgrep's registry is not asked: its rules
are bench/semgrep-rules.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / ".cache" / "scan-tools"
RULES = ROOT / "bench" / "semgrep-rules"
REQUIREMENTS = ("bandit==1.9.4", "semgrep==1.185.0")
TIMEOUT_S = 600

# Bandit's tests by the category they are about. Left out on purpose, for they flag every use and would only cost Bandit
# false positives: imports (B4xx), subprocess without a shell (B603), partial paths (B607), fixed paths in /tmp (B108).
BANDIT: Mapping[str, str] = {
    "B102": "event.code",
    "B307": "event.code",
    "B602": "event.command",
    "B604": "event.command",
    "B605": "event.command",
    "B609": "event.command",
    "B608": "event.sql",
    "B202": "event.path",
    "B310": "event.request",
    "B301": "event.deserialisation",
    "B302": "event.deserialisation",
    "B506": "event.deserialisation",
    "B614": "event.deserialisation",
    "B313": "event.xml",
    "B314": "event.xml",
    "B315": "event.xml",
    "B316": "event.xml",
    "B317": "event.xml",
    "B318": "event.xml",
    "B319": "event.xml",
    "B320": "event.xml",
    "B702": "event.template",
    "B701": "event.html",
    "B703": "event.html",
    "B704": "event.html",
    "B308": "event.html",
    "B311": "weak.randomness",
    "B303": "weak.hash",
    "B324": "weak.hash",
}


@dataclass(frozen=True)
class Flags:
    """What a tool found: pairs of category and path relative to the folder; how long it took."""

    found: frozenset[tuple[str, str]]
    seconds: float


def prepare() -> None:
    """Make the environment, once. Raises subprocess.CalledProcessError where the index cannot be reached."""
    if (ENVIRONMENT / "bin" / "semgrep").exists() and (ENVIRONMENT / "bin" / "bandit").exists():
        return
    uv = str(ROOT / "scripts" / "uv")
    subprocess.run([uv, "venv", "--quiet", str(ENVIRONMENT)], check=True)
    python = str(ENVIRONMENT / "bin" / "python")
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *REQUIREMENTS], check=True)


def run_bandit(folder: Path) -> Flags:
    """`bandit -r`, every test, every severity and confidence."""
    output, seconds = _run(["bandit", "-r", "-q", "-f", "json", str(folder)])
    return Flags(
        frozenset(
            (BANDIT[result["test_id"]], _relative(result["filename"], folder))
            for result in json.loads(output)["results"]
            if result["test_id"] in BANDIT
        ),
        seconds,
    )


def run_semgrep(folder: Path) -> Flags:
    """`semgrep scan` with bench/semgrep-rules on two cores; raises RuntimeError where a rule is not understood."""
    output, seconds = _run(
        [
            *("semgrep", "scan", "--metrics", "off", "--disable-version-check", "--no-git-ignore", "--json"),
            *("--quiet", "--jobs", "2", "--config", str(RULES), str(folder)),
        ]
    )
    answer = json.loads(output)
    if answer["errors"] and not answer["results"]:
        raise RuntimeError(f"Semgrep: {answer['errors'][0]}")
    return Flags(
        frozenset(
            (result["extra"]["metadata"]["check"], _relative(result["path"], folder))
            for result in answer["results"]
        ),
        seconds,
    )


def versions() -> str:
    """Both names with their versions."""
    return " and ".join(requirement.replace("==", " ").capitalize() for requirement in REQUIREMENTS)


def _run(command: Sequence[str]) -> tuple[str, float]:
    path = f"{ENVIRONMENT / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    started = time.monotonic()
    done = subprocess.run(
        command,
        env={**os.environ, "PATH": path, "SEMGREP_SEND_METRICS": "off"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    if not done.stdout:
        raise RuntimeError(f"{command[0]}: {done.stderr[-500:]}")
    return done.stdout, time.monotonic() - started


def _relative(path: str, folder: Path) -> str:
    return os.path.relpath(path, folder).replace(os.sep, "/")
