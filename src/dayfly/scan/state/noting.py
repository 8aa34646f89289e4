"""Notes what is done to things that are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state.deeds import Deeds, Flow, Outlet, Write
from dayfly.scan.state.expressions import Expressions
from dayfly.scan.state.keeping import State, is_open, overlap
from dayfly.scan.state.values import (
    ENVIRON,
    NOTHING,
    Read,
    RootKind,
    Spot,
    Value,
    is_deciding,
    join,
)

if TYPE_CHECKING:
    from dayfly.scan.model import Place


class Noting:
    """Keeps the deeds of one entry."""

    expressions: Expressions

    def __init__(self) -> None:
        self.deeds = Deeds()
        self.guards: list[Value] = []
        self.gates: list[Value] = []  # tests that were passed on the way
        self.tests: list[str] = []  # the text of the tests around
        self.initialising = 0
        self.init_store: dict[Spot, Value] = {}

    def write(
        self,
        spot: Spot,
        value: Value,
        state: State,
        place: Place,
        what: str,
        *,
        key: frozenset[tuple[str, ...]] = frozenset(),
        is_whole: bool = True,
        is_credential: bool = False,
        is_code: bool = False,
        is_queue: bool = False,
        is_memo: bool = False,
    ) -> None:
        """Note that a kept thing was changed, and change it in `state`."""
        stale = any(
            read.spot.root == spot.root and not state.is_fresh(read.spot) and not read.is_test
            for read in value.reads
        )
        is_whole = is_whole and not stale
        fresh = state.fresh_fields(spot.root)
        parts, is_implied = value.parts, False
        guards = frozenset(read.spot.root for guard in self.guards for read in guard.reads)
        if (
            not parts
            and value.is_constant
            and spot.root not in guards
            and spot.root.kind is not RootKind.FILE
        ):
            tests = [*self.guards, *(self.gates if is_deciding(spot.root) else ())]
            parts = frozenset(part for guard in tests for part in guard.parts)
            is_implied = bool(parts)
        state.put(spot, value, is_whole=is_whole, is_dirty=bool(parts or key or is_code))
        if spot.root == ENVIRON and any(read.spot.root == ENVIRON for read in value.reads):
            # What was read from the environment before is put back.
            state.remove(spot if not is_open(spot.field[-1]) else Spot(ENVIRON))
        if self.initialising:
            held = Value(refs=value.refs, items=value.items, is_client=value.is_client)
            self.init_store[spot] = join(self.init_store.get(spot, NOTHING), held)
            return
        write = Write(
            spot,
            place,
            what,
            parts,
            key,
            is_whole,
            fresh,
            guards,
            value.is_client,
            is_credential,
            any(guard.parts or guard.reads for guard in (*self.guards, *self.gates)),
            is_implied,
            is_queue,
            value.is_opaque,
            is_memo,
            is_code,
        )
        known = self.deeds.writes.get((spot, place, key))
        if known is None or (known.fresh and not fresh) or (parts - known.parts):
            if known is not None:
                write = replace(
                    write,
                    parts=parts | known.parts,
                    fresh=fresh & known.fresh,
                    is_whole=is_whole and known.is_whole,
                )
            self.deeds.writes[spot, place, key] = write

    def left_by_init(self, spot: Spot) -> Value:
        """What importing the modules put there: functions in registries, above all."""
        found = [
            value
            for one, value in self.init_store.items()
            if one.root == spot.root and len(one.field) >= len(spot.field) and overlap(one.field, spot.field)
        ]
        return join(*found) if found and spot.field else NOTHING

    def read(
        self, spot: Spot, state: State, place: Place, *, key: frozenset[tuple[str, ...]] = frozenset()
    ) -> Read:
        read = Read(spot, place, key, state.fresh_fields(spot.root))
        if not self.initialising:
            self.deeds.reads.add(read)
        return read

    def flow(self, value: Value, outlet: Outlet, place: Place, what: str) -> None:
        if self.initialising:
            return
        for read in self.expressions.deep_reads(value):
            if not (outlet is Outlet.DECISION and read.is_test):
                self.deeds.flows.add(Flow(read, outlet, place, what))
