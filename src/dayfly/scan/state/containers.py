"""Methods of containers: what goes in, what comes out, what is emptied."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.keeping import State, element
from dayfly.scan.state.libraries import Libraries
from dayfly.scan.state.values import (
    ENVIRON,
    NOTHING,
    ClassRef,
    External,
    FunctionRef,
    Instance,
    ModuleRef,
    OpenFile,
    Spot,
    Value,
    join,
)
from dayfly.scan.state.wording import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.state.expressions import Expressions
    from dayfly.scan.state.following import Follower
    from dayfly.scan.state.frames import Frame


class Containers:
    """Calls methods of dicts, lists, sets and their like."""

    libraries: Libraries

    def __init__(self, follower: Follower, expressions: Expressions) -> None:
        self.follower = follower
        self.expressions = expressions

    def apply(
        self,
        callee: Value,
        receiver: Value,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        node: ast.Call,
        state: State,
        frame: Frame,
    ) -> Value:
        """The result of calling whatever `callee` may be."""
        raise NotImplementedError

    def arguments(self, node: ast.Call, state: State, frame: Frame) -> tuple[list[Value], dict[str, Value]]:
        """The values a call is given, by position and by name."""
        raise NotImplementedError

    def _has_method(self, receiver: Value, name: str) -> bool:
        return any(
            find_method(one.node, name) is not None
            for ref in receiver.refs
            if isinstance(ref, Instance)
            for one in self.expressions.lineage(ref.owner)
        )

    def _is_container(self, value: Value) -> bool:
        externals = value.externals
        if any(isinstance(ref, FunctionRef | ClassRef | ModuleRef) for ref in value.refs):
            return False
        if not externals:
            return not any(isinstance(ref, OpenFile) for ref in value.refs)
        return any(
            name.endswith(("[]", "globals()", "vars()"))
            or name.removesuffix("()") in knowledge.CONTAINERS
            or (value.is_client and name.rpartition(".")[2] in knowledge.CLIENT_FIELDS)
            for name in externals
        )

    def _container_method(
        self,
        name: str,
        node: ast.Call,
        owner: ast.expr,
        receiver: Value,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        frame: Frame,
        is_environment: bool,
    ) -> Value | None:
        expressions, first = self.expressions, (arguments[0] if arguments else NOTHING)
        if name in knowledge.RARE_ADDING and not any(
            one.startswith(knowledge.RARE_ADDING[name]) for one in receiver.externals
        ):
            return None
        if name in ("get", "__getitem__", "setdefault", "pop") and (arguments or name == "pop"):
            if name == "setdefault" and len(arguments) > 1:
                expressions.change_element(
                    receiver, owner, first, arguments[1], state, frame, node, is_whole=False
                )
            if name == "pop" and not arguments and not receiver.spots:
                return replace(receiver.derived(), work=receiver.work)
            found = expressions.element(receiver, first, node, state, frame)
            if name == "pop":
                expressions.take_away(receiver, first, state)
                found = replace(found, spots=frozenset())
            return join(found, *arguments[1:2]) if len(arguments) > 1 else found
        if name in ("values", "items") and not arguments:
            return receiver
        if name == "copy" and is_environment:
            environ = self.follower.read(Spot(ENVIRON), state, frame.file.place(node))
            return Value(refs=(External("dict()"),), reads=frozenset({environ}))
        if name in ("keys", "copy", "most_common", "elements", "getvalue"):
            return replace(
                receiver.derived(),
                refs=receiver.refs,
                items=receiver.items if name == "copy" else (),
            )
        if name in ("popleft", "popitem", "get_nowait"):
            found = expressions.element(receiver, NOTHING, node, state, frame)
            for spot in receiver.spots:
                self.follower.deeds.evicted.add(spot.root)
                state.remove(spot)
            return replace(found, spots=frozenset())
        if name in knowledge.EMPTYING:
            for spot in (*receiver.spots, *((Spot(ENVIRON),) if is_environment else ())):
                state.empty(spot)
                self.follower.deeds.evicted.add(spot.root)
            return NOTHING
        if name in ("remove", "discard"):
            expressions.take_away(receiver, first, state)
            return NOTHING
        if name == "update":
            return self._update(node, owner, receiver, arguments, named, state, frame)
        if name in knowledge.ADDING and arguments:
            position, key_at = knowledge.ADDING[name]
            value = arguments[position] if len(arguments) > position else first
            if receiver.spots:
                key = arguments[key_at] if key_at is not None else NOTHING
                field = element(key, key.text) if key_at is not None else "*"
                deep = expressions.deep(value)
                is_queue = any(
                    one.startswith(("queue.", "asyncio.", "multiprocessing.", "weakref."))
                    for one in receiver.externals
                )
                for spot in receiver.spots:
                    self.follower.write(
                        spot.inner(field),
                        deep,
                        state,
                        frame.file.place(node),
                        shown(node),
                        key=key.parts,
                        is_whole=name == "__setitem__",
                        is_queue=is_queue,
                    )
            else:
                expressions.absorb(owner, None, expressions.deep(value), state, frame)
            return NOTHING
        return None

    def _update(
        self,
        node: ast.Call,
        owner: ast.expr,
        receiver: Value,
        arguments: Sequence[Value],
        named: Mapping[str, Value],
        state: State,
        frame: Frame,
    ) -> Value:
        """`x.update({...}, name=...)`: constant keys are told apart."""
        change = self.expressions.change_element
        for value in arguments:
            for key, item in value.items:
                change(receiver, owner, Value(text=key, is_constant=True), item, state, frame, node)
            rest = self.expressions.deep(value).parts - frozenset(
                part for _, item in value.items for part in item.parts
            )
            if rest or value.reads or not value.items:
                loose = replace(
                    self.expressions.deep(value).derived(),
                    parts=rest if value.items else self.expressions.deep(value).parts,
                )
                if loose.parts or loose.reads:
                    change(receiver, owner, NOTHING, loose, state, frame, node, is_whole=False)
        for key, item in named.items():
            change(receiver, owner, Value(text=key, is_constant=True), item, state, frame, node)
        return NOTHING


def find_method(node: ast.ClassDef, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    for one in node.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name == name:
            return one
    return None
