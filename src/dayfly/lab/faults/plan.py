"""Says which faults an environment meets and when; pure.

A moment is the place of one request at the Runtime API: its head is here (`request`), `100 Continue` is about to go
out (`continue`), the platform has acted and its reply is about to go out (`reply`), the reply is out (`sent`). Every
fault names a route and a moment, and whether it happens is a matter of counting alone: the same requests meet the
same faults.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, get_args

from dayfly.errors import SettingError

Route = Literal[
    "next", "response", "error", "init-error", "restore-next", "register", "event-next", "subscribe", "any"
]
Moment = Literal["request", "continue", "reply", "sent"]
Act = Literal[
    "status",
    "stall",
    "reset",
    "close",
    "truncate",
    "slow",
    "garbage",
    "skew",
    "kill",
    "stop",
    "terminate",
    "fill",
    "free",
]
Role = Literal["runtime", "supervisor", "zygote", "worker", "spare", "all"]

ROUTES: tuple[str, ...] = get_args(Route)
MOMENTS: tuple[str, ...] = get_args(Moment)
ACTS: tuple[str, ...] = get_args(Act)
ROLES: tuple[str, ...] = get_args(Role)

_REQUESTS: tuple[tuple[re.Pattern[str], Route], ...] = (
    (re.compile(r"GET /2018-06-01/runtime/invocation/next"), "next"),
    (re.compile(r"POST /2018-06-01/runtime/invocation/[^/]+/response"), "response"),
    (re.compile(r"POST /2018-06-01/runtime/invocation/[^/]+/error"), "error"),
    (re.compile(r"POST /2018-06-01/runtime/init/error"), "init-error"),
    (re.compile(r"GET /2018-06-01/runtime/restore/next"), "restore-next"),
    (re.compile(r"POST /2020-01-01/extension/register"), "register"),
    (re.compile(r"GET /2020-01-01/extension/event/next"), "event-next"),
    (re.compile(r"PUT /(2020-08-15/logs|2022-07-01/telemetry)"), "subscribe"),
)
# What each act needs a moment of: bytes of a reply can be changed only while they go out.
_OF_REPLY = frozenset(("truncate", "slow", "garbage", "skew"))
_OF_PROCESSES = frozenset(("kill", "stop", "terminate"))
_LONGEST_S = 900.0
# The log pipe of current Lambda images is descriptor 62: below that no runtime could be given it.
_LEAST_DESCRIPTORS = 64


def route_of(method: str, path: str) -> Route | None:
    """Return the route that a request takes, None for one that no fault can name."""
    line = f"{method} {path}"
    return next((route for pattern, route in _REQUESTS if pattern.fullmatch(line)), None)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: at the `nth` such moment of an environment, and at the `times - 1` that follow it (0: at all).

    `status` is the HTTP status of `status`, `seconds` how long `stall` and `slow` take and by how much `skew` moves the
    deadline that the runtime is told, `bytes` what `truncate` lets through. `delay` postpones an act on processes or
    on the disk, which then happens beside what goes on. Raises SettingError for what makes no sense.
    """

    route: Route
    at: Moment
    do: Act
    nth: int = 1
    times: int = 1
    status: int = 500
    seconds: float = 1.0
    bytes: int = 0
    process: Role = "runtime"
    delay: float = 0.0

    def __post_init__(self) -> None:
        for name, value, known in (
            ("route", self.route, ROUTES),
            ("at", self.at, MOMENTS),
            ("do", self.do, ACTS),
            ("process", self.process, ROLES),
        ):
            if value not in known:
                raise SettingError(f"unknown {name} {value!r}", hint=f"use one of {', '.join(known)}")
        if self.do in _OF_REPLY and self.at != "reply":
            raise SettingError(f"{self.do} changes a reply", hint='set `at = "reply"`')
        if self.do == "status" and self.at not in ("request", "reply"):
            raise SettingError("a status replaces a reply", hint='set `at` to "request" or "reply"')
        if self.do == "skew" and self.route not in ("next", "any"):
            raise SettingError("only events have a deadline", hint='set `route = "next"`')
        if self.at == "continue" and self.route not in ("response", "error", "any"):
            raise SettingError(
                "only responses and errors can get 100 Continue", hint='set `route = "response"` or "error"'
            )
        if not 400 <= self.status <= 599:
            raise SettingError(f"status {self.status} is not an error status", hint="use 400 to 599")
        if self.nth < 1 or self.times < 0 or self.bytes < 0:
            raise SettingError("a fault's counts are out of range", hint="nth from 1, times and bytes from 0")
        if self.do != "skew" and not 0 <= self.seconds <= _LONGEST_S:
            raise SettingError(f"{self.seconds} seconds are out of range", hint="use 0 to 900")
        if not 0 <= self.delay <= _LONGEST_S:
            raise SettingError(f"a delay of {self.delay} seconds is out of range", hint="use 0 to 900")
        if self.delay and not (self.do in _OF_PROCESSES or self.do in ("fill", "free")):
            raise SettingError(f"{self.do} cannot be delayed", hint="omit `delay`")

    def is_due(self, count: int) -> bool:
        """Say whether it happens at the `count`th such moment, counted from 1."""
        return count >= self.nth and (self.times == 0 or count < self.nth + self.times)

    def matches(self, route: Route, at: Moment) -> bool:
        """Say whether a moment is one of those it counts."""
        return at == self.at and self.route in (route, "any")


@dataclass(frozen=True, slots=True)
class Limits:
    """What an environment may use, all its processes together or (descriptors) each; None: as without a plan.

    `memory_mb` and `cpu` (a share of one processor) are enforced by cgroups; where none can be written the environment
    does not start, rather than run without the limit.
    """

    descriptors: int | None = None
    processes: int | None = None
    memory_mb: int | None = None
    cpu: float | None = None

    def __post_init__(self) -> None:
        for name, value, least in (
            ("descriptors", self.descriptors, _LEAST_DESCRIPTORS),
            ("processes", self.processes, 1),
            ("memory_mb", self.memory_mb, 16),
        ):
            if value is not None and value < least:
                raise SettingError(f"limit {name} = {value} is too small", hint=f"use {least} or more")
        if self.cpu is not None and not 0.01 <= self.cpu <= 64:
            raise SettingError(f"limit cpu = {self.cpu} is out of range", hint="use 0.01 to 64 processors")


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """All faults of a function's environments, and their limits."""

    faults: tuple[Fault, ...] = ()
    limits: Limits = field(default_factory=Limits)
