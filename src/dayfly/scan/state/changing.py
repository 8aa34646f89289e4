"""What assigning, deleting and adding change: a local name, an object, or something that stays."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.attributes import Attributes, assigned
from dayfly.scan.state.keeping import State, element, is_open
from dayfly.scan.state.values import (
    CONSTANT,
    ENVIRON,
    NOTHING,
    ClassRef,
    External,
    FunctionRef,
    Instance,
    ModuleRef,
    Root,
    RootKind,
    Spot,
    Value,
    join,
    mix,
)
from dayfly.scan.state.wording import shown

if TYPE_CHECKING:
    from dayfly.scan.model import Place
    from dayfly.scan.state.frames import Frame


class Changing(Attributes):
    """Changes what a value holds."""

    def assign(self, target: ast.expr, value: Value, state: State, frame: Frame, node: ast.AST) -> None:
        match target:
            case ast.Name(id=name):
                self._assign_name(name, value, state, frame, node)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for number, one in enumerate(targets):
                    part = value.item(str(number))
                    self.assign(one, part if part is not None else self._part(value), state, frame, node)
            case ast.Starred(value=inner):
                self.assign(inner, value.derived(), state, frame, node)
            case ast.Attribute(value=owner, attr=name):
                self.set_attribute(owner, name, value, state, frame, node)
            case ast.Subscript(value=owner, slice=index):
                self._set_element(owner, index, value, state, frame, node)
            case _:
                pass

    def _part(self, value: Value) -> Value:
        return Value(
            parts=value.parts, reads=value.reads, spots=value.spots, work=value.work, is_unique=value.is_unique, is_opaque=value.is_opaque,
            text="{}" if value.text is not None and "{" in value.text else value.text, drawn=value.drawn,
        )  # fmt: skip

    def _assign_name(self, name: str, value: Value, state: State, frame: Frame, node: ast.AST) -> None:
        place = frame.file.place(node)
        if name in frame.globals:
            initial = self.module_name(frame.file, name)
            spots = [one for one in initial.spots if not one.field] or [
                Spot(Root(RootKind.GLOBAL, frame.file.path, name, 0, is_rebindable=True))
            ]
            for spot in spots:
                self.follower.write(spot, self.deep(value), state, place, shown(node))
        elif name in frame.nonlocals and name in frame.closure:
            if frame.is_closure_kept:
                spot = Spot(self._closure_root(name, frame))
                self.follower.write(spot, self.deep(value), state, place, shown(node))
            else:
                names = getattr(frame.closure, "names", None)
                if isinstance(names, dict):
                    names[name] = join(names.get(name, NOTHING), value)
        else:
            state.locals[name] = value

    def set_attribute(
        self, owner: ast.expr, name: str, value: Value, state: State, frame: Frame, node: ast.AST
    ) -> None:
        base = self.evaluate(owner, state, frame)
        self.change_attribute(base, owner, name, value, state, frame, node)

    def change_attribute(
        self, base: Value, owner: ast.expr, name: str, value: Value, state: State, frame: Frame, node: ast.AST
    ) -> None:
        place, what, write = frame.file.place(node), shown(node), self.follower.write
        is_credential = names_credential(name)
        value = self.deep(value)
        if base.spots:
            whole = base.is_client
            for spot in base.spots:
                write(
                    spot.inner("." + name), replace(value, is_client=value.is_client or whole), state, place, what,
                    is_credential=is_credential,
                )  # fmt: skip
            return
        for ref in base.refs:
            match ref:
                case Instance(number=number):
                    held = self.follower.heap.setdefault(number, {})
                    held[name] = join(held[name], value) if self.follower.guards and name in held else value
                case ClassRef():
                    root = self.class_root(ref, name)
                    write(Spot(root, ("." + name,)), value, state, place, what, is_credential=is_credential)
                case ModuleRef(file=file):
                    initial = self.module_name(file, name)
                    for spot in initial.spots or {
                        Spot(Root(RootKind.GLOBAL, file.path, name, 0, is_rebindable=True))
                    }:
                        write(spot, value, state, place, what, is_credential=is_credential)
                case FunctionRef(node=function):
                    root = Root(RootKind.FUNCTION, ref.file.path, getattr(function, "name", "lambda"), 0)
                    write(Spot(root, ("." + name,)), value, state, place, what)
                case External(name=outer):
                    self._set_library(outer, name, value, state, place, what, is_credential=is_credential)
                case _:
                    pass
        if not any(isinstance(ref, Instance) for ref in base.refs):
            self.absorb(owner, name, value, state, frame)

    def class_root(self, ref: ClassRef, name: str) -> Root:
        for one in self.lineage(ref):
            for node in one.node.body:
                if assigned(node, name) is not None:
                    key = (one.file.path, f"{one.node.name}:{one.node.lineno}.{name}")
                    drawn = self.follower.bound[key].drawn if key in self.follower.bound else ""
                    return Root(RootKind.CLASS, one.file.path, one.node.name, node.lineno, drawn)
        return Root(RootKind.CLASS, ref.file.path, ref.node.name, ref.node.lineno)

    def _set_library(
        self,
        outer: str,
        name: str,
        value: Value,
        state: State,
        place: Place,
        what: str,
        *,
        is_credential: bool,
    ) -> None:
        """An attribute of a library's module or class, or of the decimal context."""
        target = f"{outer}.{name}"
        if outer.startswith("decimal.getcontext"):
            self.follower.write(Spot(Root(RootKind.SETTING, "", target)), value, state, place, what)
        elif "()" not in outer and not outer.startswith(knowledge.PER_REQUEST) and not outer[:1].isupper():
            is_original = target in value.externals
            self.follower.write(
                Spot(Root(RootKind.MODULE, "", target)),
                CONSTANT
                if is_original or any(read.spot.root.name == target for read in value.reads)
                else value,
                state,
                place,
                what,
                is_credential=is_credential,
                is_code=not is_original and any(isinstance(ref, FunctionRef) for ref in value.refs),
            )

    def _set_element(
        self, owner: ast.expr, index: ast.expr, value: Value, state: State, frame: Frame, node: ast.AST
    ) -> None:
        base, key = self.evaluate(owner, state, frame), self.evaluate(index, state, frame)
        self.change_element(base, owner, key, value, state, frame, node)

    def change_element(
        self, base: Value, owner: ast.expr, key: Value, value: Value, state: State, frame: Frame, node: ast.AST,
        *, is_whole: bool = True,
    ) -> None:  # fmt: skip
        place, what = frame.file.place(node), shown(node)
        name = element(key, key.text)
        value = self.deep(value)
        is_credential = names_credential(key.text or "")
        if "os.environ" in base.externals:
            self.follower.write(
                Spot(ENVIRON, (name,)), value, state, place, what, key=key.parts, is_credential=is_credential
            )
        elif "sys.modules" in base.externals:
            self.follower.write(
                Spot(Root(RootKind.MODULE, "", f"sys.modules[{key.text}]")), value, state, place, what
            )
        elif "globals()" in base.externals and key.text:
            for spot in self.module_name(frame.file, key.text).spots or {
                Spot(Root(RootKind.GLOBAL, frame.file.path, key.text, 0, is_rebindable=True))
            }:
                self.follower.write(spot, value, state, place, what)
        elif base.spots:
            for spot in base.spots:
                self.follower.write(
                    spot.inner(name), replace(value, is_client=value.is_client or base.is_client), state, place, what,
                    key=key.parts, is_credential=is_credential, is_whole=is_whole,
                )  # fmt: skip
        else:
            held = value if key.is_constant else replace(value, parts=value.parts | key.parts)
            self.absorb(owner, key.text if key.is_constant and is_whole else None, held, state, frame)

    def absorb(self, owner: ast.expr, name: str | None, value: Value, state: State, frame: Frame) -> None:
        """A local thing now holds `value` as well."""
        match owner:
            case ast.Name(id=local) if local in state.locals:
                state.locals[local] = self._holding(state.locals[local], name, value)
            case ast.Attribute(value=inner, attr=attribute):
                base = self.evaluate(inner, state, frame)
                for ref in base.refs:
                    if isinstance(ref, Instance) and not base.spots:
                        held = self.follower.heap.setdefault(ref.number, {})
                        held[attribute] = self._holding(held.get(attribute, NOTHING), name, value)
            case (
                ast.Subscript(value=inner)
                | ast.Call(func=ast.Attribute(value=inner, attr="setdefault" | "get" | "pop"))
            ):
                self.absorb(inner, None, value, state, frame)
            case _:
                pass

    def _holding(self, base: Value, name: str | None, value: Value) -> Value:
        inner = value.derived()
        items = base.items
        if name is not None:
            items = (*(pair for pair in items if pair[0] != name), (name, value))[:40]
        return replace(
            base,
            parts=base.parts | inner.parts,
            reads=base.reads | inner.reads,
            work=base.work | inner.work,
            items=items,
            is_constant=False,
            truth=None,
        )

    def augment(self, node: ast.AugAssign, state: State, frame: Frame) -> None:
        old = self.evaluate(_as_load(node.target), state, frame)
        value = self.evaluate(node.value, state, frame)
        is_local = isinstance(node.target, ast.Name) and node.target.id in state.locals
        if is_local and old.spots and not _is_text(node.value):
            # `rows += […]` changes the list itself.
            for spot in old.spots:
                self.follower.write(
                    spot.inner("*"), value, state, frame.file.place(node), shown(node), is_whole=False
                )
            return
        result = mix(old, value)
        text = (
            (old.text or "{}") + (value.text or "{}")
            if old.text is not None or value.text is not None
            else None
        )
        self.assign(node.target, replace(result, text=text, refs=old.refs), state, frame, node)

    def delete(self, target: ast.expr, state: State, frame: Frame) -> None:
        match target:
            case ast.Name(id=name) if name in state.locals:
                del state.locals[name]
            case ast.Subscript(value=owner, slice=index):
                base, key = self.evaluate(owner, state, frame), self.evaluate(index, state, frame)
                self.take_away(base, key, state)
            case ast.Attribute(value=owner, attr=name):
                base = self.evaluate(owner, state, frame)
                for spot in base.spots:
                    state.remove(spot.inner("." + name))
                    self.follower.deeds.evicted.add(spot.root)
                for ref in base.refs:
                    if isinstance(ref, ClassRef):
                        state.remove(Spot(self.class_root(ref, name), ("." + name,)))
            case ast.Tuple(elts=targets):
                for one in targets:
                    self.delete(one, state, frame)
            case _:
                pass

    def take_away(self, base: Value, key: Value, state: State) -> None:
        """An element leaves a kept container or the environment's variables."""
        name = element(key, key.text)
        if "os.environ" in base.externals:
            # Names known only at run time are taken away by those who put back what was there.
            state.remove(Spot(ENVIRON) if is_open(name) else Spot(ENVIRON, (name,)))
        for spot in base.spots:
            state.remove(spot.inner(name))
            self.follower.deeds.evicted.add(spot.root)


def _is_text(node: ast.expr) -> bool:
    """An expression that is a string as it is written: adding it makes a new string, and changes no container."""
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_text(left) or _is_text(right)
        case ast.BinOp(left=left, op=ast.Mod()):
            return _is_text(left)
        case ast.Constant(value=value):
            return isinstance(value, str)
    return isinstance(node, ast.JoinedStr)


def names_credential(name: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in knowledge.CREDENTIAL_WORDS)


def _as_load(node: ast.Name | ast.Attribute | ast.Subscript) -> ast.expr:
    return node
