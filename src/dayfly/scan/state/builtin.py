"""Calls of Python's own functions that reach names, attributes, containers and the environment's variables."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state.values import NOTHING, External, FunctionRef, Instance, Value, join, mix
from dayfly.scan.state.wording import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.state.following import Follower
    from dayfly.scan.state.frames import Frame
    from dayfly.scan.state.keeping import State


class Builtins:
    """What a `Follower` knows of calls that look into the program itself: `getattr`, `super`, `partial`."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower

    def call(
        self,
        name: str,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        node: ast.Call,
        state: State,
        frame: Frame,
    ) -> Value | None:
        """The result of a call of such a function; None for all others."""
        expressions = self.follower.expressions
        first = arguments[0] if arguments else NOTHING
        second = arguments[1] if len(arguments) > 1 else NOTHING
        match name:
            case "super":
                me = next(iter(state.locals.values()), NOTHING)
                refs = []
                for ref in me.refs:
                    if isinstance(ref, Instance) and frame.owner is not None:
                        base = list(expressions.lineage(frame.owner))[1:2]
                        refs = [Instance(base[0], ref.number)] if base else []
                return replace(me, refs=tuple(refs)) if refs else Value(refs=(External("super()"),))
            case "type" if len(arguments) == 1:
                return Value(refs=tuple(ref.owner for ref in first.refs if isinstance(ref, Instance)))
            case "getattr" if second.text is not None and "{" not in second.text:
                found = expressions.attribute(first, second.text, node, state, frame)
                return join(found, *arguments[2:3]) if len(arguments) > 2 else found
            case "getattr":
                return self._any_method(first, (second.text or "{}").partition("{")[0])
            case "setattr" if len(arguments) == 3:
                owner = node.args[0]
                attribute = second.text if second.text is not None and second.is_constant else "*"
                expressions.change_attribute(first, owner, attribute, arguments[2], state, frame, node)
                return NOTHING
            case "globals" | "vars":
                return (
                    Value(refs=(External("globals()"),))
                    if not arguments
                    else replace(first.derived(), refs=(External("vars()"),), spots=first.spots)
                )
            case "functools.partial" | "partial":
                return replace(mix(*arguments, *named.values()), refs=first.refs)
            case "heapq.heappush" | "bisect.insort" | "bisect.insort_left" | "operator.setitem" if (
                first.spots
            ):
                value = expressions.deep(arguments[-1])
                for spot in first.spots:
                    self.follower.write(
                        spot.inner("*"), value, state, frame.file.place(node), shown(node), is_whole=False
                    )
                return NOTHING
            case "os.getenv" | "os.environ.get":
                return expressions.element(Value(refs=(External("os.environ"),)), first, node, state, frame)
            case "os.putenv":
                environ = Value(refs=(External("os.environ"),))
                expressions.change_element(environ, node.func, first, second, state, frame, node)
                return NOTHING
            case "os.unsetenv":
                expressions.take_away(Value(refs=(External("os.environ"),)), first, state)
                return NOTHING
            case "dataclasses.field" | "field":
                factory = named.get("default_factory", NOTHING)
                made = tuple(External(f"{one}()") for one in factory.externals)
                return named.get("default", Value(refs=made) if made else NOTHING)
            case "contextlib.suppress" | "threading.Lock" | "threading.RLock":
                return Value(refs=(External("lock"),), is_constant=True)
            case _:
                return None

    def _any_method(self, value: Value, prefix: str) -> Value:
        """One of the methods whose names begin so: which, only the event says."""
        refs: list[FunctionRef] = []
        for ref in value.refs:
            if isinstance(ref, Instance):
                for one in self.follower.expressions.lineage(ref.owner):
                    refs += [
                        FunctionRef(one.file, node, one.scope, one, value)
                        for node in one.node.body
                        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                        and node.name.startswith(prefix)
                        and not node.name.startswith("__")
                    ]
        return replace(value.derived(), refs=tuple(refs[:12]))
