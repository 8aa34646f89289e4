"""Who is measured: plain awslambdaric, a bare forked child, and Dayfly in the settings that change what an event costs."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from tests.rie import Rie

FUNCTIONS = Path(__file__).parent / "functions"
BARE_CHILD = Path(__file__).with_name("bare_child.py")
TIMEOUT_S = 60
# As the budgets name the functions: boto3, and boto3 with a table of 100 MB beside it.
SIZES: Mapping[str, str] = {"small": "small", "medium": "boto3", "large": "boto3 + 100 MB"}


def numbered(number: int) -> object:
    """An event with nothing but its number."""
    return {"n": number, "number": number}


@dataclass(frozen=True)
class Function:
    """What is run. `event` makes the event of a number; `is_repeatable`: one event has one answer, whichever process serves it."""

    name: str
    handler: str
    folder: Path = FUNCTIONS
    environment: Mapping[str, str] = field(default_factory=dict)
    event: Callable[[int], object] = numbered
    is_repeatable: bool = True

    @property
    def binds(self) -> list[Path]:
        """Folders of files that its variables name, which the emulator's private /tmp would hide."""
        named = [Path(text) for text in self.environment.values() if text.startswith("/")]
        return [*dict.fromkeys(path.parent for path in named if path.is_file())]


class Contestant(Protocol):
    """One way to run a function."""

    @property
    def name(self) -> str:
        """As tables have it."""

    def under_emulator(self, function: Function, python: Path, folder: Path) -> Rie:
        """The function under AWS's emulator, confined as on Lambda where the machine allows it, not yet started.

        `python` has Dayfly installed; `folder` is empty, and this contestant's alone for one function.
        """


@dataclass(frozen=True)
class Way:
    """Plain awslambdaric, a child that it forks, or Dayfly; `settings` are environment variables."""

    name: str
    kind: Literal["plain", "child", "dayfly"] = "dayfly"
    settings: Mapping[str, str] = field(default_factory=dict)

    def but(self, name: str, **settings: str) -> Way:
        """The same under another name with more environment variables."""
        return Way(name, self.kind, {**self.settings, **settings})

    def under_emulator(self, function: Function, python: Path, folder: Path) -> Rie:
        """As Contestant has it."""
        command: list[str] | None = None
        if self.kind == "child":
            command = [str(python), str(BARE_CHILD), function.handler]
        elif self.kind == "dayfly":
            # As the layer's wrapper and an image's entry point start it: no interpreter before the zygote's.
            command = [str(_supervisor_of(python)), str(python), "-m", "dayfly.runtime", function.handler]
        return Rie(
            function.folder,
            function.handler,
            runtime="dayfly" if self.kind == "dayfly" else "plain",
            interpreter=python,
            environment={
                # Never ask the network for credentials.
                "AWS_EC2_METADATA_DISABLED": "true",
                **function.environment,
                **self.settings,
            },
            timeout_s=TIMEOUT_S,
            confined=True,
            stays_connected=True,
            binds=function.binds,
            command=command,
        )


def _supervisor_of(python: Path) -> Path:
    """The supervisor of the Dayfly that is installed for `python`."""
    places = python.parent.parent.glob(f"lib/python3*/site-packages/dayfly/bin/{platform.machine()}")
    return next(places) / "supervisor"


PLAIN = Way("plain awslambdaric", "plain")
CHILD = Way("bare forked child", "child")
# Of a function as much prepared as Dayfly's zygote is: what isolation costs beside first use.
WARM_CHILD = CHILD.but("bare child, warmed", WARM="1")
# `auto` locks the Runtime API under the emulator and not on AWS: what is measured is what AWS would give.
DEFAULT = Way("Dayfly", settings={"DAYFLY_API_LOCK": "off"})
OFF = DEFAULT.but("Dayfly, guard off", DAYFLY_GUARD="off")
BLOCK = DEFAULT.but("Dayfly, guard block", DAYFLY_GUARD="block")
WINDOW = DEFAULT.but("Dayfly, window", DAYFLY_ISOLATION="window")
LOCKED = DEFAULT.but("Dayfly, API locked", DAYFLY_API_LOCK="on")
