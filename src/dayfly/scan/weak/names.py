"""What names of one file stand for: imports and aliases as dotted names, and constants as values."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_MAX_DEPTH = 12
_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[object, object], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,  # type: ignore[dict-item]  # what cannot be compared raises TypeError, which is caught
    ast.LtE: operator.le,  # type: ignore[dict-item]
    ast.Gt: operator.gt,  # type: ignore[dict-item]
    ast.GtE: operator.ge,  # type: ignore[dict-item]
}
_MAX_NODES = 400_000


class FileNames:
    """The names of one file.

    Deliberately modest: a name means something only where all of its bindings in its scope do, so that what is
    said of a name is true on every path. What depends on a path is the taint engine's business.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.parents: dict[ast.AST, ast.AST] = {}
        self.imports: dict[str, str] = {}
        self.functions: dict[str, list[Function]] = {}
        self.calls: list[ast.Call] = []
        self.nodes: list[ast.AST] = []
        self._bindings: dict[tuple[ast.AST, str], list[ast.expr | None]] = {}
        self._read(tree)

    def _read(self, tree: ast.Module) -> None:
        pending: list[tuple[ast.AST, ast.AST]] = [(tree, tree)]
        while pending and len(self.nodes) < _MAX_NODES:
            node, scope = pending.pop()
            self.nodes.append(node)
            self._note(node, scope)
            inner = node if isinstance(node, Scope) else scope
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
                pending.append((child, inner))

    def _note(self, node: ast.AST, scope: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for one in node.names:
                if one.asname:
                    self.imports[one.asname] = one.name
                else:
                    top = one.name.partition(".")[0]
                    self.imports[top] = top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for one in node.names:
                self.imports[one.asname or one.name] = f"{node.module}.{one.name}"
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value, scope)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._bind(node.target, node.value, scope)
        elif isinstance(node, (ast.AugAssign, ast.For, ast.AsyncFor, ast.comprehension)):
            self._bind(node.target, None, scope)
        elif isinstance(node, ast.NamedExpr):
            self._bind(node.target, node.value, scope)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    self._bind(item.optional_vars, None, scope)
        elif isinstance(node, Function):
            self.functions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Global):
            for name in node.names:
                self._bindings.setdefault((self.tree, name), []).append(None)
        elif isinstance(node, ast.Call):
            self.calls.append(node)

    def _bind(self, target: ast.expr, value: ast.expr | None, scope: ast.AST) -> None:
        if isinstance(target, ast.Name):
            self._bindings.setdefault((scope, target.id), []).append(value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for one in target.elts:
                self._bind(one, None, scope)

    def scope_of(self, node: ast.AST) -> ast.AST:
        """The function, class or module that a node stands in."""
        one = self.parents.get(node)
        while one is not None and not isinstance(one, Scope):
            one = self.parents.get(one)
        return one if one is not None else self.tree

    def bindings(self, name: ast.Name) -> list[ast.expr | None]:
        """Everything that a name is bound to in the nearest scope that binds it; None for what is not known."""
        scope: ast.AST | None = self.scope_of(name)
        is_first = True
        while scope is not None:
            if is_first or not isinstance(scope, ast.ClassDef):
                if (scope, name.id) in self._bindings:
                    found = list(self._bindings[scope, name.id])
                    return [*found, None] if name.id in _parameters(scope) else found
                if name.id in _parameters(scope):
                    return [None]
            scope = self.scope_of(scope) if scope is not self.tree else None
            is_first = False
        return []

    def dotted(self, node: ast.AST, depth: int = 0) -> str:
        """`hashlib.md5` for whatever stands for it: attribute, import, alias, `getattr` with a constant.

        An object made by a call is written as the call: `random.Random()`. "" where it is not known.
        """
        if depth > _MAX_DEPTH:
            return ""
        if isinstance(node, ast.Attribute):
            owner = self.dotted(node.value, depth + 1)
            return f"{owner}.{node.attr}" if owner else ""
        if isinstance(node, ast.Name):
            found = self.bindings(node)
            if not found:
                return self.imports.get(node.id, node.id if node.id not in self.functions else "")
            names = {self.dotted(one, depth + 1) if one is not None else "" for one in found}
            return names.pop() if len(names) == 1 else ""
        if isinstance(node, ast.Call):
            called = self.dotted(node.func, depth + 1)
            if called == "getattr" and len(node.args) >= 2:
                owner, attribute = self.dotted(node.args[0], depth + 1), self.constants(node.args[1])
                if owner and len(attribute) == 1 and isinstance(attribute[0], str):
                    return f"{owner}.{attribute[0]}"
                return ""
            return f"{called}()" if called else ""
        if isinstance(node, ast.Subscript):
            item = self._item(node, depth)
            return self.dotted(item, depth + 1) if item is not None else ""
        if isinstance(node, ast.Await):
            return self.dotted(node.value, depth + 1)
        return ""

    def constants(self, node: ast.AST, depth: int = 0) -> list[object]:
        """Every value an expression can have, if all are known; [] where one is not."""
        if depth > _MAX_DEPTH:
            return []
        if isinstance(node, ast.Constant):
            return [node.value]
        if isinstance(node, ast.Name):
            return self._name_constants(node, depth)
        if isinstance(node, ast.Subscript):
            item = self._item(node, depth)
            return self.constants(item, depth + 1) if item is not None else []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.constants(node.left, depth + 1), self.constants(node.right, depth + 1)
            return [a + b for a in left for b in right if isinstance(a, str) and isinstance(b, str)]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return [not one for one in self.constants(node.operand, depth + 1)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
            inner = self.constants(node.func.value, depth + 1)
            if node.func.attr in {"lower", "upper", "strip"} and all(isinstance(one, str) for one in inner):
                return [getattr(str(one), node.func.attr)() for one in inner]
        return []

    def _name_constants(self, name: ast.Name, depth: int) -> list[object]:
        found = self.bindings(name)
        scope = self.scope_of(name)
        if found == [None] and isinstance(scope, Function) and name.id in _parameters(scope):
            return self._argument_constants(scope, name.id, depth)
        if len(found) != 1 or found[0] is None:
            return []  # which of several holds depends on a path
        return self.constants(found[0], depth + 1)

    def _argument_constants(self, function: Function, parameter: str, depth: int) -> list[object]:
        """What a parameter is given by the calls of this file, its default included where one leaves it out."""
        names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        defaults: dict[str, ast.expr] = dict(
            zip(reversed(names), reversed(function.args.defaults), strict=False)
        )
        for one, given in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
            if given is not None:
                defaults[one.arg] = given
        calls = [
            call for call in self.calls if isinstance(call.func, ast.Name) and call.func.id == function.name
        ]
        values: list[object] = []
        for call in calls or (None,):
            argument = _argument(call, parameter, names.index(parameter) if parameter in names else -1)
            argument = argument if argument is not None else defaults.get(parameter)
            inner = self.constants(argument, depth + 1) if argument is not None else []
            if not inner:
                return []
            values += inner
        return values

    def _item(self, node: ast.Subscript, depth: int) -> ast.expr | None:
        """The expression that a subscript of a dict, list or tuple display with a constant key selects."""
        keys = self.constants(node.slice, depth + 1)
        if len(keys) != 1:
            return None
        return self.item(node.value, keys[0], depth)

    def item(self, node: ast.expr, key: object, depth: int = 0) -> ast.expr | None:
        """What stands under `key` in a dict or list that is written in this file and never changed by name."""
        holder = self.display(node, depth)
        if isinstance(holder, ast.Dict):
            for name, value in zip(holder.keys, holder.values, strict=True):
                if isinstance(name, ast.Constant) and name.value == key:
                    return value
        elif (
            isinstance(holder, (ast.List, ast.Tuple))
            and isinstance(key, int)
            and -len(holder.elts) <= key < len(holder.elts)
        ):
            return holder.elts[key]
        return None

    def is_dead(self, node: ast.AST) -> bool:
        """Whether a node stands in a branch that a test over constants never takes."""
        child, parent = node, self.parents.get(node)
        while parent is not None and parent is not child:
            if isinstance(parent, (ast.If, ast.IfExp)) and child is not parent.test:
                outcome = self._truth(parent.test)
                body = parent.body if isinstance(parent.body, list) else [parent.body]
                if outcome is not None and outcome != any(child is one for one in body):
                    return True
            child, parent = parent, self.parents.get(parent)
        return False

    def _truth(self, test: ast.expr) -> bool | None:
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            left, right = self._number(test.left), self._number(test.comparators[0])
            compare = _COMPARISONS.get(type(test.ops[0]))
            if compare is None or left is None or right is None:
                return None
            try:
                return bool(compare(left, right))
            except TypeError:
                return None
        values = self.constants(test)
        return bool(values[0]) if len(values) == 1 else None

    def _number(self, node: ast.expr, depth: int = 0) -> int | float | str | None:
        if depth > _MAX_DEPTH:
            return None
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            left, right = self._number(node.left, depth + 1), self._number(node.right, depth + 1)
            if isinstance(left, (int, float)) and isinstance(right, (int, float)):
                try:
                    return _ARITHMETIC[type(node.op)](left, right)
                except (ArithmeticError, ValueError):
                    return None
            return None
        values = self.constants(node)
        return values[0] if len(values) == 1 and isinstance(values[0], (int, float, str)) else None

    def display(self, node: ast.expr, depth: int = 0) -> ast.expr | None:
        """The dict, list, tuple or call that a name stands for, itself where it is one."""
        while isinstance(node, ast.Name) and depth < _MAX_DEPTH:
            found = self.bindings(node)
            if len(found) != 1 or found[0] is None:
                return None
            node, depth = found[0], depth + 1
        return node

    def option(self, call: ast.Call, name: str, position: int = -1) -> list[object] | None:
        """The values of an argument; None where it is not passed, [] where its value is not known."""
        argument = _argument(call, name, position)
        if argument is not None:
            return self.constants(argument)
        is_open = False
        for keyword in call.keywords:
            if keyword.arg is None:
                holder = self.display(keyword.value)
                item = self.item(keyword.value, name)
                if item is not None:
                    return self.constants(item)
                is_open = is_open or not isinstance(holder, ast.Dict)
        return [] if is_open or any(isinstance(one, ast.Starred) for one in call.args) else None


def _argument(call: ast.Call | None, name: str, position: int) -> ast.expr | None:
    if call is None:
        return None
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if 0 <= position < len(call.args) and not any(isinstance(one, ast.Starred) for one in call.args):
        return call.args[position]
    return None


def _parameters(scope: ast.AST) -> frozenset[str]:
    if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return frozenset()
    return frozenset(_all_parameters(scope.args))


def _all_parameters(arguments: ast.arguments) -> Iterator[str]:
    for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        yield one.arg
    for other in (arguments.vararg, arguments.kwarg):
        if other is not None:
            yield other.arg
