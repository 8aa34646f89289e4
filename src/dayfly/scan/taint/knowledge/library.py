"""Puts the tables of knowledge together, so that every lookup is one dictionary access."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from dayfly.scan.taint.knowledge import (
    aws,
    databases,
    documents,
    events,
    execution,
    files,
    identities,
    logs,
    network,
    standard,
    weaknesses,
    web,
)
from dayfly.scan.taint.knowledge.model import Call, Result
from dayfly.scan.taint.knowledge.parameters import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dayfly.scan.taint.knowledge.model import (
        Argument,
        Attribute,
        Decorator,
        EventShape,
        Guard,
        Kind,
        Route,
        Sink,
        Tables,
    )
    from dayfly.scan.template.model import Trigger


T = TypeVar("T", "Sink", "Call", "Attribute", "Guard", "Decorator")

# Every module of knowledge; each holds `TABLES`. Earlier rows win over later ones of the same name.
_MODULES = (
    standard,
    events,
    web,
    execution,
    files,
    databases,
    documents,
    network,
    aws,
    logs,
    identities,
    weaknesses,
)


class Library:
    """All rows, by name."""

    def __init__(self, tables: Iterable[Tables]) -> None:
        parts = tuple(tables)
        self.sinks = {
            name: tuple(replace(row, arguments=_named(name, row.arguments)) for row in rows)
            for name, rows in _by_name(row for part in parts for row in part.sinks).items()
        }
        calls = [row for part in parts for row in part.calls]
        calls += [
            Call(
                row.names,
                Result(taint_from=(row.argument,), cleanses=row.cleanses, type=row.type),
            )
            for part in parts
            for row in part.cleansers
        ]
        self.calls = {
            name: tuple(replace(row, result=_named_result(name, row.result)) for row in rows)
            for name, rows in _by_name(calls).items()
        }
        self.attributes = _by_name(row for part in parts for row in part.attributes)
        self.guards = {
            name: tuple(replace(row, argument=_named(name, (row.argument,))[0]) for row in rows)
            for name, rows in _by_name(row for part in parts for row in part.guards).items()
        }
        self.decorators = _by_name(row for part in parts for row in part.decorators)
        # Types of which some method or attribute is known.
        self.owners = frozenset(
            name.rpartition(".")[0]
            for table in (self.sinks, self.calls, self.attributes, self.guards)
            for name in table
        )
        self.kinds: dict[str, Kind] = {}
        for part in parts:
            for kind in part.kinds:
                self.kinds.setdefault(kind.name, kind)
        self.routes: tuple[Route, ...] = tuple(row for part in parts for row in part.routes)
        self.shapes: dict[Trigger, EventShape] = {}
        for part in parts:
            for shape in part.shapes:
                self.shapes.setdefault(shape.trigger, shape)
        self.aliases: dict[str, str] = dict(pair for part in parts for pair in part.aliases)

    def canonical(self, name: str) -> str:
        """The name under which the rows know it."""
        if name in self.aliases:
            return self.aliases[name]
        head, dot, tail = name.rpartition(".")
        if dot and head in self.aliases:
            return f"{self.aliases[head]}.{tail}"
        return name

    def lineage(self, kind: str) -> Iterator[str]:
        """A type and everything else it is, nearest first."""
        pending, seen = [kind], set()
        while pending:
            name = pending.pop(0)
            if name in seen:
                continue
            seen.add(name)
            yield name
            if name in self.kinds:
                pending.extend(self.kinds[name].bases)


@cache
def load_library() -> Library:
    """The library of all modules of knowledge, made once per process."""
    return Library(module.TABLES for module in _MODULES)


def _named(name: str, arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """The arguments with the keywords by which they may be passed as well."""
    known = PARAMETERS.get(name, ())
    return tuple(
        replace(one, keyword=known[one.position])
        if one.position is not None and one.position < len(known) and not one.keyword and not one.is_rest
        else one
        for one in arguments
    )


def _named_result(name: str, result: Result) -> Result:
    if name not in PARAMETERS:
        return result

    def one_named(argument: Argument | None) -> Argument | None:
        return None if argument is None else _named(name, (argument,))[0]

    return replace(
        result,
        taint_from=None if result.taint_from is None else _named(name, result.taint_from),
        alias=one_named(result.alias),
        element_of=one_named(result.element_of),
        collects=one_named(result.collects),
    )


def _by_name(rows: Iterable[T]) -> dict[str, tuple[T, ...]]:
    index: dict[str, list[T]] = {}
    for row in rows:
        for name in row.names:
            index.setdefault(name, []).append(row)
    return {name: tuple(found) for name, found in index.items()}
