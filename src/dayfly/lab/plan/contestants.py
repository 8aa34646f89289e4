"""The ways a function is run to compare them: plain awslambdaric, and Dayfly in each isolation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dayfly.core.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.lab.model import RuntimeKind
    from dayfly.lab.plan.model import Prime

PLAIN = "plain"
INVOCATION = "invocation"
PRIMED = "invocation-primed"
WINDOW = "window"
PROCESS = "process"
# Timed from inside, to tell where a new worker's time goes; apart, since timers take time themselves.
TRACED_PLAIN = "plain-traced"
TRACED = "invocation-traced"
TRACE_MODULE = "dayfly_plan_trace"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to run the function; `settings` are environment variables of Dayfly's."""

    name: str
    runtime: RuntimeKind
    isolation: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_traced(self) -> bool:
        """Say whether its handler is the one that times the function's."""
        return self.name in (TRACED_PLAIN, TRACED)


def title_of(name: str) -> str:
    """Return a contestant's name as reports have it."""
    return "invocation + prime" if name == PRIMED else name


def choose_contestants(prime: Prime | None) -> tuple[Contestant, ...]:
    """Return everything this version of Dayfly can run, plain first."""
    chosen = [Contestant(PLAIN, "plain", "none")]
    for isolation in _isolations():
        settings = {"DAYFLY_ISOLATION": isolation}
        if isolation == PROCESS:
            # Where one process serves everybody, a function that tells tenants apart does not start.
            settings["DAYFLY_TENANT"] = ""
        chosen.append(Contestant(isolation, "dayfly", isolation, settings))
        if isolation == INVOCATION and prime is not None:
            primed = {**settings, "DAYFLY_ZYGOTE_PRIME": prime.setting}
            chosen.append(Contestant(PRIMED, "dayfly", isolation, primed))
    fresh = next(one for one in reversed(chosen) if one.isolation == INVOCATION)
    chosen += [Contestant(TRACED_PLAIN, "plain", "none"), replace(fresh, name=TRACED)]
    return tuple(chosen)


def _isolations() -> tuple[str, ...]:
    return next(setting.choices for setting in SETTINGS if setting.name == "isolation")
