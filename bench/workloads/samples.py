"""What was measured: lives of environments, and one run of all workloads as the JSON file that is kept."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from tests.rie import ROOT

from bench.machine import Machine
from dayfly.errors import DayflyError

FORMAT = 1
BARE = "bare"
# What programs colour their words with: https://ecma-international.org/publications-and-standards/standards/ecma-48/
_COLOURING = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def told(text: str) -> str:
    """A program's words as one line that may be published: without colours and this checkout's place."""
    return " ".join(_COLOURING.sub("", text).replace(str(ROOT), "…").split())


@dataclass
class Life:
    """One environment, from its cold start: milliseconds, kB, and what one warm invocation took on average.

    `answer_ms` and `until_next_ms` have one list for each burst, in the order in which they were sent; `per_second` is
    each burst's rate. `pss_kb` and `dirty_kb` are None where they may not be read.
    """

    init_ms: float
    first_ms: float
    answer_ms: list[list[float]] = field(default_factory=list)
    until_next_ms: list[list[float]] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    pss_kb: int | None = None
    dirty_kb: int | None = None
    processor_ms: float | None = None
    faults: float | None = None


@dataclass
class Course:
    """All lives of one contestant with one workload; `note` says what a reader must know, `failed` why there is no more."""

    lives: list[Life] = field(default_factory=list)
    note: str = ""
    failed: str = ""


@dataclass(frozen=True)
class Named:
    """A contestant as the file names it: protection and isolation, with the exact version; or why it could not run."""

    name: str
    title: str
    isolation: str
    version: str
    missing: str = ""


@dataclass(frozen=True)
class Run:
    """One run: where, by which command, who, and every sample by workload and contestant."""

    machine: Machine
    command: str
    date: str
    seconds: float
    confinement: Sequence[str]
    packages: str
    contestants: Sequence[Named]
    workloads: Mapping[str, Mapping[str, Course]]
    left: Sequence[str] = ()

    def save(self, path: Path) -> None:
        """Write it so that one contestant with one workload is one line."""
        head = {
            "format": FORMAT,
            "date": self.date,
            "command": self.command,
            "seconds": round(self.seconds, 1),
            "machine": dataclasses.asdict(self.machine),
            "confinement": list(self.confinement),
            "packages": self.packages,
            "contestants": [dataclasses.asdict(one) for one in self.contestants],
            "left": list(self.left),
        }
        lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
        blocks: list[str] = []
        for workload, courses in self.workloads.items():
            rows = [
                f"   {json.dumps(name)}: {json.dumps(_shortened(course), separators=(',', ':'))}"
                for name, course in courses.items()
            ]
            blocks.append(f"  {json.dumps(workload)}: {{\n" + ",\n".join(rows) + "\n  }")
        text = "\n".join(["{", *lines, ' "workloads": {', ",\n".join(blocks), " }", "}"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")


def load(path: Path) -> Run:
    """Raises DayflyError if it is no file of a run."""
    try:
        found = cast("dict[str, Any]", json.loads(path.read_text()))  # checked by what is taken from it
        if found["format"] != FORMAT:
            raise DayflyError(f"{path} has format {found['format']}, not {FORMAT}", hint="measure again")
        return Run(
            machine=Machine(**found["machine"]),
            command=found["command"],
            date=found["date"],
            seconds=found["seconds"],
            confinement=found["confinement"],
            packages=found["packages"],
            contestants=[Named(**one) for one in found["contestants"]],
            workloads={
                workload: {
                    name: Course(**{**course, "lives": [Life(**life) for life in course["lives"]]})
                    for name, course in courses.items()
                }
                for workload, courses in found["workloads"].items()
            },
            left=found["left"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise DayflyError(
            f"{path} is no run of the workloads: {fault!r}",
            hint="python -m bench workloads --save FILE writes one",
        ) from fault


def _shortened(course: Course) -> object:
    """Microseconds are enough, and a quarter of the file."""
    return _rounded(dataclasses.asdict(course))


def _rounded(value: object) -> object:
    match value:
        case float():
            return round(value, 3)
        case list():
            return [_rounded(one) for one in value]
        case dict():
            return {key: _rounded(one) for key, one in value.items()}
        case _:
            return value
