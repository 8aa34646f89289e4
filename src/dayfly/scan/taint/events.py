"""What of an event is whose: by the shape that the trigger gives it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.model import Step
from dayfly.scan.taint.knowledge.model import Trust
from dayfly.scan.taint.values import Label, Symbol, Thing, Trail, cleanse, unknown_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.scan.model import Place
    from dayfly.scan.taint.knowledge.model import EventField, EventShape
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Scalar, Value

ANY_KEY = "*"
_TEXTS = {"str", "bytes"}


def new_event(machine: Machine, name: str, place: Place) -> Thing:
    """The handler's first argument."""
    return Thing("", _label(name, Trust.CALLER, place, f"`{name}` comes from the caller"), Symbol(), path=())


def _label(source: str, trust: Trust, place: Place, what: str) -> tuple[Label, ...]:
    return (Label(source, trust, trail=Trail(Step(place, what), None, 1)),)


def child(
    machine: Machine, parent: Thing, key: Scalar | tuple[Scalar, ...], symbol: Symbol | None = None
) -> Value:
    """The value under a key of the event or of a part of it; `key` is None for any."""
    assert parent.path is not None
    if isinstance(key, tuple):
        key = None
    name = ANY_KEY if key is None or isinstance(key, int) else str(key)
    path = (*parent.path, name)
    symbol = symbol or parent.symbol.child(("item", key))
    row = find_field(machine.shapes, path)
    trust = _trust(machine.shapes, row, path)
    if not parent.taint:
        trust = Trust.CLEAN
    kind = row.type if row is not None and len(row.path) == len(path) else ""
    if trust is Trust.CLEAN and not _goes_on(machine.shapes, path):
        return unknown_text((), symbol) if kind in _TEXTS else Thing(kind, (), symbol)
    source = parent.taint[0].source if parent.taint else "event"
    if key is not None:
        source = f"{source}[{key!r}]"
    taint = tuple(replace(label, source=source, trust=trust) for label in parent.taint[:1])
    if machine.current_call is not None and machine.file is not None:
        place = machine.place(machine.current_call)
        taint = _label(source, trust, place, f"`{source}` comes from the caller")
    if row is not None and row.cleanses:
        taint = cleanse(taint, row.cleanses)
    if kind in _TEXTS:
        return unknown_text(taint, symbol, is_bytes=kind == "bytes")
    return Thing(kind, taint, symbol, path=path, is_structure=not kind)


def find_field(shapes: Sequence[EventShape], path: tuple[str, ...]) -> EventField | None:
    """The most specific row about a path, over all shapes."""
    best: tuple[tuple[int, ...], EventField] | None = None
    for shape in shapes:
        for row in shape.fields:
            rank = _match(row.path, path)
            if rank is not None and (best is None or rank > best[0]):
                best = (rank, row)
    return best[1] if best is not None else None


def _match(pattern: tuple[str, ...], path: tuple[str, ...]) -> tuple[int, ...] | None:
    """How specifically a pattern matches a path; None where it does not."""
    rank: list[int] = []
    for index, part in enumerate(pattern):
        if part == "**":
            return tuple(rank) if len(path) >= index else None
        if index >= len(path):
            return None
        if part == "*":
            rank.append(1)
        elif part == path[index]:
            rank.append(2)
        elif path[index].lower() == part.lower():
            rank.append(2)  # header names
        else:
            return None
    # A row without `**` holds for everything below as well.
    return tuple(rank)


def _trust(shapes: Sequence[EventShape], row: EventField | None, path: tuple[str, ...]) -> Trust:
    if row is not None:
        return row.trust
    if shapes and all(shape.default is not Trust.CALLER for shape in shapes):
        return shapes[0].default
    return Trust.CALLER


def _goes_on(shapes: Sequence[EventShape], path: tuple[str, ...]) -> bool:
    """Whether something below a clean field is not clean."""
    return any(
        len(row.path) > len(path)
        and row.trust is not Trust.CLEAN
        and _match(row.path[: len(path)], path) is not None
        for shape in shapes
        for row in shape.fields
    )
