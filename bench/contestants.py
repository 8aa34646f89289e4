"""Who is measured: plain awslambdaric and Dayfly in each setting that changes what an invocation costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.rie import Rie, Runtime
from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
# Name of the sample and the size it stands for; the measured size is reported beside it.
SIZES: Mapping[str, int] = {"small": 15, "medium": 50, "large": 150}


@dataclass(frozen=True)
class Contestant:
    """One way to run the function; `settings` are environment variables."""

    name: str
    runtime: Runtime
    settings: Mapping[str, str] = field(default_factory=dict)

    def with_settings(self, **settings: str) -> Contestant:
        """The same with more environment variables."""
        return Contestant(self.name, self.runtime, {**self.settings, **settings})

    def at_fake_api(self, function: str) -> RuntimeProcess:
        """The function at the fake Runtime API, not yet started."""
        return RuntimeProcess(
            FUNCTIONS, f"{function}.handler", runtime=self.runtime, environment=self.settings, timeout_s=60
        )

    def under_rie(self, function: str) -> Rie:
        """The function under AWS's emulator, confined as on Lambda where the machine allows it, not yet started.

        That is what decides Dayfly's scope: an environment of its own is swept whole.
        """
        return Rie(
            FUNCTIONS, f"{function}.handler", runtime=self.runtime, environment=self.settings, confined=True
        )


PLAIN = Contestant("plain", "plain")
# What isolation costs, and nothing else; `bench.guard` sets the guard beside it.
_ALONE = {"DAYFLY_GUARD": "off", "DAYFLY_API_LOCK": "off"}
INVOCATION = Contestant("invocation", "dayfly", {"DAYFLY_ISOLATION": "invocation", **_ALONE})
LOCKED = Contestant(
    "invocation, API locked",
    "dayfly",
    {"DAYFLY_ISOLATION": "invocation", **_ALONE, "DAYFLY_API_LOCK": "on"},
)
# As it is without a setting.
OBSERVING = Contestant(
    "invocation, guard observing",
    "dayfly",
    {"DAYFLY_ISOLATION": "invocation", **_ALONE, "DAYFLY_GUARD": "observe"},
)
# The default window, as for the others the default of everything else.
WINDOW = Contestant("window", "dayfly", {"DAYFLY_ISOLATION": "window", **_ALONE})
PROCESS = Contestant("process", "dayfly", {"DAYFLY_ISOLATION": "process", **_ALONE})
DAYFLY = (INVOCATION, LOCKED, OBSERVING, WINDOW, PROCESS)
