"""Evaluates expressions over abstract values."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.trojan import folding
from dayfly.scan.dependencies.trojan.knowledge import variable_label
from dayfly.scan.dependencies.trojan.machine import Machine
from dayfly.scan.dependencies.trojan.values import (
    ABSENT,
    NOTHING,
    UNKNOWN,
    Absent,
    Frame,
    Function,
    Kind,
    Label,
    Value,
    constant,
    join,
    labels_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.scan.dependencies.trojan.values import Constant

_MAX_SKETCH = 4_000
_FEW = 24  # items that are looked at one by one whatever comes of it
_MAX_CONCRETE = 4_000  # items of a constant that a comprehension is computed over
COMPUTED = Label(Kind.COMPUTED, "joined text")
ENVIRONMENT = Label(Kind.ENVIRONMENT, "os.environ")
DECODED = Label(Kind.DECODED, "decoded")


class Expressions(Machine):
    """Expressions; calls are another part's."""

    def evaluate(self, node: ast.expr | None) -> Value:
        if node is None:
            return NOTHING
        self.step()
        if self.is_nested:
            return NOTHING
        self.nesting += 1
        try:
            method = getattr(self, f"_{type(node).__name__.lower()}", None)
            if method is None:
                return join(
                    self.evaluate(one) for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)
                )
            result: Value = method(node)
            return result
        finally:
            self.nesting -= 1

    def _constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, str | bytes | int | float | bool) or node.value is None:
            return constant(node.value)
        return NOTHING

    def _name(self, node: ast.Name) -> Value:
        return self.lookup(node.id)

    def _attribute(self, node: ast.Attribute) -> Value:
        base = self.evaluate(node.value)
        found = self.attribute_of(base, node.attr)
        return self.refer(found)

    def refer(self, value: Value) -> Value:
        """Names that are sources by themselves."""
        if value.names & {"os.environ", "os.environb", "posix.environ"}:
            return value.with_labels({ENVIRONMENT})
        return value

    def _subscript(self, node: ast.Subscript) -> Value:
        base = self.evaluate(node.value)
        if isinstance(node.slice, ast.Slice):
            parts = [self._slice_part(one) for one in (node.slice.lower, node.slice.upper, node.slice.step)]
            if all(one is not ABSENT for one in parts):
                const = folding.subscript(base.const, slice(*parts)) if base.is_constant else ABSENT
                is_reversed = isinstance(const, str | bytes) and len(const) > 3 and parts[2] == -1
                labels = base.labels | {Label(Kind.DECODED, "reversed text")} if is_reversed else base.labels
                return Value(labels=labels, const=const, sketch=const if isinstance(const, str) else "")
            return Value(labels=base.labels)
        index = self.evaluate(node.slice)
        if base.names & {"os.environ", "os.environb"}:
            return self.variable(index)
        key = index.const if isinstance(index.const, str) else None
        if key is not None:
            if "sys.modules" in base.names:
                return Value(names=frozenset({key}), labels=_hidden(index))
            if key == "__builtins__" and base.names & {"builtins.globals()", "builtins.locals()"}:
                return Value(names=frozenset({"builtins"}))
            if base.names & {"builtins.globals()", "builtins.locals()"} and key in self.frame.module.names:
                return self.frame.module.names[key]
            owners = {one.removesuffix(".__dict__") for one in base.names if one.endswith(".__dict__")}
            owners |= {"builtins"} if "builtins" in base.names else set()
            if owners:
                found = Value(names=frozenset(f"{one}.{key}" for one in owners), labels=_hidden(index))
                return self.refer(found)
        const = folding.subscript(base.const, index.const if isinstance(index.const, int) else ABSENT)
        if const is not ABSENT:
            return Value(labels=base.labels, const=const, sketch=const if isinstance(const, str) else "")
        return Value(labels=base.labels, names=base.names, local=base.local)

    def variable(self, key: Value) -> Value:
        """What reading the environment variable `key` yields."""
        if isinstance(key.const, str):
            return Value(labels=variable_label(key.const))
        return Value(labels=frozenset(label for label in key.labels if label.kind is Kind.ENVIRONMENT))

    def _slice_part(self, node: ast.expr | None) -> int | Absent | None:
        if node is None:
            return None
        value = self.evaluate(node)
        return value.const if isinstance(value.const, int) else ABSENT

    def _binop(self, node: ast.BinOp) -> Value:
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        labels = left.labels | right.labels
        const = (
            folding.binary(node.op, left.const, right.const)
            if left.is_constant and right.is_constant
            else ABSENT
        )
        if const is not ABSENT:
            if isinstance(node.op, ast.BitXor):
                labels |= {DECODED}
            elif isinstance(const, str | bytes):
                labels |= {COMPUTED}
            return Value(
                labels=labels,
                const=const,
                sketch=const if isinstance(const, str) else "",
            )
        if isinstance(node.op, ast.BitXor) and any(label.kind is Kind.CONSTANT for label in labels):
            labels |= {DECODED}
        sketch = ""
        if isinstance(node.op, ast.Add) and (left.sketch or right.sketch):
            sketch = (left.text + right.text)[:_MAX_SKETCH]
        elif isinstance(node.op, ast.Mod) and isinstance(left.const, str):
            sketch = _filled(left.const, right)
        elif isinstance(node.op, ast.Div) and (left.sketch or right.sketch):
            sketch = f"{left.text}/{right.text}"[:_MAX_SKETCH]  # pathlib
        return Value(
            labels=labels, sketch=sketch, names=_paths(left) if isinstance(node.op, ast.Div) else frozenset()
        )

    def _joinedstr(self, node: ast.JoinedStr) -> Value:
        parts = [self.evaluate(one) for one in node.values]
        if all(isinstance(one.const, str | int) for one in parts):
            text = "".join(str(one.const) for one in parts)
            labels = labels_of(parts) | ({COMPUTED} if len(parts) > 1 else set())
            return constant(text, labels)
        return Value(labels=labels_of(parts), sketch="".join(one.text for one in parts)[:_MAX_SKETCH])

    def _formattedvalue(self, node: ast.FormattedValue) -> Value:
        return self.evaluate(node.value)

    def _boolop(self, node: ast.BoolOp) -> Value:
        return join(self.evaluate(one) for one in node.values)

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        value = self.evaluate(node.operand)
        if isinstance(node.op, ast.USub) and isinstance(value.const, int | float):
            return constant(-value.const)
        return NOTHING if isinstance(node.op, ast.Not) else Value(labels=value.labels)

    def _compare(self, node: ast.Compare) -> Value:
        for one in (node.left, *node.comparators):
            self.evaluate(one)
        return NOTHING

    def _ifexp(self, node: ast.IfExp) -> Value:
        self.evaluate(node.test)
        return join([self.evaluate(node.body), self.evaluate(node.orelse)])

    def _namedexpr(self, node: ast.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        self.bind(node.target.id, value)
        return value

    def _lambda(self, node: ast.Lambda) -> Value:
        function = Function(node, self.frame.file, self.frame)
        self.functions.append(function)
        return Value(local=(function,))

    def _starred(self, node: ast.Starred) -> Value:
        return self.evaluate(node.value)

    def _await(self, node: ast.Await) -> Value:
        return self.evaluate(node.value)

    def _yield(self, node: ast.Yield) -> Value:
        self.returned.append(self.evaluate(node.value))
        return NOTHING

    def _yieldfrom(self, node: ast.YieldFrom) -> Value:
        self.returned.append(self.evaluate(node.value))
        return NOTHING

    def _tuple(self, node: ast.Tuple | ast.List | ast.Set) -> Value:
        parts = [self.evaluate(one) for one in node.elts]
        if (
            parts
            and all(one.is_constant for one in parts)
            and not any(isinstance(one, ast.Starred) for one in node.elts)
        ):
            return Value(labels=labels_of(parts), const=tuple(one.const for one in parts))
        joined = join(parts)
        # Commands are lists: what stands in them side by side is one text.
        sketch = " ".join(one.text for one in parts)[:_MAX_SKETCH] if any(one.sketch for one in parts) else ""
        return Value(labels=joined.labels, sketch=sketch, names=joined.names, local=joined.local)

    _list = _tuple
    _set = _tuple

    def _dict(self, node: ast.Dict) -> Value:
        values = [self.evaluate(one) for one in node.values]
        keys = [self.evaluate(one) for one in node.keys if one is not None]
        joined = join(values)
        return Value(labels=joined.labels | labels_of(keys), names=joined.names, local=joined.local)

    def _listcomp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
        return self._comprehension(node.generators, [node.elt])

    _setcomp = _listcomp
    _generatorexp = _listcomp

    def _dictcomp(self, node: ast.DictComp) -> Value:
        return self._comprehension(node.generators, [node.key, node.value])

    def _comprehension(self, generators: Sequence[ast.comprehension], elements: list[ast.expr]) -> Value:
        before = self.frame
        self.frame = Frame(before.file, before, cls=before.cls)
        try:
            first = self.evaluate(generators[0].iter)
            items = _items(first)
            if len(generators) == 1 and len(elements) == 1 and items is not None and not generators[0].ifs:
                computed: list[Constant] = []
                labels = first.labels | {COMPUTED}
                for item in items[:_MAX_CONCRETE]:
                    self._assign_item(generators[0].target, constant(item, first.labels))
                    value = self.evaluate(elements[0])
                    if isinstance(value.const, Absent):
                        break
                    computed.append(value.const)
                    labels |= value.labels
                else:
                    if len(items) <= _MAX_CONCRETE:
                        return Value(labels=labels, const=tuple(computed))
            if len(generators) == 1 and items is not None and 0 < len(items) <= _FEW:
                found = []
                for item in items:
                    self._assign_item(generators[0].target, constant(item, first.labels))
                    found += [self.evaluate(one) for one in (*generators[0].ifs, *elements)]
                joined = join(found)
                return Value(labels=labels_of(found), names=joined.names, local=joined.local)
            for index, one in enumerate(generators):
                source = first if index == 0 else self.evaluate(one.iter)
                self._assign_item(one.target, self.item_of(source))
                for test in one.ifs:
                    self.evaluate(test)
            values = [self.evaluate(one) for one in elements]
            return (
                join(values)
                if len(values) == 1
                else Value(labels=labels_of(values), names=values[1].names, local=values[1].local)
            )
        finally:
            self.frame = before

    def item_of(self, value: Value) -> Value:
        """What iterating over `value` yields, one for all."""
        labels = value.labels
        if value.is_constant and isinstance(value.const, str | bytes | tuple) and len(value.const) > 8:
            labels |= {Label(Kind.CONSTANT, "a constant")}
        if isinstance(value.const, tuple) and len(value.const) == 1:
            return Value(labels=labels, const=_as_constant(value.const[0]))
        return Value(labels=labels, names=value.names, local=value.local)

    def _assign_item(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            for index, one in enumerate(target.elts):
                inner = (
                    value.const[index]
                    if isinstance(value.const, tuple) and index < len(value.const)
                    else ABSENT
                )
                self._assign_item(
                    one, Value(value.labels, _as_constant(inner), names=value.names, local=value.local)
                )
        elif isinstance(target, ast.Starred):
            self._assign_item(target.value, value)


def _as_constant(value: object) -> Constant | Absent:
    if isinstance(value, str | bytes | int | float | bool | tuple) or value is None:
        return value
    return ABSENT


def _items(value: Value) -> list[Constant] | None:
    if not value.is_constant or not isinstance(value.const, str | bytes | tuple):
        return None
    return [one for item in value.const if not isinstance(one := _as_constant(item), Absent)]


def _hidden(index: Value) -> frozenset[Label]:
    return frozenset(label for label in index.labels if label.kind in (Kind.COMPUTED, Kind.DECODED))


def _filled(pattern: str, value: Value) -> str:
    text = value.text if value.sketch else UNKNOWN
    head, _, tail = pattern.partition("%")
    return f"{head}{text}{tail[1:]}"[:_MAX_SKETCH].replace("%s", UNKNOWN)


def _paths(value: Value) -> frozenset[str]:
    return frozenset(name for name in value.names if name.startswith("pathlib."))
