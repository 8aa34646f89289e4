"""Objects of the project's classes, and the parameters of its functions."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.containers import find_method
from dayfly.scan.state.keeping import State
from dayfly.scan.state.memoising import Memoising
from dayfly.scan.state.values import (
    ClassRef,
    External,
    FunctionRef,
    Instance,
    Root,
    RootKind,
    Spot,
    Value,
    join,
    mix,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.state.frames import Frame


class Making(Memoising):
    """Makes objects and binds parameters."""

    def bind(
        self,
        function: FunctionRef,
        given: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        frame: Frame,
    ) -> dict[str, Value]:
        """Parameters of a function by name; what is not given is its default, which is the same object every time."""
        signature = function.node.args
        names = [one.arg for one in (*signature.posonlyargs, *signature.args)]
        bound = dict(zip(names, given, strict=False))
        rest = list(given[len(names) :])
        if signature.vararg is not None:
            bound[signature.vararg.arg] = replace(
                mix(*rest), items=tuple((str(number), value) for number, value in enumerate(rest))
            )
        known = {*names, *(one.arg for one in signature.kwonlyargs)}
        extra = {}
        for name, value in named.items():
            if name in known:
                bound[name] = value
            else:
                extra[name] = value
        if signature.kwarg is not None:
            bound[signature.kwarg.arg] = replace(
                mix(*extra.values()), items=tuple(extra.items()), refs=(External("dict()"),)
            )
        defaults = list(zip(reversed(names), reversed(signature.defaults), strict=False))
        defaults += [
            (one.arg, default)
            for one, default in zip(signature.kwonlyargs, signature.kw_defaults, strict=True)
            if default is not None
        ]
        for name, default in defaults:
            if name not in bound:
                bound[name] = self._default(function, name, default, state, frame)
        return bound

    def _default(
        self, function: FunctionRef, name: str, default: ast.expr, state: State, frame: Frame
    ) -> Value:
        label = getattr(function.node, "name", "lambda")
        if function.closure is not None and not function.is_of_init and function.owner is None:
            around = replace(frame, closure=function.closure)
            return self.expressions.evaluate(default, State(), around)
        key = (function.file.path, f"{label}:{function.node.lineno}({name})")
        bound = self.follower.bound
        if key not in bound:
            self.follower.initialising += 1
            bound[key] = self.expressions.evaluate(default, State(), frame)
            self.follower.initialising -= 1
        value = bound[key]
        if value.is_constant or (value.spots and not value.drawn) or not (value.drawn or value.externals):
            return value
        if not value.drawn and not any(
            one in ("dict()", "list()", "set()") or one.removesuffix("()") in knowledge.CONTAINERS
            for one in value.externals
        ):
            return value
        root = Root(
            RootKind.DEFAULT, function.file.path, f"{label}({name})", function.node.lineno, value.drawn
        )
        spot = Spot(root)
        stored = state.stored(spot)
        read = self.follower.read(spot, state, function.file.place(default))
        return replace(
            join(value, stored),
            spots=frozenset({spot}),
            reads=frozenset({read}),
            parts=stored.parts,
            drawn="",
            is_constant=False,
        )

    def instantiate(
        self,
        ref: ClassRef,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        heap = self.follower.heap
        maker = next(
            (
                one
                for one in (find_method(each.node, "__new__") for each in self.expressions.lineage(ref))
                if one
            ),
            None,
        )
        spots: frozenset[Spot] = frozenset()
        kept_name = _singleton_name(maker) if maker is not None else ""
        number = -ref.node.lineno if kept_name else next(self.follower.numbers)
        heap.setdefault(number, {})
        value = Value(refs=(Instance(ref, number), *self._container_base(ref, frame)))
        if self._is_work(ref):
            value = replace(value, work=self.libraries.begin(ref.node.name, arguments, named, node, frame))
        if kept_name:
            spots = frozenset(
                {
                    Spot(
                        Root(RootKind.CLASS, ref.file.path, ref.node.name, ref.node.lineno),
                        ("." + kept_name,),
                    )
                }
            )
            value = replace(value, spots=spots)
        for one in self.expressions.lineage(ref):
            method = find_method(one.node, "__init__")
            if method is not None:
                self.follower.call(
                    FunctionRef(one.file, method, one.scope, one, value), arguments, named, state, node
                )
                return value
        fields = [
            name.target.id
            for one in reversed(list(self.expressions.lineage(ref)))
            for name in one.node.body
            if isinstance(name, ast.AnnAssign) and isinstance(name.target, ast.Name)
        ]
        for name, one_value in (*zip(fields, arguments, strict=False), *named.items()):
            heap[number][name] = one_value
        for held in ref.node.body:
            # A default of a data class is drawn once, for all its objects.
            if (
                isinstance(held, ast.AnnAssign)
                and isinstance(held.target, ast.Name)
                and held.value is not None
            ):
                name = held.target.id
                if name not in heap[number]:
                    drawn = self.expressions.class_value(
                        ref, name, held.value, held, state, ref.file.place(held)
                    )
                    if drawn.reads:
                        heap[number][name] = drawn
        for number_of, one_value in enumerate(arguments[len(fields) :]):
            heap[number][f"*{number_of}"] = one_value
        return value

    def _is_work(self, ref: ClassRef) -> bool:
        """A class of threads or processes."""
        return any(
            ast.unparse(base).rpartition(".")[2] in ("Thread", "Timer", "Process")
            for one in self.expressions.lineage(ref)
            for base in one.node.bases
        )

    def _container_base(self, ref: ClassRef, frame: Frame) -> tuple[External, ...]:
        for one in self.expressions.lineage(ref):
            for base in one.node.bases:
                name = ast.unparse(base).split("[")[0]
                if name in (
                    "dict",
                    "list",
                    "set",
                    "OrderedDict",
                    "UserDict",
                    "defaultdict",
                    "collections.UserDict",
                ):
                    return (External("dict()"),)
                if name in ("local", "threading.local"):
                    return (External("threading.local()"),)
        return ()


def _singleton_name(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The class attribute in which `__new__` keeps the only object; "" where it makes a new one each time."""
    for one in ast.walk(node):
        if isinstance(one, ast.Assign):
            for target in one.targets:
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    return target.attr
    return ""
