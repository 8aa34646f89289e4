"""Runs a test suite with the recorder in its Python processes, and returns what the function's own code led to.

What only tests do is left out: a use counts where code of the package stands on its stack that is no test's.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import dayfly
from dayfly.lab.learn.coverage import find_unreached, is_test
from dayfly.lab.learn.lines import Began, Reached, read_line
from dayfly.lab.plan.packages import list_vendored
from dayfly.policy.model import Gathered, PolicyError, Seen, Use

if TYPE_CHECKING:
    from collections.abc import Sequence

_INSIDE = Path(__file__).resolve().parents[1] / "plan" / "inside"
_FAILED = "failed"
# What runs tests stands below every use that none of the package's code led to.
_RUNNERS = frozenset(("_pytest", "pytest", "pluggy", "xdist", "nose2", "ward"))
_MAX_BYTES = 256 * 1024 * 1024


def learn_from_tests(
    command: Sequence[str], *, folder: Path, handler: str = "", is_quiet: bool = False
) -> Gathered:
    """Run the command and return what was seen.

    `handler` (`module.function`) is what tests call, where they do not lie in the folder. `is_quiet` sends what the
    command prints to standard error. Raises PolicyError where it cannot be started or nothing could be recorded;
    tests that fail are noted.
    """
    folder = folder.resolve()
    with tempfile.TemporaryDirectory(prefix="dayfly-tests-") as scratch:
        orders = {
            "folder": scratch,
            "root": str(folder),
            "vendored": list_vendored(folder),
            "handler": handler,
            "dayfly": str(Path(dayfly.__file__).resolve().parent),
        }
        path = os.environ.get("PYTHONPATH", "")
        environment = {
            **os.environ,
            "PYTHONPATH": f"{_INSIDE}:{path}" if path else str(_INSIDE),
            "DAYFLY_LEARN_WATCH": json.dumps(orders),
        }
        try:
            code = subprocess.run(
                list(command), env=environment, check=False, stdout=2 if is_quiet else None
            ).returncode
        except OSError as fault:
            raise PolicyError(
                f"{command[0]} cannot be started: {fault.strerror}",
                hint="--tests runs the command after `--`",
            ) from fault
        return _gather(Path(scratch), folder, command, code)


def _gather(scratch: Path, folder: Path, command: Sequence[str], code: int) -> Gathered:
    files = sorted(path for path in scratch.iterdir() if path.name != _FAILED)
    if not files:
        why = _first_line(scratch / _FAILED)
        raise PolicyError(
            f"nothing was recorded from {command[0]}" + (f": {why}" if why else ""),
            hint="the command must start Python without -S, -I or -E, not under tox, and not in a container",
        )
    reading = _Reading(folder)
    for file in files:
        reading.read(file)
    notes = (
        [f"{command[0]} ended with exit code {code}: uses of the failed tests are missing"] if code else []
    )
    if (scratch / _FAILED).exists():
        notes.append(f"some of its processes could not be recorded: {_first_line(scratch / _FAILED)}")
    return Gathered(
        source="tests",
        seen=tuple(reading.seen.values()),
        # Where nothing says which test is running, a process is the smallest thing that can be told apart.
        units=tuple(reading.units) or tuple(f"process {file.name}" for file in files),
        malformed=reading.malformed,
        lines=reading.lines,
        unreached=find_unreached(folder, reading.reached) if reading.reached else (),
        is_watched=bool(reading.reached),
        notes=tuple(notes),
    )


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").partition("\n")[0][:200]
    except OSError:
        return ""


class _Reading:
    """What the files of all processes say."""

    def __init__(self, folder: Path) -> None:
        self.seen: dict[tuple[str, Use], Seen] = {}
        self.units: dict[str, None] = {}
        self.reached: set[str] = set()
        self.lines = 0
        self.malformed = 0
        self._folder = folder
        self._own: dict[str, bool] = {}
        self._has_tests = False

    def read(self, file: Path) -> None:
        """Take one process's lines; a test's uses stand between its beginning and the next one's."""
        test = ""
        with file.open("rb") as lines:
            data = lines.read(_MAX_BYTES)
        for line in data.decode("utf-8", "replace").split("\n"):
            if not line:
                continue
            self.lines += 1
            found = read_line(line)
            if isinstance(found, Began):
                test = found.name
                if test and test not in self.units:
                    self.units[test] = None
                    self._has_tests |= (self._folder / test.partition("::")[0]).is_file()
            elif isinstance(found, Reached):
                self.reached.add(found.name)
            elif found is None:
                self.malformed += 1
            else:
                self._take(*found, unit=test or f"process {file.name}", is_testing=bool(test))

    def _take(self, use: Use, place: str, *, unit: str, is_testing: bool) -> None:
        if not self._is_own(place) or not _RUNNERS.isdisjoint(use.packages):
            return
        if is_testing and use.phase == "init" and not self._has_tests:
            # The recorder knows tests by their place in the folder; these lie elsewhere.
            use = Use(use.kind, use.target, use.packages, "invoke")
        self.seen.setdefault((unit, use), Seen(use, "tests", unit, place))

    def _is_own(self, place: str) -> bool:
        """Say whether a place is in code of the package's that is no test's."""
        path = place.partition(":")[0]
        known = self._own.get(path)
        if known is None:
            known = bool(path) and not is_test(path) and (self._folder / path).is_file()
            self._own[path] = known
        return known
