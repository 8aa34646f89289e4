"""A pytest plugin: writes which test runs, and how it ended, to a file that no test and no process of a test knows.

Descriptors of a worker's channel are inherited by every process that a test forks, and a message that such a process
reads, writes over or cuts off is lost for ever: a run then waits for a test that is over. A line that is appended to a
file cannot be lost that way. A fork that leaves its test would go on as a second pytest: it is ended and reported.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import signal
import time
import tomllib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

VARIABLE = "DAYFLY_TEST_PROGRESS"
PART_VARIABLE = "DAYFLY_TEST_PART"
QUARANTINE = Path(__file__).with_name("quarantine.toml")
_ESCAPED = 70
Item = TypeVar("Item")


@dataclass(frozen=True)
class Part:
    """One of `count` parts of a process's tests that stand together, `number` from 0."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def split(self, items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
        """What the part holds of `items`, and the others."""
        begin, end = (len(items) * edge // self.count for edge in (self.number, self.number + 1))
        return list(items[begin:end]), [*items[:begin], *items[end:]]


WHOLE = Part(0, 1)


class Progress:
    """Appends one JSON object a line: `event`, `test`, and for an end `outcome`, `seconds`, `cpu` and `own`.

    `cpu` is processor seconds, also of children that were waited for; `own` those without fixtures that other tests share.
    """

    def __init__(self, path: Path, part: Part) -> None:
        self._path = path
        self._part = part
        self._pid = os.getpid()
        self._began = (0.0, 0.0)
        self._shared = 0.0
        self._limit = 0.0
        self._outcomes: set[str] = set()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep this part of what -m and -k have chosen."""
        items[:], others = self._part.split(items)
        config.hook.pytest_deselected(items=others)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """A test is next: the limit of its own that it may have, in seconds."""
        marker = item.get_closest_marker("timeout")
        self._limit = float(marker.args[0]) if marker is not None and marker.args else 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins."""
        self._end_copy(nodeid)
        self._began = (time.monotonic(), _processor_seconds())
        self._shared = 0.0
        self._outcomes = set()
        self._write({"event": "start", "test": nodeid, "limit": self._limit})

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        """A fixture is set up, for one test or more."""
        began = _processor_seconds()
        result = yield
        if fixturedef.scope != "function":
            self._shared += _processor_seconds() - began
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> None:
        """A phase of a test is over, in the process that began it or in a copy that escaped."""
        self._end_copy(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A phase has an outcome."""
        is_expected = hasattr(report, "wasxfail")
        self._outcomes.add("quarantined" if is_expected and report.skipped else report.outcome)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """A test is over."""
        worst = next(
            one
            for one in ("failed", "quarantined", "skipped", "passed", "")
            if one in self._outcomes or not one
        )
        seconds, cpu = time.monotonic() - self._began[0], _processor_seconds() - self._began[1]
        self._write(
            {
                "event": "end",
                "test": nodeid,
                "outcome": worst,
                "seconds": round(seconds, 3),
                "cpu": round(cpu, 3),
                "own": round(cpu - self._shared, 3),
            }
        )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file cannot be collected."""
        if report.failed:
            self._write(
                {"event": "end", "test": report.nodeid, "outcome": "failed", "seconds": 0, "cpu": 0, "own": 0}
            )

    def _end_copy(self, nodeid: str) -> None:
        if os.getpid() != self._pid:
            self._write({"event": "escaped", "test": nodeid})
            os._exit(_ESCAPED)

    def _write(self, line: dict[str, object]) -> None:
        # Opened each time: no descriptor that a test could close, inherit or write to.
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def quarantined() -> dict[str, str]:
    """The tests that fail at times for a reason that is not understood yet, by name, with what is known of it."""
    return {
        entry["test"]: entry["reason"] for entry in tomllib.loads(QUARANTINE.read_text()).get("flaky", [])
    }


def pytest_configure(config: pytest.Config) -> None:
    """Report to the file that the runner names; without a runner there is nobody to report to."""
    if path := os.environ.pop(VARIABLE, ""):
        part = Part(*map(int, os.environ.pop(PART_VARIABLE, str(WHOLE)).split("/")))
        config.pluginmanager.register(Progress(Path(path), part), "dayfly-progress")
        # Not to standard error, which pytest captures while a test runs.
        faulthandler.register(signal.SIGUSR1, file=Path(path).with_name("stacks").open("w"), all_threads=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A quarantined test runs and is counted, whatever comes of it."""
    reasons = quarantined()
    for item in items:
        if reason := reasons.get(item.nodeid):
            item.add_marker(pytest.mark.xfail(reason=reason, strict=False))


def outcomes(path: Path, begin: int = 0) -> tuple[list[dict[str, object]], int]:
    """What a process has written behind the byte `begin`, and where to go on; a line that is not whole yet is left out."""
    if not path.exists():
        return [], begin
    with path.open("rb") as file:
        file.seek(begin)
        whole, end, _ = file.read().rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines()], begin + len(whole + end)
