"""What methods of texts and dictionaries answer."""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.permissions.resources import element
from dayfly.scan.permissions.values import (
    FROM_EVENT,
    FROM_RUN_TIME,
    NOTHING,
    Collection,
    Hole,
    Mapping,
    Origin,
    Resource,
    Sequence,
    Text,
    Unknown,
    Value,
    Values,
    constants,
    join,
    limited,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


_SAME_TEXT = frozenset(
    [
        "strip",
        "rstrip",
        "lstrip",
        "encode",
        "decode",
        "removeprefix",
        "removesuffix",
        "rstrip",
        "title",
        "casefold",
        "expandtabs",
    ]
)


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call is given; `is_open` where it may be given more than is known."""

    positional: tuple[Values, ...] = ()
    named: dict[str, Values] = field(default_factory=dict)
    is_open: bool = False

    def value(self, position: int, name: str) -> Values:
        """An argument by position or name; empty where it is not given."""
        if name in self.named:
            return self.named[name]
        return self.positional[position] if position < len(self.positional) else NOTHING

    def all(self) -> Iterator[Values]:
        yield from self.positional
        yield from self.named.values()


def iterate(value: Value) -> Values:
    """What a loop over a value yields."""
    match value:
        case Sequence():
            return limited({one for values in value.items for one in values} | value.rest)
        case Mapping():
            keys = frozenset(Text((key,)) for key, _ in value.items)
            return keys or FROM_RUN_TIME
        case Collection():
            return frozenset({element(value)})
        case Resource():  # an answer that is a list of them
            return frozenset({Resource(value.service, value.kind, value.identifiers, is_loaded=True)})
        case Unknown(origin=Origin.EVENT):
            return FROM_EVENT
        case _:
            return FROM_RUN_TIME


def get_item(owner: Value, keys: Values) -> Values:
    """What `owner[key]` can be."""
    wanted = constants(keys)
    match owner:
        case Mapping():
            if not wanted:
                return limited({one for _, values in owner.items for one in values} | owner.rest)
            found = {one for key, values in owner.items if key in wanted for one in values}
            return limited(found) or owner.rest
        case Sequence():
            positions = [int(one) for one in wanted if one.lstrip("-").isdigit()]
            if positions and owner.items and not owner.rest:
                picked = [owner.items[p] for p in positions if -len(owner.items) <= p < len(owner.items)]
                return limited({one for values in picked for one in values})
            return iterate(owner)
        case Text():
            return frozenset({Text((Hole(Origin.RUN_TIME),))}) if owner.constant is None else FROM_RUN_TIME
        case Resource() | Collection():
            return iterate(owner)
        case Unknown():
            return frozenset({owner})
        case _:
            return FROM_RUN_TIME


def call_text(owner: Text, name: str, arguments: Arguments) -> Values:
    if name in _SAME_TEXT:
        constant = owner.constant
        given = constants(arguments.positional[0]) if arguments.positional else []
        if constant is not None and name in ("strip", "rstrip", "lstrip", "removeprefix", "removesuffix"):
            return text(getattr(constant, name)(*given[:1]))
        return frozenset({owner})
    if name in ("lower", "upper"):
        parts = tuple(getattr(part, name)() if isinstance(part, str) else part for part in owner.parts)
        return frozenset({Text(parts)})
    if name == "format" and owner.constant is not None:
        return _format(owner.constant, arguments)
    if name == "join" and arguments.positional and owner.constant is not None:
        out: set[Value] = set()
        for one in arguments.positional[0]:
            if not isinstance(one, Sequence) or one.rest or not one.items:
                return frozenset({Text((Hole(Origin.RUN_TIME),))})
            values = one.items[0]
            for item in one.items[1:]:
                values = join(join(values, text(owner.constant)), item)
            out |= values
        return limited(out)
    if name == "replace" and owner.constant is not None and len(arguments.positional) > 1:
        old, new = constants(arguments.positional[0]), constants(arguments.positional[1])
        if old and new:
            return text(owner.constant.replace(old[0], new[0]))
    if name in ("split", "rsplit", "partition", "rpartition", "splitlines"):
        separators = constants(arguments.positional[0]) if arguments.positional else []
        if owner.constant is not None and separators and separators[0] and name in ("split", "rsplit"):
            pieces = tuple(text(piece) for piece in owner.constant.split(separators[0]))
            return frozenset({Sequence(pieces, NOTHING)})
        # A reference of a template that is taken apart: its pieces are not known, but where they come from is.
        return frozenset({Sequence((), frozenset({Text((Hole(Origin.RUN_TIME),))}))})
    return frozenset({Text((Hole(Origin.RUN_TIME),))})


def _format(template: str, arguments: Arguments) -> Values:
    values = text("")
    position = 0
    try:
        pieces = list(string.Formatter().parse(template))
    except ValueError:
        return FROM_RUN_TIME
    for literal, name, _, _ in pieces:
        values = join(values, text(literal))
        if name is None:
            continue
        if name == "":
            found = arguments.value(position, "")
            position += 1
        elif name.isdigit():
            found = arguments.value(int(name), "")
        else:
            found = arguments.named.get(name, NOTHING)
        values = join(values, found or FROM_RUN_TIME)
    return values


def call_mapping(owner: Mapping, name: str, arguments: Arguments) -> Values:
    if name in ("get", "pop", "setdefault"):
        found = get_item(owner, arguments.value(0, "key"))
        return limited({*found, *arguments.value(1, "default")})
    if name == "values":
        held = limited({one for _, values in owner.items for one in values} | owner.rest)
        return frozenset({Sequence((), held)})
    if name == "items":
        pairs = tuple(frozenset({Sequence((text(key), values), NOTHING)}) for key, values in owner.items)
        return frozenset({Sequence(pairs, NOTHING)})
    if name == "keys":
        return frozenset({Sequence(tuple(text(key) for key, _ in owner.items), NOTHING)})
    return frozenset({owner}) if name == "copy" else FROM_RUN_TIME
