"""The functions of Terraform's language that templates of Lambda functions use to build names, lists and policies."""

from __future__ import annotations

import posixpath
import re
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from dayfly.scan.template.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    is_null,
    items,
    known,
    text,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.scan.model import Place

_FIRST = frozenset(
    {
        "jsonencode", "jsondecode", "yamlencode", "tostring", "tonumber", "tobool", "tolist", "toset", "tomap",
        "sensitive", "nonsensitive", "abspath", "pathexpand", "trimspace", "one", "distinct", "sort", "reverse",
    }
)  # fmt: skip
_TEXT: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "basename": posixpath.basename,
    "dirname": posixpath.dirname,
}
_FORMAT = re.compile(r"%[-+0-9.]*([sdvq%])")
_MAX_TEXT = 200_000
# A policy has some hundred resources; lists that double each other reach any number.
_MAX_ITEMS = 10_000


class Files(Protocol):
    """What a function may read: files of the project."""

    def file(self, written: str) -> tuple[str, str] | None:
        """Path and text of a file, None where the project has none."""


def call(files: Files, name: str, arguments: list[Node], place: Place) -> Node:
    """The value of a function's call; unknown where the function is not one of these, or an argument is.

    `jsonencode` gives back what it would encode: who reads a policy wants its structure.
    """
    first = arguments[0] if arguments else None
    if first is None:
        return unknown(place, "${" + name + "()}")
    if name in _FIRST:
        return first
    if name in ("try", "coalesce"):
        return next((one for one in arguments if not is_null(one) and text(one) != ""), first)
    if name in ("concat", "compact", "setunion"):
        return SequenceNode(place, tuple(_flat(arguments)))
    if name == "flatten":
        return SequenceNode(place, tuple(_flat(_flat(arguments))))
    if name == "merge":
        return _merge(arguments, place)
    if name in ("file", "templatefile", "filebase64"):
        return _file(files, name, first, place)
    if name == "join" and len(arguments) > 1:
        parts = _flat(arguments[1:])
        return _text(place, text(first).join(text(one) for one in parts), [first, *parts])
    if name == "format":
        return _format(arguments, place)
    if name in _TEXT and isinstance(first, ScalarNode):
        return _text(place, _TEXT[name](first.text), [first])
    if (
        name == "replace"
        and len(arguments) == 3
        and not text(arguments[1]).startswith("/")
        and text(arguments[1])
    ):
        return _text(place, text(first).replace(text(arguments[1]), text(arguments[2])), arguments)
    if name == "lookup" and isinstance(first, MappingNode) and len(arguments) > 1:
        found = first.entries.get(text(arguments[1]))
        if found is not None:
            return found
        return arguments[2] if len(arguments) > 2 else unknown(place, "${lookup}")
    if name == "element" and isinstance(first, SequenceNode) and len(arguments) == 2 and first.items:
        index = text(arguments[1])
        if index.isdecimal() and len(index) < 6:
            return first.items[int(index) % len(first.items)]
    return unknown(place, "${" + name + "(" + text(first)[:80] + ")}")


def _flat(nodes: list[Node]) -> list[Node]:
    return list(islice((one for node in nodes for one in items(node)), _MAX_ITEMS))


def _merge(arguments: list[Node], place: Place) -> Node:
    entries: dict[str, Node] = {}
    keys: dict[str, Place] = {}
    for one in arguments:
        if isinstance(one, MappingNode):
            entries.update(one.entries)
            keys.update(one.keys)
    return MappingNode(place, entries, keys)


def _file(files: Files, name: str, path: Node, place: Place) -> Node:
    if isinstance(path, ScalarNode) and path.is_known and name != "filebase64":
        found = files.file(path.text)
        if found is not None:
            return known(place, found[1]) if name == "file" else unknown(place, found[1])
    return unknown(place, "${" + name + "(" + text(path)[:120] + ")}")


def _format(arguments: list[Node], place: Place) -> Node:
    rest = iter(arguments[1:])

    def replace(match: re.Match[str]) -> str:
        if match[1] == "%":
            return "%"
        return text(next(rest, None))

    return _text(place, _FORMAT.sub(replace, text(arguments[0])), arguments)


def _text(place: Place, result: str, parts: list[Node]) -> Node:
    if len(result) > _MAX_TEXT:
        return unknown(place, "${too long}")
    is_known = all(isinstance(one, ScalarNode) and one.is_known for one in parts)
    return known(place, result) if is_known else unknown(place, result)
