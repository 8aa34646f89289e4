"""Reads HCL with the offset of everything: blocks, attributes and comments, by python-hcl2's parser. No I/O."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from hcl2 import parses_to_tree
from lark import Token, Tree
from lark.exceptions import LarkError, UnexpectedInput

from dayfly.attach.templates.model import TemplateError
from dayfly.attach.templates.nodes import lines_of

Expression: TypeAlias = "Tree[Token]"

# The parser's pattern for a heredoc takes the square of a run of blank space.
_BLANKS = re.compile(r"\s{4000}")
_COMMENT = "NL_OR_COMMENT"
# The parser does not recurse, but who walks its trees does.
_MAX_DEPTH = 400


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = expression`; the offsets span the expression, without comments behind it."""

    name: str
    expression: Expression
    at: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """`type "label" { ... }`; `inner` is the offset behind the opening brace, `close` that of the closing one."""

    type: str
    labels: tuple[str, ...]
    at: int
    inner: int
    close: int
    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]

    def nested(self, kind: str) -> list[Block]:
        return [one for one in self.blocks if one.type == kind]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, without the line end behind it."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class HclFile:
    """One file: its top-level blocks and attributes (those of a .tfvars file), and every comment in it."""

    path: str
    text: str
    blocks: tuple[Block, ...]
    attributes: dict[str, Attribute]
    comments: tuple[Comment, ...]
    _lines: list[int] = field(default_factory=list)

    def line(self, offset: int) -> int:
        """The line of an offset, counted from one."""
        if not self._lines:
            self._lines.extend(lines_of(self.text))
        return bisect_right(self._lines, offset)

    def written(self, expression: Expression) -> str:
        """An expression as it is written."""
        start, end = span(expression)
        return self.text[start:end]


def read_hcl(text: str, path: str) -> HclFile:
    """One file of Terraform's language; raises TemplateError with the line where it is none."""
    blank = _BLANKS.search(text)
    if blank:
        line = text.count("\n", 0, blank.start()) + 1
        raise TemplateError(f"{path}:{line} has 4,000 spaces in a row", hint="shorten them")
    shown = " " + text[1:] if text.startswith("\ufeff") else text
    try:
        tree = parses_to_tree(shown if shown.endswith("\n") else shown + "\n")
    except UnexpectedInput as error:
        line = error.line if isinstance(error.line, int) and error.line > 0 else shown.count("\n") + 1
        found = getattr(error, "token", None)
        line = min(line, shown.rstrip("\n").count("\n") + 1)
        shown_token = str(found if found is not None else "").strip()[:30]
        what = f"unexpected {shown_token!r}" if shown_token else "unexpected end of file"
        raise TemplateError(
            f"{path}:{line} is not valid HCL: {what}", hint="fix the syntax; nothing was changed"
        ) from error
    except (LarkError, RecursionError, ValueError) as error:
        raise TemplateError(
            f"{path} is not valid HCL: {type(error).__name__}", hint="fix the syntax"
        ) from error
    _check_depth(tree, path)
    body = next(trees(tree))
    blocks, attributes = _body(body)
    comments = tuple(
        Comment(one.start_pos or 0, (one.start_pos or 0) + len(words), words)
        for one in tree.scan_values(lambda one: isinstance(one, Token))
        if one.type == _COMMENT and (words := str(one).rstrip("\r\n")).startswith(("#", "/"))
    )
    return HclFile(path, text, blocks, attributes, comments)


def trees(tree: Tree[Token]) -> Iterator[Tree[Token]]:
    """The children that are trees and not comments."""
    return (one for one in tree.children if isinstance(one, Tree) and one.data != "new_line_or_comment")


def span(tree: Tree[Token]) -> tuple[int, int]:
    """Where an expression begins and ends, without the comments around it."""
    tokens = [one for one in tree.scan_values(lambda one: isinstance(one, Token)) if one.type != _COMMENT]
    starts = [one.start_pos or 0 for one in tokens]
    ends = [one.end_pos or 0 for one in tokens]
    return min(starts, default=0), max(ends, default=0)


def word(tree: Tree[Token]) -> str:
    """An identifier's, keyword's or label's text."""
    tokens = tree.scan_values(lambda one: isinstance(one, Token) and one.type != _COMMENT)
    return "".join(str(token) for token in tokens).strip().strip('"')


def bare(tree: Tree[Token]) -> Tree[Token]:
    """The expression within wrappers that mean nothing by themselves."""
    while tree.data == "expr_term":
        inner = list(trees(tree))
        if len(inner) != 1 or str(tree.children[0]) == "(":
            break
        tree = inner[0]
    return tree


def call_of(tree: Tree[Token]) -> tuple[str, list[Expression]] | None:
    """Name and arguments of a function's call; None for anything else."""
    tree = bare(tree)
    if tree.data != "function_call":
        return None
    parts = list(trees(tree))
    arguments = [one for part in parts[1:] if part.data == "arguments" for one in trees(part)]
    has_ellipsis = any(
        isinstance(one, Token) and one.type == "ELLIPSIS" for part in parts for one in part.children
    )
    return None if has_ellipsis else (word(parts[0]), arguments)


def string_of(tree: Tree[Token]) -> str | None:
    """The text of a plain string without escapes and templates; None for anything else."""
    tree = bare(tree)
    if tree.data != "string":
        return None
    parts = list(trees(tree))
    if not all(len(one.children) == 1 and isinstance(one.children[0], Token) for one in parts):
        return None
    text = "".join(str(one.children[0]) for one in parts)
    return None if "\\" in text or "$${" in text or "%%{" in text else text


def elements(tree: Tree[Token]) -> list[tuple[str, Tree[Token], Expression]] | None:
    """Key, the key's tree and value of each element of `{ ... }`; a key that is an expression has the name ""."""
    tree = bare(tree)
    if tree.data != "object":
        return None
    found = []
    for element in trees(tree):
        sides = list(trees(element))
        if element.data != "object_elem" or len(sides) != 2:
            return None
        inner = bare(next(trees(sides[0]), sides[0]))
        is_name = inner.data in ("identifier", "keyword")
        found.append((word(inner) if is_name else string_of(inner) or "", inner, sides[1]))
    return found


def items(tree: Tree[Token]) -> list[Expression] | None:
    """The elements of `[ ... ]`."""
    tree = bare(tree)
    return list(trees(tree)) if tree.data == "tuple" else None


def _body(tree: Tree[Token]) -> tuple[tuple[Block, ...], dict[str, Attribute]]:
    blocks: list[Block] = []
    attributes: dict[str, Attribute] = {}
    for child in trees(tree):
        parts = list(trees(child))
        if child.data == "attribute" and len(parts) >= 2:
            start, end = span(parts[1])
            attributes[word(parts[0])] = Attribute(word(parts[0]), parts[1], span(parts[0])[0], start, end)
        elif child.data == "block" and parts:
            inner = next((one for one in parts if one.data == "body"), None)
            tokens = [one for one in child.children if isinstance(one, Token)]
            braces = [one for one in tokens if str(one).strip() in ("{", "}")]
            if inner is None or len(braces) != 2:
                continue
            names = [word(one) for one in parts if one is not inner]
            nested, own = _body(inner)
            opening = (braces[0].start_pos or 0) + str(braces[0]).index("{") + 1
            closing = (braces[1].start_pos or 0) + str(braces[1]).index("}")
            at = span(parts[0])[0]
            blocks.append(Block(names[0], tuple(names[1:]), at, opening, closing, own, nested))
    return tuple(blocks), attributes


def _check_depth(tree: Tree[Token], path: str) -> None:
    waiting: list[tuple[Tree[Token], int]] = [(tree, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise TemplateError(f"{path}:{one.meta.line} is nested too deeply", hint="reduce the nesting")
        waiting += [(child, depth + 1) for child in one.children if isinstance(child, Tree)]
