"""Evaluates one of Terraform's expressions, as python-hcl2's parser gives it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from lark import Token, Tree

from dayfly.scan.template.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    items,
    known,
    text,
    unknown,
)
from dayfly.scan.template.terraform_functions import Files, call
from dayfly.scan.template.terraform_syntax import place_of, trees, word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.model import Place

MAX_DEPTH = 60
_MAX_TEXT = 200_000
_HEREDOC = re.compile(r"<<-?(?P<mark>[A-Za-z][\w.-]*)\r?\n(?P<body>.*)", re.DOTALL)


class Names(Files, Protocol):
    """What an expression's names stand for."""

    def reference(self, parts: list[str], place: Place) -> Node:
        """The value of `var.x`, `local.x.y`, a resource's attribute."""

    def interpolate(self, written: str, place: Place) -> Node:
        """A text with its simple references put in."""

    def count(self, built: int = 0) -> bool:
        """Whether there is still work allowed."""


class Evaluation:
    """One expression with the names that `for` binds around it."""

    def __init__(self, names: Names, path: str, scope: Mapping[str, Node]) -> None:
        self._names = names
        self._path = path
        self._scope = scope

    def value(self, tree: Tree[Token] | Token, depth: int) -> Node:
        place = place_of(tree, self._path)
        if isinstance(tree, Token):
            return known(place, str(tree))
        if depth > MAX_DEPTH or not self._names.count():
            return unknown(place, "${too deep}")
        parts = list(trees(tree))
        kind = str(tree.data)
        if kind == "expr_term" and len(parts) == 1:
            return self.value(parts[0], depth + 1)
        if kind == "string":
            return self._string(parts, place, depth)
        if kind == "template_string":
            return known(place, word(tree).strip('\\"'))
        if kind in ("int_lit", "float_lit"):
            return ScalarNode(place, word(tree), word(tree))
        if kind == "literal_value":
            written = word(tree)
            meaning = {"true": True, "false": False}.get(written)
            return ScalarNode(place, "" if written == "null" else written, meaning)
        if kind == "identifier":
            return self._scope.get(word(tree)) or unknown(place, "${" + word(tree) + "}")
        if kind == "tuple":
            return SequenceNode(place, tuple(self.value(part, depth + 1) for part in parts))
        if kind == "object":
            return self._object(parts, place, depth)
        if kind in ("heredoc_template", "heredoc_template_trim"):
            return self._heredoc(word(tree), place)
        if kind in ("get_attr_expr_term", "index_expr_term", "attr_splat_expr_term", "full_splat_expr_term"):
            return self._traversal(tree, place, depth)
        if kind == "function_call" and parts:
            arguments: list[Node] = []
            for part in parts[1:]:
                if part.data == "arguments":
                    arguments = [self.value(one, depth + 1) for one in trees(part)]
            return call(self._names, word(parts[0]), arguments, place)
        if kind == "conditional" and len(parts) == 3:
            return self._conditional(parts, place, depth)
        if kind == "binary_op" and len(parts) == 2:
            return self._binary(parts, place, depth)
        if kind == "unary_op" and parts:
            inner = self.value(parts[-1], depth + 1)
            if isinstance(inner, ScalarNode) and isinstance(inner.value, bool) and inner.is_known:
                return _truth(place, not inner.value)
        if kind in ("for_tuple_expr", "for_object_expr"):
            return self._for(tree, place, depth)
        return unknown(place, "${" + word(tree)[:80] + "}")

    def _string(self, parts: list[Tree[Token]], place: Place, depth: int) -> Node:
        pieces: list[str] = []
        is_known = True
        for part in parts:
            for child in part.children:
                if isinstance(child, Token):
                    pieces.append(_unescape(str(child)))
                elif child.data == "interpolation":
                    inner = self.value(next(iter(trees(child))), depth + 1)
                    if len(parts) == 1:
                        return inner
                    is_known = is_known and isinstance(inner, ScalarNode) and inner.is_known
                    pieces.append(text(inner) if isinstance(inner, ScalarNode) else "${…}")
                else:
                    is_known = False
        result = "".join(pieces)
        if len(result) > _MAX_TEXT or not self._names.count(len(result)):
            return unknown(place, "${too long}")
        return known(place, result) if is_known else unknown(place, result)

    def _object(self, parts: list[Tree[Token]], place: Place, depth: int) -> Node:
        found: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for part in parts:
            sides = list(trees(part))
            if part.data != "object_elem" or len(sides) != 2:
                continue
            key = self._key(sides[0], depth)
            found[key] = self.value(sides[1], depth + 1)
            keys[key] = place_of(sides[0], self._path)
        return MappingNode(place, found, keys)

    def _key(self, tree: Tree[Token], depth: int) -> str:
        inner = next(iter(trees(tree)), tree)
        bare = inner
        while bare.data == "expr_term" and len(list(trees(bare))) == 1 and not _is_parenthesised(bare):
            bare = next(iter(trees(bare)))
        if bare.data in ("identifier", "keyword"):
            return word(bare)
        return text(self.value(inner, depth + 1))

    def _heredoc(self, written: str, place: Place) -> Node:
        match = _HEREDOC.match(written)
        if match is None:
            return known(place, written)
        body = match["body"].rstrip()
        body = body[: -len(match["mark"])].rstrip(" \t") if body.endswith(match["mark"]) else body
        return self._names.interpolate(body, place)

    def _traversal(self, tree: Tree[Token], place: Place, depth: int) -> Node:
        """A chain of attributes and indices down to its root."""
        names: list[str] = []
        current = tree
        while True:
            parts = list(trees(current))
            if current.data == "expr_term" and len(parts) == 1 and not _is_parenthesised(current):
                current = parts[0]
                continue
            if current.data in ("get_attr_expr_term", "index_expr_term") and len(parts) == 2:
                names.insert(0, self._step(parts[1], depth))
                current = parts[0]
                continue
            if current.data in ("attr_splat_expr_term", "full_splat_expr_term") and parts:
                inner = [self._step(one, depth) for one in trees(parts[1])] if len(parts) > 1 else []
                names[:0] = ["*", *inner]
                current = parts[0]
                continue
            break
        if current.data == "identifier":
            root = word(current)
            if root in self._scope:
                return _within(self._scope[root], [one for one in names if one != "*"]) or unknown(
                    place, "${" + root + "}"
                )
            # An instance of a resource with `count` is the resource, as far as its type and policy go.
            is_value = root in ("var", "local")
            kept = [one for one in names if one != "*" and (is_value or not one.isdecimal())]
            return self._names.reference([root, *[one for one in kept if one]], place)
        base = self.value(current, depth + 1)
        return _within(base, names) or unknown(place, "${" + word(tree)[:80] + "}")

    def _step(self, tree: Tree[Token], depth: int) -> str:
        if tree.data == "get_attr":
            return word(tree).removeprefix(".")
        if tree.data == "short_index":
            return word(tree).removeprefix(".")
        if tree.data == "braces_index":
            inner = self.value(next(iter(trees(tree))), depth + 1)
            return text(inner) if isinstance(inner, ScalarNode) and inner.is_known else "*"
        return "*"

    def _conditional(self, parts: list[Tree[Token]], place: Place, depth: int) -> Node:
        condition = self.value(parts[0], depth + 1)
        sides = [self.value(part, depth + 1) for part in parts[1:]]
        if isinstance(condition, ScalarNode) and condition.is_known and condition.text in ("true", "false"):
            return sides[0] if condition.text == "true" else sides[1]
        if all(isinstance(side, SequenceNode) for side in sides):
            return SequenceNode(place, tuple(one for side in sides for one in items(side)))
        if text(sides[0]) and text(sides[0]) == text(sides[1]):
            return sides[0]
        return unknown(place, "${either " + " or ".join(text(side)[:80] for side in sides) + "}")

    def _binary(self, parts: list[Tree[Token]], place: Place, depth: int) -> Node:
        operator = word(next(iter(trees(parts[1]))))
        left = self.value(parts[0], depth + 1)
        right = self.value(list(trees(parts[1]))[-1], depth + 1)
        if not (isinstance(left, ScalarNode) and isinstance(right, ScalarNode)):
            return unknown(place, "${" + operator + "}")
        both = left.is_known and right.is_known
        if operator in ("==", "!=") and both:
            return _truth(place, (left.text == right.text) == (operator == "=="))
        if operator in ("&&", "||"):
            decisive = operator == "||"
            if any(one.is_known and one.value is decisive for one in (left, right)):
                return _truth(place, decisive)
            if both:
                return _truth(place, not decisive)
        return unknown(place, "${" + operator + "}")

    def _for(self, tree: Tree[Token], place: Place, depth: int) -> Node:
        """`[for x in LIST : …]` over a list that is known; anything else is decided at deployment."""
        parts = list(trees(tree))
        intro = parts[0]
        names = [word(one) for one in trees(intro) if one.data == "identifier"]
        inner = list(trees(intro))
        source = self.value(inner[-1], depth + 1) if inner else None
        has_condition = any(one.data == "for_cond" for one in parts)
        is_simple = tree.data == "for_tuple_expr" and not has_condition and len(parts) > 1 and bool(names)
        if not is_simple or not isinstance(source, SequenceNode):
            return unknown(place, "${for}")
        found = []
        for item in source.items[:1000]:
            one = Evaluation(self._names, self._path, {**self._scope, names[-1]: item})
            found.append(one.value(parts[1], depth + 1))
        return SequenceNode(place, tuple(found))


def _within(node: Node, names: list[str]) -> Node | None:
    current: Node | None = node
    for name in names:
        if isinstance(current, MappingNode):
            current = current.entries.get(name)
        elif isinstance(current, SequenceNode) and name.isdecimal() and len(name) < 6:
            current = current.items[int(name)] if int(name) < len(current.items) else None
        elif isinstance(current, ScalarNode) and not current.is_known and current.text.endswith("}"):
            current = unknown(current.place, f"{current.text[:-1]}.{name}}}")
        else:
            return None
    return current


def _is_parenthesised(tree: Tree[Token]) -> bool:
    first = tree.children[0] if tree.children else None
    return isinstance(first, Token) and first.type == "LPAR"


def _truth(place: Place, value: bool) -> Node:
    return ScalarNode(place, "true" if value else "false", value)


def _unescape(written: str) -> str:
    if "\\" not in written and "$${" not in written and "%%{" not in written:
        return written
    for escaped, meant in (
        ('\\"', '"'),
        ("\\n", "\n"),
        ("\\t", "\t"),
        ("\\\\", "\\"),
        ("$${", "${"),
        ("%%{", "%{"),
    ):
        written = written.replace(escaped, meant)
    return written
