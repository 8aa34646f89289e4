"""What an expression of Terraform's may come to, as far as a folder's variables, locals and .tfvars files say. No I/O."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from lark import Token

from dayfly.attach.templates.hcl import (
    Expression,
    HclFile,
    bare,
    call_of,
    elements,
    items,
    string_of,
    trees,
    word,
)

_MAX_DEPTH = 40
_MAX_VALUES = 64
# Locals that merge each other twice double the work with each level.
_MAX_WORK = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """`{ ... }` with expressions for values; `is_whole`: every key is known."""

    entries: Mapping[str, Expression]
    is_whole: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class List:
    """`[ ... ]`."""

    items: Sequence[Expression]


# None is Terraform's null.
Value: TypeAlias = "str | Object | List | None"


class UnknownError(Exception):
    """The value is decided elsewhere, or by something that is not followed."""


@dataclass
class Names:
    """What the names of one module stand for; `variables` has defaults and what .tfvars files say."""

    variables: dict[str, list[Expression]] = field(default_factory=dict)
    locals: dict[str, Expression] = field(default_factory=dict)
    _left: int = _MAX_WORK

    @classmethod
    def of(cls, files: Sequence[HclFile], settings: Sequence[HclFile]) -> Names:
        """The names of a folder: its .tf files, and its .tfvars files."""
        names = cls()
        for block in (block for file in files for block in file.blocks):
            if block.type == "variable" and len(block.labels) == 1 and "default" in block.attributes:
                names.variables.setdefault(block.labels[0], []).append(block.attributes["default"].expression)
            elif block.type == "locals":
                names.locals |= {name: one.expression for name, one in block.attributes.items()}
        for file in settings:
            for name, one in file.attributes.items():
                names.variables.setdefault(name, []).append(one.expression)
        return names

    def texts(self, expression: Expression, each: Expression | None) -> set[str]:
        """The strings that an expression may come to; raises UnknownError if there may be others."""
        found = self.values(expression, each)
        if not all(isinstance(one, str) for one in found):
            raise UnknownError
        return {one for one in found if isinstance(one, str)}

    def values(self, expression: Expression, each: Expression | None) -> list[Value]:
        """All that an expression may come to; `each` is the block's `for_each`. Raises UnknownError."""
        self._left = _MAX_WORK
        return self._values(expression, each, 0)

    def _values(self, expression: Expression, each: Expression | None, depth: int) -> list[Value]:
        tree = bare(expression)
        self._left -= 1
        if depth > _MAX_DEPTH or self._left < 0:
            raise UnknownError
        depth += 1
        plain = string_of(tree)
        if plain is not None:
            return [plain]
        object_ = elements(tree)
        if object_ is not None:
            return [
                Object(
                    {name: value for name, _, value in object_ if name}, all(name for name, _, _ in object_)
                )
            ]
        list_ = items(tree)
        if list_ is not None:
            return [List(list_)]
        if tree.data == "expr_term":
            return self._values(next(trees(tree)), each, depth)
        if tree.data == "string":
            whole = _whole(tree)
            if whole is not None:
                return self._values(whole, each, depth)
            return list(self._template(tree, each, depth))
        if tree.data == "literal_value":
            return [None if word(tree) == "null" else word(tree)]
        if tree.data in ("int_lit", "float_lit"):
            return [word(tree)]
        if tree.data == "conditional":
            sides = list(trees(tree))[-2:]
            return _bounded([one for side in sides for one in self._values(side, each, depth)])
        if tree.data == "function_call":
            return self._call(tree, each, depth)
        steps = traversal(tree)
        if steps is None:
            raise UnknownError
        return self._walk(steps, each, depth)

    def _walk(self, steps: Sequence[str], each: Expression | None, depth: int) -> list[Value]:
        root, *rest = steps
        if root == "var" and rest and rest[0] in self.variables:
            found = [one for value in self.variables[rest[0]] for one in self._values(value, None, depth)]
            rest = rest[1:]
        elif root == "local" and rest and rest[0] in self.locals:
            found = self._values(self.locals[rest[0]], None, depth)
            rest = rest[1:]
        elif root == "each" and rest and each is not None:
            return _bounded([one for value in self._each(rest, each, depth) for one in value])
        else:
            raise UnknownError
        for step in rest:
            found = _bounded([one for value in found for one in self._within(value, step, each, depth)])
        return _bounded(found)

    def _each(self, rest: Sequence[str], each: Expression, depth: int) -> list[list[Value]]:
        results: list[list[Value]] = []
        for source in self._values(each, None, depth):
            if isinstance(source, Object) and source.is_whole and rest[0] == "key":
                results.append(list(source.entries))
                continue
            if isinstance(source, Object) and source.is_whole:
                members: list[Expression] = list(source.entries.values())
            elif isinstance(source, List):
                members = list(source.items)
            else:
                raise UnknownError
            for member in members:
                found = self._values(member, None, depth)
                for step in rest[1:]:
                    found = [one for value in found for one in self._within(value, step, None, depth)]
                results.append(found)
        return results

    def _within(self, value: Value, step: str, each: Expression | None, depth: int) -> list[Value]:
        if isinstance(value, Object) and (step in value.entries or value.is_whole):
            return self._values(value.entries[step], each, depth) if step in value.entries else [None]
        if isinstance(value, List) and step.isdecimal() and int(step) < len(value.items):
            return self._values(value.items[int(step)], each, depth)
        raise UnknownError

    def _template(self, tree: Expression, each: Expression | None, depth: int) -> set[str]:
        choices: list[list[str]] = []
        for part in trees(tree):
            for child in part.children:
                if isinstance(child, Token):
                    choices.append([str(child)])
                elif child.data == "interpolation":
                    inner = next(trees(child), None)
                    values = self._values(inner, each, depth) if inner is not None else [None]
                    choices.append([one for one in values if isinstance(one, str)])
                    if len(choices[-1]) != len(values):
                        raise UnknownError
                else:
                    raise UnknownError
        combined = ["".join(one) for one in itertools.islice(itertools.product(*choices), _MAX_VALUES + 1)]
        if len(combined) > _MAX_VALUES or any("\\" in one for one in combined):
            raise UnknownError
        return set(combined)

    def _call(self, tree: Expression, each: Expression | None, depth: int) -> list[Value]:
        call = call_of(tree)
        name, arguments = call if call is not None else ("", [])
        if (
            name in ("tostring", "tomap", "toset", "tolist", "nonsensitive", "sensitive")
            and len(arguments) == 1
        ):
            return self._values(arguments[0], each, depth)
        if name in ("try", "coalesce") and arguments:
            # Whichever of them it is; null is passed over, but for the last.
            every = [one for argument in arguments for one in self._values(argument, each, depth)]
            return _bounded([one for one in every if one is not None] or [None])
        if name == "lookup" and len(arguments) in (2, 3):
            keys = [one for one in self._values(arguments[1], each, depth) if isinstance(one, str)]
            found: list[Value] = []
            for value in self._values(arguments[0], each, depth):
                for key in keys:
                    if (
                        isinstance(value, Object)
                        and value.is_whole
                        and key not in value.entries
                        and arguments[2:]
                    ):
                        found += self._values(arguments[2], each, depth)
                    else:
                        found += self._within(value, key, each, depth)
            return _bounded(found)
        if name == "merge":
            return self._merge(arguments, each, depth)
        raise UnknownError

    def _merge(self, arguments: Sequence[Expression], each: Expression | None, depth: int) -> list[Value]:
        merged: dict[str, Expression] = {}
        is_whole = True
        for argument in arguments:
            values = self._values(argument, each, depth)
            if len(values) != 1:
                raise UnknownError
            if isinstance(values[0], Object):
                merged |= values[0].entries
                is_whole = is_whole and values[0].is_whole
            elif values[0] is not None:
                raise UnknownError
        return [Object(merged, is_whole)]


def traversal(tree: Expression) -> list[str] | None:
    """The steps of `var.a.b` or `local.x["y"]`; None for anything else, a splat included."""
    steps: list[str] = []
    current = bare(tree)
    while current.data in ("get_attr_expr_term", "index_expr_term"):
        parts = list(trees(current))
        if len(parts) != 2:
            return None
        if parts[1].data == "braces_index":
            index = next(trees(parts[1]), None)
            step = string_of(index) if index is not None else None
            if step is None and index is not None and bare(index).data == "int_lit":
                step = word(index)
        else:
            step = word(parts[1]).removeprefix(".")
        if step is None:
            return None
        steps.insert(0, step)
        current = bare(parts[0])
    return [word(current), *steps] if current.data == "identifier" else None


def _whole(tree: Expression) -> Expression | None:
    """The expression of a string that is nothing but `${...}`, and so means that value, whatever it is."""
    parts = list(trees(tree))
    inner = parts[0].children if len(parts) == 1 else []
    if len(inner) != 1 or isinstance(inner[0], Token) or inner[0].data != "interpolation":
        return None
    return next(trees(inner[0]), None)


def _bounded(values: list[Value]) -> list[Value]:
    if len(values) > _MAX_VALUES:
        raise UnknownError
    return values
