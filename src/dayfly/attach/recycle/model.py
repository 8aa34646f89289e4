"""The words of recycling: what is ordered, what it reaches, what was seen since, what that proves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dayfly.errors import DayflyError

# One variable more, and everything else as it was: a change of the configuration makes new environments, while warm
# ones finish what they do (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
VARIABLE = "DAYFLY_RECYCLED"
LATEST = "$LATEST"


class RecycleError(DayflyError):
    """The order could not be given, or not carried out; says what state the function was left in."""


class StoppedError(DayflyError):
    """Somebody ended the run, or an alarm did: what is half done is put back, nothing new is begun."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done or found, for somebody who watches; `error` is "" where it went well.

    `facts` are figures for programs, where the step has any.
    """

    text: str
    done: int
    total: int
    error: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """An order that Lambda has carried out.

    `ordered` is Lambda's own time of the change, `effective` this machine's when it was seen to be effective; an
    environment that began before `ordered` has the old configuration. `alias` is "" for the change of `$LATEST`; else the
    order is the alias's move from the versions in `retired` to `fresh`, and every environment of `retired` is an old one.
    """

    function: str
    stamp: str
    ordered: float
    effective: float
    took_s: float
    tries: int
    alias: str = ""
    retired: tuple[str, ...] = ()
    fresh: str = LATEST


@dataclass(frozen=True, slots=True)
class Sightings:
    """What logs tell about a function's environments around an order.

    Old environments began before it, new ones after. `old_begun` are invocations that old ones began once it was in
    force, `old_last` when the last one did (0: none), `old_busy` how many old ones are still at work, `newest` the time of
    the newest line that is known at all. `inits` new environments said how long they took to begin, `init_s` in all.
    Lines of one moment arrive over `settle_s` seconds: only what is older than that is known.
    """

    old: int = 0
    old_begun: int = 0
    old_last: float = 0.0
    old_busy: int = 0
    new: int = 0
    new_begun: int = 0
    new_last: float = 0.0
    newest: float = 0.0
    inits: int = 0
    init_s: float = 0.0
    settle_s: float = 1.5


class Witness(Protocol):
    """Reads what environments did, from the fleet's store or from CloudWatch Logs."""

    def look(self, order: Order, *, timeout_s: float) -> Sightings:
        """Return what is known now; `timeout_s` is how long one invocation of the function may take."""
