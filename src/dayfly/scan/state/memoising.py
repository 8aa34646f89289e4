"""Functions that remember what they returned, and decorators in general."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.containers import Containers
from dayfly.scan.state.keeping import State
from dayfly.scan.state.values import (
    NOTHING,
    ClassRef,
    FunctionRef,
    Instance,
    Memo,
    Root,
    RootKind,
    Spot,
    Value,
    mix,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.state.frames import Frame


class Memoising(Containers):
    """Calls functions behind decorators."""

    def _memoised(
        self,
        ref: FunctionRef,
        memo: Memo,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        node: ast.AST,
        frame: Frame,
    ) -> Value:
        """The body runs once for each key; what it returned is kept under that key."""
        given = [*arguments, *named.values(), *self._own_key(ref)]
        key_value = mix(*(self.expressions.deep(value) for value in given))
        if memo.key is not None:
            key_value = self.expressions.deep(
                self.apply(
                    memo.key, NOTHING, arguments, named, ast.Call(ast.Name("key"), [], []), state, frame
                )
            )
        missed = state.copy()
        self.follower.guards.append(key_value.derived())
        result = self.follower.call(replace(ref, memo=None), arguments, named, missed, node)
        self.follower.guards.pop()
        state.merge_worlds([state.copy(), missed])
        name = getattr(ref.node, "name", "lambda")
        root = Root(
            RootKind.CACHE,
            ref.file.path,
            name,
            getattr(ref.node, "lineno", 0),
            "" if memo.is_bounded else "unbounded",
        )
        spot = Spot(root, ("*",))
        place = ref.file.place(ref.node)
        place = replace(place, end_line=place.line, end_column=0)
        held = self.expressions.deep(result)
        self.follower.write(
            spot, replace(held, reads=frozenset()), state, place, f"{memo.name} keeps the result of {name}()",
            key=key_value.parts, is_whole=False,
        )  # fmt: skip
        read = self.follower.read(spot, state, frame.file.place(node), key=key_value.parts)
        return replace(result, reads=result.reads | {read}, spots=frozenset())

    def _own_key(self, ref: FunctionRef) -> tuple[Value, ...]:
        """`self` in a key is one object: where it stays, it does not tell events apart."""
        return (ref.bound,) if ref.bound is not None and not ref.bound.spots else ()

    def cached_property(
        self,
        ref: FunctionRef,
        instance: Value,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        state: State,
        frame: Frame,
    ) -> Value:
        """Computed once for each object: matters where the object itself stays."""
        result = self.follower.call(replace(ref, bound=instance, memo=None), (), {}, state, node)
        if not instance.spots:
            return result
        reads = set(result.reads)
        for spot in instance.spots:
            inner = spot.inner("." + node.name)
            place = replace(ref.file.place(node), end_line=node.lineno, end_column=0)
            self.follower.write(
                inner, result, state, place, f"{node.name} is computed once", is_whole=False, is_memo=True
            )
            reads.add(self.follower.read(inner, state, frame.file.place(node)))
        return replace(result, reads=frozenset(reads))

    def decorated(self, value: Value, decorators: Sequence[ast.expr], state: State, frame: Frame) -> Value:
        """A function behind its decorators, as far as they are known or the project's."""
        for decorator in reversed(decorators):
            called = decorator if isinstance(decorator, ast.Call) else None
            target = self.expressions.evaluate(called.func if called is not None else decorator, state, frame)
            memo = self._memo(target, called, state, frame)
            for keyword in called.keywords if called is not None else ():
                if keyword.arg == "clear_state" and getattr(keyword.value, "value", None) is True:
                    self.follower.deeds.clears_keys = True
            if memo is not None:
                value = replace(
                    value,
                    refs=tuple(
                        replace(ref, memo=memo) if isinstance(ref, FunctionRef) else ref for ref in value.refs
                    ),
                )
                continue
            functions = [ref for ref in target.refs if isinstance(ref, FunctionRef | ClassRef)]
            if not functions:
                continue
            is_kept = frame.function is None
            self.follower.initialising += is_kept
            try:
                if called is not None:
                    arguments, named = self.arguments(called, state, frame)
                    target = self.apply(target, NOTHING, arguments, named, called, state, frame)
                wrapper = self.apply(target, NOTHING, (value,), {}, ast.Call(decorator, [], []), state, frame)
            finally:
                self.follower.initialising -= is_kept
            if any(isinstance(ref, FunctionRef | Instance) for ref in wrapper.refs):
                value = replace(wrapper, parts=frozenset(), reads=frozenset())
        return value

    def _memo(self, target: Value, called: ast.Call | None, state: State, frame: Frame) -> Memo | None:
        for name in target.externals:
            if name not in knowledge.MEMOISERS:
                continue
            is_bounded, key = knowledge.MEMOISERS[name], None
            for keyword in called.keywords if called is not None else ():
                if (
                    keyword.arg == "maxsize"
                    and isinstance(keyword.value, ast.Constant)
                    and keyword.value.value is None
                ):
                    is_bounded = False
                if keyword.arg == "key":
                    key = self.expressions.evaluate(keyword.value, state, frame)
                    key = key if any(isinstance(ref, FunctionRef) for ref in key.refs) else None
            if (
                called is not None
                and called.args
                and isinstance(called.args[0], ast.Constant)
                and called.args[0].value is None
            ):
                is_bounded = False
            if (
                called is not None
                and name == "cachetools.cached"
                and called.args
                and isinstance(called.args[0], ast.Dict)
            ):
                is_bounded = False
            return Memo(name.rpartition(".")[2], is_bounded, key)
        return None
