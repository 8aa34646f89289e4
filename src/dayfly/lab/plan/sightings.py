"""What the probe reports at the end of init and after every invocation, as types."""

from __future__ import annotations

import msgspec

from dayfly.lab.plan.model import PlanError


class SeenThread(msgspec.Struct, frozen=True):
    """A thread alive after the answer; `invocation` is the one that started it, 0 for init."""

    name: str
    site: str
    target: str
    kind: str
    is_waiting: bool
    invocation: int


class SeenConnection(msgspec.Struct, frozen=True):
    """A socket that was ever connected; `invocation` is the one that opened it, 0 for init."""

    destination: str
    site: str
    invocation: int
    is_datagram: bool
    is_open: bool
    is_encrypted: bool
    is_reused: bool


class SeenCache(msgspec.Struct, frozen=True):
    """An `functools.lru_cache`, as far as it was ever called."""

    id: int
    name: str
    site: str
    arguments: int
    hits: int
    misses: int
    size: int


class SeenState(msgspec.Struct, frozen=True, array_like=True):
    """One named thing that an own module holds."""

    name: str
    kind: str
    type_name: str
    size: int
    flag: bool | None
    is_changed: bool


class Sighting(msgspec.Struct, frozen=True):
    """One report; `number` 0 is the end of init, N the end of the Nth invocation. `sought`: what was connected to so far,
    or looked up, in vain or not."""

    number: int
    took_ms: float
    threads: tuple[SeenThread, ...] = ()
    children: int = 0
    processes: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str, str], ...] = ()
    imports: tuple[tuple[str, str, bool], ...] = ()
    modules: tuple[str, ...] = ()
    connections: tuple[SeenConnection, ...] = ()
    caches: tuple[SeenCache, ...] = ()
    library_caches: dict[str, int] = {}
    tasks: tuple[str, ...] = ()
    state: tuple[SeenState, ...] = ()
    flags: dict[str, bool] = {}
    sought: tuple[str, ...] = ()
    faults: int = 0


def read_sighting(line: bytes) -> Sighting:
    """Return one report; raises PlanError for one that is none: the function's own code could write it."""
    try:
        return msgspec.json.decode(line, type=Sighting)
    except msgspec.MsgspecError as error:
        raise PlanError(
            f"the probe sent an invalid report: {error}", hint="this is a fault in Dayfly"
        ) from error
