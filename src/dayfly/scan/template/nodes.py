"""A template's values with their places, whichever language they were written in. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from dayfly.scan.template.model import Unresolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dayfly.scan.model import Place


@dataclass(frozen=True, slots=True, eq=False)
class ScalarNode:
    """One value.

    `text` is what was written, `value` what it means. `is_known` is False where it is decided at deployment or
    run time: `text` then shows the expression, with references as `${Name.Attribute}`. `tag` is a YAML tag that
    has not been dealt with yet.
    """

    place: Place
    text: str
    value: str | int | float | bool | None
    is_known: bool = True
    tag: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SequenceNode:
    """A list."""

    place: Place
    items: tuple[Node, ...] = ()
    tag: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class MappingNode:
    """A mapping; `keys` has the place of each key."""

    place: Place
    entries: Mapping[str, Node] = field(default_factory=dict)
    keys: Mapping[str, Place] = field(default_factory=dict)
    tag: str = ""

    def get(self, *path: str) -> Node | None:
        """What lies under these keys, one within the other; None where there is nothing."""
        node: Node | None = self
        for key in path:
            if not isinstance(node, MappingNode):
                return None
            node = node.entries.get(key)
        return None if is_null(node) else node


Node: TypeAlias = "ScalarNode | SequenceNode | MappingNode"


def known(place: Place, text: str) -> ScalarNode:
    """A string that is what it says."""
    return ScalarNode(place, text, text)


def unknown(place: Place, expression: str) -> ScalarNode:
    """A value that the template does not decide."""
    return ScalarNode(place, expression, expression, is_known=False)


def is_null(node: Node | None) -> bool:
    return node is None or (isinstance(node, ScalarNode) and node.value is None and node.is_known)


def is_unknown(node: Node | None) -> bool:
    return isinstance(node, ScalarNode) and not node.is_known


def mapping(node: Node | None) -> MappingNode | None:
    return node if isinstance(node, MappingNode) else None


def entries(node: Node | None) -> Iterator[tuple[str, Node]]:
    """Keys and values of a mapping; nothing where it is none."""
    if isinstance(node, MappingNode):
        yield from node.entries.items()


def items(node: Node | None) -> tuple[Node, ...]:
    """The elements of a list; a single value counts as a list of one, as IAM and CloudFormation have it."""
    if node is None or is_null(node):
        return ()
    return node.items if isinstance(node, SequenceNode) else (node,)


def texts(node: Node | None) -> tuple[str, ...]:
    """The scalars of a list, or the one scalar, as text."""
    return tuple(item.text for item in items(node) if isinstance(item, ScalarNode))


def text(node: Node | None) -> str:
    """A scalar's text, known or not; "" where there is none."""
    return node.text if isinstance(node, ScalarNode) and not is_null(node) else ""


def string(node: Node | None) -> str | Unresolved | None:
    """A scalar as a setting: its text, why it cannot be known, or None where it is absent."""
    if node is None or is_null(node):
        return None
    if isinstance(node, ScalarNode):
        return node.text if node.is_known else Unresolved(node.text, node.place)
    return Unresolved("a list" if isinstance(node, SequenceNode) else "a mapping", node.place)


def integer(node: Node | None) -> int | Unresolved | None:
    """A scalar as a whole number."""
    value = string(node)
    if not isinstance(value, str):
        return value
    try:
        return int(value)
    except ValueError:
        return Unresolved(value[:80], node.place) if node is not None else None


def is_true(node: Node | None) -> bool:
    """Whether a scalar is known and says yes; templates write booleans as strings, too."""
    return (
        isinstance(node, ScalarNode) and node.is_known and node.text.strip().lower() in ("true", "yes", "on")
    )


def walk(node: Node | None) -> Iterator[Node]:
    """The node and everything within it, parents first."""
    waiting = [] if node is None else [node]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, MappingNode):
            waiting.extend(reversed(tuple(one.entries.values())))
        elif isinstance(one, SequenceNode):
            waiting.extend(reversed(one.items))
