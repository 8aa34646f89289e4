"""Library calls that start, register or set something that goes on after the event."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.deeds import Registration, Work
from dayfly.scan.state.values import (
    BOUND_KEYS,
    CONSTANT,
    NOTHING,
    External,
    Root,
    RootKind,
    Spot,
    Value,
    join,
    mix,
)
from dayfly.scan.state.wording import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.state.calling import Calls
    from dayfly.scan.state.following import Follower
    from dayfly.scan.state.frames import Frame
    from dayfly.scan.state.keeping import State

_GUARD_WORDS = ("handlers", "hasHandlers", "filters", "sys.path", "_installed", "is_alive", "poll()")


class Starting:
    """What lasts longer than the call."""

    def __init__(self, follower: Follower, calls: Calls) -> None:
        self.follower = follower
        self.calls = calls

    def _is_guarded(self) -> bool:
        if any(guard.reads for guard in self.follower.guards):
            return True
        return any(word in test for test in self.follower.tests for word in _GUARD_WORDS)

    def _work(
        self, full: str, method: str, receiver: Value, arguments: Sequence[Value], named: Mapping[str, Value], node: ast.Call,
        state: State, frame: Frame,
    ) -> Value | None:  # fmt: skip
        follower = self.follower
        if full in knowledge.WAITING:
            for value in (*arguments, *named.values()):
                self.calls.await_work(value)
            return None
        if method == "shutdown" and receiver.work:
            self.calls.await_work(receiver)
            return None
        if follower.initialising:
            return None
        is_started: bool | None = None
        if (
            full.startswith("os.spawn")
            and node.args
            and shown(node.args[0]).endswith(("P_WAIT", "P_OVERLAY"))
        ):
            return None
        if full in knowledge.WORK_MAKERS:
            is_started = knowledge.WORK_MAKERS[full]
            if full in ("asyncio.create_task", "asyncio.ensure_future") and not self.calls.permanent_loops:
                return None
        elif (
            method in knowledge.SUBMITTING
            and receiver.spots
            and not any("TaskGroup" in one for one in receiver.externals)
        ) or (
            method in ("submit", "apply_async")
            and any(one.startswith(knowledge.EXECUTORS) for one in receiver.externals)
        ):
            is_started = True
        if is_started is None:
            return None
        given = [follower.expressions.deep(value) for value in (*arguments, *named.values())]
        work = self.begin(shown(node), arguments, named, node, frame, is_started=is_started)
        value = Value(work=work, parts=mix(*given).parts, refs=(External(f"{full}()"),))
        if isinstance(node.func, ast.Attribute) and not receiver.spots:
            follower.expressions.absorb(node.func.value, None, Value(work=value.work), state, frame)
        return value

    def begin(
        self,
        what: str,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        node: ast.AST,
        frame: Frame,
        *,
        is_started: bool = False,
    ) -> frozenset[int]:
        """Note a thread, task or program; its number."""
        if self.follower.initialising:
            return frozenset()
        given = [self.follower.expressions.deep(value) for value in (*arguments, *named.values())]
        number = next(self.follower.numbers)
        self.follower.deeds.works[number] = Work(
            frame.file.place(node), what, mix(*given).parts, is_started, False, self._is_guarded()
        )
        return frozenset({number})

    def _setting(
        self, full: str, given: Sequence[Value], node: ast.Call, state: State, frame: Frame
    ) -> Value | None:
        if full not in knowledge.SETTINGS or not given:
            return None
        value = mix(*given)
        if not value.parts:
            value = CONSTANT
        root = Root(RootKind.SETTING, "", full)
        self.follower.write(
            Spot(root), replace(value, is_client=full in knowledge.SETTING_CLIENTS), state, frame.file.place(node), shown(node),
        )  # fmt: skip
        return NOTHING

    def _registration(
        self, full: str, method: str, receiver: Value, given: Sequence[Value], node: ast.Call, frame: Frame
    ) -> Value | None:
        if self.follower.initialising:
            return None
        what = shown(node.func)
        verb = ""
        if method in knowledge.REGISTERING:
            verb = method
        elif full in knowledge.REGISTERING_CALLS:
            verb = full
        elif method == "register" and what.endswith("events.register"):
            verb = "events.register"
        elif full in (
            "sys.path.insert",
            "sys.path.append",
            "sys.meta_path.insert",
            "sys.meta_path.append",
            "sys.path_hooks.append",
            "sys.path_hooks.insert",
            "site.addsitedir",
        ):
            verb = full
        if full.endswith((".handlers.clear", ".handlers.remove", ".handlers.pop")):
            self.follower.deeds.removed.add("removeHandler")
        if full.endswith((".filters.clear", ".filters.remove")):
            self.follower.deeds.removed.add("removeFilter")
        if full in ("sys.path.remove", "sys.path.pop"):
            self.follower.deeds.removed.add("sys.path")
        if method.startswith(("remove", "unregister", "reset", "detach", "clear")):
            self.follower.deeds.removed.add(method)
        if not verb:
            return None
        parts = mix(*given).parts
        self.follower.deeds.registrations.add(
            Registration(frame.file.place(node), shown(node), verb, parts, self._is_guarded())
        )
        return NOTHING

    def _bound_keys(
        self,
        full: str,
        method: str,
        receiver: Value,
        given: Sequence[Value],
        node: ast.Call,
        state: State,
        frame: Frame,
    ) -> Value | None:
        spot = Spot(BOUND_KEYS)
        if method in knowledge.UNBINDING:
            state.put(spot, CONSTANT, is_whole=True, is_dirty=False)
            return NOTHING
        library = knowledge.BINDING.get(method)
        if library is None or not any(one.startswith(library) for one in (full, *receiver.externals)):
            return None
        names = [keyword.arg or "*" for keyword in node.keywords] or [f".{method}"]
        value = mix(*given)
        for name in names:
            self.follower.write(spot.inner(name), value, state, frame.file.place(node), shown(node))
        return NOTHING

    def context_variable(
        self,
        method: str,
        receiver: Value,
        arguments: Sequence[Value],
        node: ast.Call,
        state: State,
        frame: Frame,
    ) -> Value:
        """`set`, `get` and `reset` of a ContextVar, which keeps its value: all events are served in one context."""
        place = frame.file.place(node)
        roots = [replace(spot.root, kind=RootKind.CONTEXT) for spot in receiver.spots]
        results = []
        for root in roots:
            spot = Spot(root)
            if method == "set" and arguments:
                self.follower.write(
                    spot, self.follower.expressions.deep(arguments[0]), state, place, shown(node)
                )
            elif method == "reset":
                state.put(spot, CONSTANT, is_whole=True, is_dirty=False)
            elif method == "get":
                stored = state.stored(spot)
                results.append(stored.with_reads([self.follower.read(spot, state, place)]))
        return join(*results, *arguments[:1]) if method == "get" else NOTHING
