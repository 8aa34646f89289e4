"""Terraform files as blocks: HCL by python-hcl2's parser, and Terraform's JSON form. Nothing is evaluated here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from hcl2 import parses_to_tree
from lark import Token, Tree
from lark.exceptions import LarkError, UnexpectedInput

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.template.documents import read_documents
from dayfly.scan.template.nodes import MappingNode, Node, ScalarNode, entries, items

if TYPE_CHECKING:
    from collections.abc import Iterator

# The longest Terraform file of the registry's hundred most used modules has 120 kB.
_MAX_CHARACTERS = 1_000_000
# The parser's pattern for a heredoc takes the square of a run of blank space.
_BLANKS = re.compile(r"\s{4000}")

Expression: TypeAlias = "Tree[Token] | Token | Node"


@dataclass
class Body:
    """What stands between a block's braces; expressions are still to be evaluated."""

    place: Place
    attributes: dict[str, Expression] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Block:
    """`type "label" "label" { body }`."""

    type: str
    labels: tuple[str, ...]
    body: Body
    place: Place


def read_blocks(text: str, path: str, notes: list[Note]) -> list[Block]:
    """The top-level blocks of one file; a file that cannot be read is noted and has none."""
    if len(text) > _MAX_CHARACTERS:
        notes.append(Note(NoteKind.BOUNDED, f"has more than {_MAX_CHARACTERS:,} characters", Place(path)))
        return []
    if path.endswith(".json"):
        documents = read_documents(text, path)
        notes.extend(documents.notes)
        return [block for node in documents.nodes for block in _json_blocks(node)]
    if _BLANKS.search(text):
        notes.append(Note(NoteKind.BOUNDED, "has a run of more than 4,000 blanks", Place(path)))
        return []
    try:
        tree = parses_to_tree(text if text.endswith("\n") else text + "\n")
    except UnexpectedInput as error:
        line = error.line if error.line > 0 else 0
        found = getattr(error, "token", None)
        what = f"unexpected {str(found).strip()[:30]!r}" if found is not None else "unexpected text"
        notes.append(
            Note(
                NoteKind.NOT_ANALYSABLE, f"is not valid HCL: {what}", Place(path, line, max(error.column, 0))
            )
        )
        return []
    except (LarkError, RecursionError, ValueError) as error:
        notes.append(Note(NoteKind.NOT_ANALYSABLE, f"is not valid HCL: {type(error).__name__}", Place(path)))
        return []
    return _body(next(iter(trees(tree))), path).blocks


def trees(tree: Tree[Token]) -> Iterator[Tree[Token]]:
    """The children that are trees and not comments."""
    return (one for one in tree.children if isinstance(one, Tree) and one.data != "new_line_or_comment")


def place_of(node: Tree[Token] | Token, path: str) -> Place:
    """Where a node of the parser stands."""
    if isinstance(node, Token):
        return Place(path, node.line or 0, node.column or 0, node.end_line or 0, node.end_column or 0)
    meta = node.meta
    if meta.empty:
        return Place(path)
    return Place(path, meta.line, meta.column, meta.end_line, meta.end_column)


def word(tree: Tree[Token] | Token) -> str:
    """An identifier's, keyword's or label's text."""
    if isinstance(tree, Token):
        return str(tree)
    return "".join(str(token) for token in tree.scan_values(lambda one: isinstance(one, Token))).strip('"')


def _body(tree: Tree[Token], path: str) -> Body:
    body = Body(place_of(tree, path))
    for child in trees(tree):
        parts = list(trees(child))
        if child.data == "attribute" and len(parts) >= 2:
            name = word(parts[0])
            body.attributes[name] = parts[1]
            body.places[name] = place_of(parts[0], path)
        elif child.data == "block" and parts:
            inner = next((one for one in parts if one.data == "body"), None)
            if inner is not None:
                labels = [one for one in parts if one is not inner]
                names = [word(one) for one in labels]
                first, last = place_of(labels[0], path), place_of(labels[-1], path)
                # The line that names it: a block of a hundred lines is no place to look at.
                place = Place(path, first.line, first.column, last.end_line, last.end_column)
                content = _body(inner, path)
                content.place = place
                body.blocks.append(Block(names[0], tuple(names[1:]), content, place))
    return body


# How many labels a block has in Terraform's JSON form: https://developer.hashicorp.com/terraform/language/syntax/json
_LABELS = {"resource": 2, "data": 2, "variable": 1, "module": 1, "output": 1, "provider": 1, "locals": 0}


def _json_blocks(node: Node) -> Iterator[Block]:
    for kind, value in entries(node):
        if kind in _LABELS:
            yield from _labelled(kind, (), value, _LABELS[kind])


def _labelled(kind: str, labels: tuple[str, ...], node: Node, missing: int) -> Iterator[Block]:
    for one in items(node):
        if not isinstance(one, MappingNode):
            continue
        if missing:
            for label, inner in one.entries.items():
                yield from _labelled(kind, (*labels, label), inner, missing - 1)
        else:
            yield Block(kind, labels, json_body(one), one.place)


def json_body(node: MappingNode) -> Body:
    """A mapping as a body: in JSON, blocks and attributes look the same, and stay attributes."""
    return Body(node.place, dict(node.entries), dict(node.keys))


def place_of_default(block: Block) -> Place:
    """Where a variable's default stands."""
    expression = block.body.attributes.get("default")
    if isinstance(expression, (Tree, Token)):
        return place_of(expression, block.place.path)
    return expression.place if expression is not None else block.place


def literal(expression: Expression | None) -> str:
    """The text of a plain string; "" where the expression is anything else."""
    if isinstance(expression, Tree):
        tokens = list(expression.scan_values(lambda one: isinstance(one, Token)))
        if len(tokens) == 3 and tokens[1].type == "STRING_CHARS":
            return str(tokens[1])
        return ""
    return expression.text if isinstance(expression, ScalarNode) else ""
