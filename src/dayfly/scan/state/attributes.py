"""Attributes, methods and elements of values."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.state import knowledge
from dayfly.scan.state.frames import Frame
from dayfly.scan.state.keeping import State, element
from dayfly.scan.state.loading import Loading
from dayfly.scan.state.naming import own
from dayfly.scan.state.values import (
    ENVIRON,
    NOTHING,
    ClassRef,
    External,
    FunctionRef,
    Instance,
    ModuleRef,
    OpenFile,
    Read,
    Root,
    RootKind,
    Spot,
    Value,
    join,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.model import Place
    from dayfly.scan.source.project import PythonFile
    from dayfly.scan.state.frames import Frame

_DATA_CLASSES = ("dataclass", "define", "frozen", "attrs", "s", "attributes")
_DATA_BASES = (
    "BaseModel",
    "NamedTuple",
    "TypedDict",
    "Enum",
    "StrEnum",
    "IntEnum",
    "Struct",
    "BaseSettings",
    "Schema",
)


class Attributes(Loading):
    """Finds what a value holds."""

    def attribute(self, value: Value, name: str, node: ast.AST, state: State, frame: Frame) -> Value:
        place = frame.file.place(node)
        results: list[Value] = []
        initial: list[Value] = []
        for ref in value.refs:
            match ref:
                case ModuleRef(file=file):
                    results.append(self._module_attribute(file, name, state, place))
                case ClassRef():
                    results.append(self._class_attribute(ref, name, state, place, frame, None))
                case Instance(owner=owner, number=number):
                    if name == "__class__":
                        results.append(Value(refs=(owner,)))
                    elif name in self.follower.heap.get(number, {}):
                        initial.append(self.follower.heap[number][name])
                    else:
                        found_in_class = self._class_attribute(owner, name, state, place, frame, value)
                        is_own = self._is_data_class(owner) and not found_in_class.spots
                        is_method = any(isinstance(one, FunctionRef) for one in found_in_class.refs)
                        (initial if is_own and not is_method else results).append(found_in_class)
                case External(name=outer):
                    initial.append(self._external_attribute(outer, name, value, frame))
                case FunctionRef(node=function):
                    root = Root(RootKind.FUNCTION, ref.file.path, getattr(function, "name", "lambda"), 0)
                    results.append(self._kept(NOTHING, Spot(root, ("." + name,)), state, place))
                case OpenFile(spot=spot):
                    initial.append(Value(text=spot.root.name if name == "name" else None))
        if value.spots:
            known = join(*initial, value.item(name) or NOTHING)
            found = [
                self._kept(known, spot.inner("." + name), state, place, _key_of(value, spot))
                for spot in value.spots
            ]
            if not results or any(
                state.stored(spot.inner("." + name)) is not NOTHING for spot in value.spots
            ):
                results.extend(found)
            rest = frozenset(read for read in value.reads if read.spot not in value.spots)
            kept = join(*results)
            if known.drawn:
                rest |= {
                    Read(Spot(replace(spot.root, name=f"{spot.root.name}.{name}", drawn=known.drawn)), place)
                    for spot in value.spots
                    if not state.is_fresh(spot.inner("." + name))
                }
            return replace(
                kept,
                reads=kept.reads | rest,
                parts=kept.parts | deeper(value, name),
                is_client=kept.is_client or value.is_client,
            )
        item = value.item(name)
        base = join(*results, *initial, *([item] if item is not None else []))
        text = "{}" if value.is_unique or name in ("aws_request_id", "request_id") else base.text
        if name in ("name", "stem") and value.text and not base.text:
            text = value.text
        if name == "parent" and value.text and "/" in value.text:
            text = value.text.rpartition("/")[0]
        return replace(
            base,
            parts=base.parts | deeper(value, name),
            reads=base.reads | value.reads,
            work=base.work | value.work,
            text=text,
            is_unique=base.is_unique or value.is_unique or name in ("aws_request_id", "request_id"),
            is_opaque=base.is_opaque or value.is_opaque,
            drawn=base.drawn or value.drawn,
        )

    def _module_attribute(self, file: PythonFile, name: str, state: State, place: Place) -> Value:
        if name in self.follower.names.scope(file).names:
            return self.load(file, name, state, place)
        inner = own(self.follower.names.project.imports.find_child(file, name))
        if inner is not None:
            return Value(refs=(ModuleRef(inner),))
        root = Root(RootKind.GLOBAL, file.path, name, 0, is_rebindable=True)
        return self._kept(NOTHING, Spot(root), state, place)

    def _external_attribute(self, outer: str, name: str, value: Value, frame: Frame) -> Value:
        if outer.startswith(knowledge.REQUESTS) and not value.spots:
            return Value(parts=frozenset({("request", name)}))
        if outer == "lambda context" and name in knowledge.CONTEXT_FIELDS:
            return Value(parts=frozenset({("context", name)}))
        if name in knowledge.REQUEST_FIELDS:
            return Value(parts=frozenset({("request",)}))
        if "()" not in outer:
            inner = self.follower.names.module(frame.file, f"{outer}.{name}")
            if any(isinstance(ref, ModuleRef) for ref in inner.refs):
                return inner
        return Value(refs=(External(f"{outer}.{name}"),))

    def _class_attribute(
        self, owner: ClassRef, name: str, state: State, place: Place, frame: Frame, instance: Value | None
    ) -> Value:
        """A method, a property's value, or what the class itself holds."""
        for one in self.lineage(owner):
            for node in one.node.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
                    return self._method(one, owner, node, instance, state, frame)
                value = assigned(node, name)
                if value is not None:
                    return self.class_value(one, name, value, node, state, place)
        # What the project neither defines nor stores is a library base's: `Model.query`.
        if instance is None and name in self.follower.names.stored_attributes:
            root = Root(RootKind.CLASS, owner.file.path, owner.node.name, owner.node.lineno)
            return self._kept(NOTHING, Spot(root, ("." + name,)), state, place)
        return NOTHING

    def class_value(
        self, owner: ClassRef, name: str, value: ast.expr, node: ast.stmt, state: State, place: Place
    ) -> Value:

        key = (owner.file.path, f"{owner.node.name}:{owner.node.lineno}.{name}")
        bound = self.follower.bound
        if key not in bound:
            bound[key] = NOTHING
            self.follower.initialising += 1
            bound[key] = self.evaluate(value, State(), Frame(owner.file, owner=owner))
            self.follower.initialising -= 1
        initial = bound[key]
        is_field = not isinstance(node, ast.AnnAssign) or "ClassVar" not in ast.unparse(node.annotation)
        if is_field and not initial.drawn and self._is_data_class(owner):
            # A default of a data class is made for each of its objects.
            return initial
        if not self._is_changeable(initial) and name not in self.follower.names.stored_attributes:
            return initial
        root = Root(RootKind.CLASS, owner.file.path, owner.node.name, node.lineno, initial.drawn)
        return self._kept(
            replace(initial, parts=frozenset(), reads=frozenset()), Spot(root, ("." + name,)), state, place
        )

    def _method(
        self,
        owner: ClassRef,
        actual: ClassRef,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        instance: Value | None,
        state: State,
        frame: Frame,
    ) -> Value:
        names = [ast.unparse(one).split("(")[0].rpartition(".")[2] for one in node.decorator_list]
        ref = FunctionRef(owner.file, node, owner.scope, owner)
        if "staticmethod" in names or "classmethod" in names:
            made = ref if "staticmethod" in names else replace(ref, bound=Value(refs=(actual,)))
            others = [
                one
                for one, name in zip(node.decorator_list, names, strict=True)
                if name not in ("staticmethod", "classmethod")
            ]
            around = Frame(owner.file, owner=owner)
            return self.calls.decorated(Value(refs=(made,)), others, State(), around)
        if instance is None:
            return Value(refs=(ref,))
        if "property" in names:
            return self.follower.call(replace(ref, bound=instance), (), {}, state, node)

        value = self.calls.decorated(
            Value(refs=(replace(ref, bound=instance),)),
            node.decorator_list,
            State(),
            Frame(owner.file, owner=owner),
        )
        if any(name in ("cached_property", "cachedproperty") for name in names):
            return self.calls.cached_property(ref, instance, node, state, frame)
        return value

    def _is_data_class(self, owner: ClassRef) -> bool:
        """Each object gets its own defaults; a library's base gives that to all that inherit it, a decorator does not."""
        decorators = (ast.unparse(one).split("(")[0].rpartition(".")[2] for one in owner.node.decorator_list)
        return any(name in _DATA_CLASSES for name in decorators) or any(
            ast.unparse(base).split("[")[0].rpartition(".")[2] in _DATA_BASES
            for one in self.lineage(owner)
            for base in one.node.bases
        )

    def lineage(self, owner: ClassRef, depth: int = 0) -> Iterator[ClassRef]:
        """The class and its bases as far as they are the project's."""
        yield owner
        if depth > 5:
            return
        for base in owner.node.bases:
            if isinstance(base, ast.Name | ast.Attribute):
                self.follower.initialising += 1
                value = self.evaluate(base, State(owner.scope), Frame(owner.file))
                self.follower.initialising -= 1
                for ref in value.refs:
                    if isinstance(ref, ClassRef) and ref.node is not owner.node:
                        yield from self.lineage(ref, depth + 1)

    def element(self, value: Value, index: Value, node: ast.AST, state: State, frame: Frame) -> Value:
        """The element of a value under a key."""
        place = frame.file.place(node)
        name = element(index, index.text)
        if "os.environ" in value.externals:
            return self._kept(NOTHING, Spot(ENVIRON, (name,)), state, place, index.parts)
        if "globals()" in value.externals and index.is_constant and index.text:
            return self.load(frame.file, index.text, state, place)
        item = value.item(index.text) if index.is_constant and index.text is not None else None
        if value.spots:
            initial = (
                item
                if item is not None
                else join(*(one for _, one in value.items))
                if value.items
                else NOTHING
            )
            kept = join(
                *(
                    self._kept(initial, spot.inner(name), state, place, index.parts | _key_of(value, spot))
                    for spot in value.spots
                )
            )
            rest = frozenset(read for read in value.reads if read.spot not in value.spots)
            return replace(
                kept,
                parts=kept.parts | index.parts,
                reads=kept.reads | rest | index.reads,
                is_client=kept.is_client or value.is_client,
                work=kept.work | value.work,
            )
        if item is not None:
            return item
        held = join(*(one for _, one in value.items)) if value.items and not index.is_constant else NOTHING
        externals = tuple(External(f"{one}[]") for one in value.externals if "()" in one)
        return Value(
            parts=deeper(value, index.text if index.is_constant else None) | index.parts | held.parts,
            reads=value.reads | index.reads | held.reads,
            refs=held.refs or externals,
            work=value.work | held.work,
            text="{}" if value.is_unique else None,
            is_unique=value.is_unique or index.is_unique,
            is_opaque=value.is_opaque or index.is_opaque or held.is_opaque,
            drawn=value.drawn,
        )

    def element_of(self, value: Value, node: ast.expr, state: State, frame: Frame) -> Value:
        """What iterating over a value yields."""
        if value.items and not value.spots:
            held = join(*(one for _, one in value.items))
            return replace(
                held, parts=held.parts | value.parts, reads=held.reads | value.reads, is_constant=False
            )
        found = self.element(value, NOTHING, node, state, frame)
        return replace(found, text=value.text) if value.text and "*" in value.text else found


def _key_of(value: Value, spot: Spot) -> frozenset[tuple[str, ...]]:
    """The parts of the event by which this kept thing was found."""
    keys = (read.key for read in value.reads if read.spot == spot)
    return frozenset().union(*keys)


def deeper(value: Value, name: str | None) -> frozenset[tuple[str, ...]]:
    """Parts of the event within these parts."""
    if name is None or name in ("lower", "strip"):
        return value.parts
    return frozenset((*part, name) if len(part) < 6 else part for part in value.parts)


def assigned(node: ast.stmt, name: str) -> ast.expr | None:
    match node:
        case ast.Assign(targets=[*targets], value=value):
            if any(isinstance(one, ast.Name) and one.id == name for one in targets):
                return value
        case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
            return value
    return None
