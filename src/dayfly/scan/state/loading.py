"""What names mean where they are read: local, closed over, of a module, kept from earlier events."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state.evaluating import Evaluator
from dayfly.scan.state.frames import Frame
from dayfly.scan.state.keeping import State
from dayfly.scan.state.values import (
    NOTHING,
    ClassRef,
    External,
    FunctionRef,
    Root,
    RootKind,
    Spot,
    Value,
    join,
)

if TYPE_CHECKING:
    from dayfly.scan.model import Place
    from dayfly.scan.source.project import PythonFile
    from dayfly.scan.state.frames import Frame
    from dayfly.scan.state.naming import Binding, Scope

_MOST_OF_MODULE = 2_000  # statements


class Loading(Evaluator):
    """Looks names up."""

    def _name(self, node: ast.Name, state: State, frame: Frame) -> Value:
        name = node.id
        if name in state.locals and name not in frame.globals:
            value = state.locals[name]
            return self._again(value, state, frame.file.place(node)) if value.spots else value
        if name in frame.closure and name not in frame.globals:
            value = frame.closure[name]
            if frame.is_closure_kept and (name in frame.nonlocals or self._is_changeable(value)):
                return self._kept(value, Spot(self._closure_root(name, frame)), state, frame.file.place(node))
            return value
        return self.load(frame.file, name, state, frame.file.place(node))

    def _again(self, value: Value, state: State, place: Place) -> Value:
        """A local name of something kept: what it held when it was bound is gone where it was emptied since."""
        emptied = [
            spot
            for spot in value.spots
            # A default is never bound anew, so a name of it is it; a global's name may be that of its predecessor.
            if state.is_emptied(spot) or (spot.root.kind is RootKind.DEFAULT and not spot.field)
        ]
        if not emptied:
            return value
        value = replace(value, reads=frozenset(read for read in value.reads if read.spot not in emptied))
        now = join(*(self._kept(replace(value, parts=frozenset()), spot, state, place) for spot in emptied))
        return replace(now, spots=value.spots, is_client=value.is_client)

    def load(self, file: PythonFile, name: str, state: State, place: Place) -> Value:
        """A name of a module's top level, or a builtin."""
        value = self.module_name(file, name)
        for spot in value.spots:
            if not spot.field and spot.root.kind in (RootKind.GLOBAL, RootKind.CONTEXT):
                return self._kept(replace(value, spots=frozenset()), spot, state, place)
        return value

    def module_name(self, file: PythonFile, name: str) -> Value:
        """What a module's name is when initialisation is over; the root it keeps is in `spots`."""
        follower = self.follower
        if (file.path, name) in follower.bound:
            return follower.bound[file.path, name]
        scope = follower.names.scope(file)
        bindings = scope.names.get(name)
        if bindings is None and name not in scope.rebound:
            return Value(refs=(External(name),))
        follower.bound[file.path, name] = NOTHING
        follower.initialising += 1
        depth, follower.depth = follower.depth, 0
        try:
            values = [self._binding(scope, binding) for binding in bindings or ()]
        finally:
            follower.initialising -= 1
            follower.depth = depth
        value = replace(join(*values), parts=frozenset(), reads=frozenset()) if values else NOTHING
        line = bindings[0].node.lineno if bindings else 0
        is_rebindable = name in scope.rebound or (
            name in follower.names.stored_attributes
            and not isinstance(next(iter(value.refs), None), ClassRef)
        )
        if not value.spots and (is_rebindable or self._is_changeable(value)):
            kind = RootKind.CONTEXT if "threading.local()" in value.externals else RootKind.GLOBAL
            root = Root(kind, file.path, name, line, value.drawn, is_rebindable)
            value = replace(value, spots=frozenset({Spot(root)}), truth=None)
        follower.bound[file.path, name] = value
        return value

    def initialise(self, file: PythonFile) -> None:
        """Do what the module's import does to its containers: registries that decorators and calls fill."""

        follower = self.follower
        if file.path in follower.initialised or file.tree is None:
            return
        follower.initialised.add(file.path)
        for node in file.tree.body[:_MOST_OF_MODULE]:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list:
                self.module_name(file, node.name)
            elif (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)) or (
                isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript | ast.Attribute)
            ):
                follower.initialising += 1
                try:
                    follower.run([node], State(), Frame(file))
                finally:
                    follower.initialising -= 1

    def _binding(self, scope: Scope, binding: Binding) -> Value:

        file, node, frame = scope.file, binding.node, Frame(scope.file)
        if binding.alias is not None:
            return self.follower.imported(file, node, binding.alias)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            value = Value(refs=(FunctionRef(file, node),))
            return self.calls.decorated(value, node.decorator_list, State(), frame)
        if isinstance(node, ast.ClassDef):
            return Value(refs=(ClassRef(file, node),))
        if binding.value is None:
            return NOTHING
        value = self.evaluate(binding.value, State(), frame)
        return self.calls.entered(value) if isinstance(node, ast.With) else value

    def _kept(
        self,
        initial: Value,
        spot: Spot,
        state: State,
        place: Place,
        key: frozenset[tuple[str, ...]] = frozenset(),
    ) -> Value:
        """A part of a kept thing as it is now: what init left there, or this invocation put there."""
        stored = state.stored(spot)
        left = self.follower.left_by_init(spot)
        base = (
            stored
            if spot in state.fresh
            else join(initial, stored, *((left,) if left is not NOTHING else ()))
        )
        read = self.follower.read(spot, state, place, key=key)
        return replace(
            base,
            spots=frozenset({spot}),
            reads=base.reads | {read},
            is_constant=False,
            is_client=base.is_client or initial.is_client,
            drawn="",
        )
