"""Finds out what an expression can be: names through scopes, files and calls, without regard to order.

A name is everything that is ever bound to it in its scope. Calls of the project's own functions are looked at
with what they were given, so a helper that makes clients of any service gives each caller its own.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.permissions.foreign import Arguments, answer, call_foreign, get_attribute, get_item, iterate
from dayfly.scan.permissions.program import Binding, Class, Frame, Function, How, Program, Scope, absolute
from dayfly.scan.permissions.values import (
    FROM_EVENT,
    FROM_RUN_TIME,
    NOTHING,
    Callable_,
    Client,
    External,
    Guess,
    Hole,
    Instance,
    Made,
    Mapping,
    Method,
    Module,
    Operation,
    Origin,
    Resource,
    Sequence,
    Text,
    Type_,
    Unknown,
    Value,
    Values,
    constants,
    join,
    limited,
    merge,
    read_reference,
    text,
)
from dayfly.scan.template.model import Unresolved

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as AnyMapping

MAX_STEPS = 150_000  # expressions looked at per handler: two to four seconds
MAX_DEPTH = 60  # expressions and calls within each other; each takes up to eight of the interpreter's frames
MAX_FRAMES = 16  # ways of calling one function that are told apart
_NO_CUT = 1 << 30
BUILTINS = frozenset(
    [
        "str",
        "int",
        "float",
        "bool",
        "list",
        "tuple",
        "set",
        "frozenset",
        "dict",
        "sorted",
        "reversed",
        "next",
        "iter",
        "getattr",
        "map",
        "filter",
        "zip",
        "enumerate",
        "print",
        "open",
        "len",
        "range",
        "type",
        "super",
        "isinstance",
        "vars",
    ]
)


class TooMuchError(Exception):
    """The bound on steps was reached."""


class Evaluator:
    """Values of expressions for one handler; `environment` is its template's."""

    def __init__(self, program: Program, environment: AnyMapping[str, str | Unresolved]) -> None:
        self.program = program
        self.environment = environment
        self.seen: dict[Function, list[Frame]] = {}  # ways in which functions were called
        self._memo: dict[tuple[ast.AST, Frame], Values] = {}
        self._active: dict[tuple[object, Frame | None], int] = {}
        # Found while something that it depends on was being looked at: good until that is known.
        self._partial: dict[tuple[ast.AST, Frame], tuple[Values, int]] = {}
        self._order: list[tuple[ast.AST, Frame]] = []  # keys of `_partial` as they came
        self._lowest_cut = _NO_CUT
        self._frames: dict[tuple[object, ...], Frame] = {}
        self._classes: dict[Class, list[Class]] = {}
        self._steps = 0
        self.depends_on_order = False  # something was looked up that later visits may add to

    def forget(self) -> None:
        """Look again at everything: more ways of calling functions are known now."""
        self._memo.clear()
        self._partial.clear()
        self._order.clear()

    # Frames

    def frame_of(self, function: Function, parent: Frame | None, given: dict[str, Values]) -> Frame:
        """The frame of a function with these arguments, the same object for the same arguments."""
        key = (function, parent, frozenset(given.items()))
        frame = self._frames.get(key)
        if frame is None:
            seen = self.seen.setdefault(function, [])
            if len(seen) >= MAX_FRAMES and given:
                return self.open_frame(function, parent)
            frame = self._frames[key] = Frame(function.scope, parent, given, function)
            seen.append(frame)
        return frame

    def open_frame(self, function: Function, parent: Frame | None = None) -> Frame:
        """The frame of a function of whose arguments nothing is known but their annotations."""
        if parent is None:
            parent = self.program.frames[function.scope.file.path]
        given: dict[str, Values] = {}
        parameters = function.parameters
        if function.cls is not None and parameters and not function.is_static:
            is_type = function.is_class_method
            given[parameters[0].arg] = frozenset({Type_(function.cls) if is_type else Instance(function.cls)})
        key = (function, parent, "open")
        if key not in self._frames:
            self._frames[key] = Frame(function.scope, parent, given, function)
        return self._frames[key]

    def body_of(self, cls: Class) -> Frame:
        """The frame of a class's own body."""
        module = self.program.frames[cls.scope.file.path]
        return self._frames.setdefault(("class", cls), Frame(cls.scope, module))

    def frames_for(self, scope: Scope, near: Frame | None) -> list[Frame]:
        """The frames in which something that another scope does is to be seen."""
        at = near
        while at is not None:
            if at.scope is scope:
                return [near] if near is not None and near.is_overlay else [at]
            at = at.parent
        if isinstance(scope.node, ast.Module):
            return [self.program.frames[scope.file.path]]
        function = self.program.functions.get(scope.node)
        if function is None:
            return []
        self.depends_on_order = True
        return self.seen.get(function, [])[:MAX_FRAMES] or [self.open_frame(function)]

    # Expressions

    def evaluate(self, node: ast.expr, frame: Frame) -> Values:
        """Everything `node` can be; empty where nothing is known of it."""
        key = (node, frame)
        if key in self._memo:
            return self._memo[key]
        if key in self._active:
            self._lowest_cut = min(self._lowest_cut, self._active[key])
            return NOTHING
        if key in self._partial:
            values, cut = self._partial[key]
            self._lowest_cut = min(self._lowest_cut, cut)
            return values
        depth = len(self._active)
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooMuchError
        if depth > MAX_DEPTH:
            return FROM_RUN_TIME
        outer_cut, self._lowest_cut = self._lowest_cut, _NO_CUT
        began = len(self._order)
        self._active[key] = depth
        try:
            values = self._compute(node, frame)
        finally:
            del self._active[key]
            own_cut = self._lowest_cut
            self._lowest_cut = min(outer_cut, own_cut if own_cut < depth else _NO_CUT)
        if own_cut >= depth:
            # What was cut off ends here, so this value is whole; what was found below it without it is not.
            self._memo[key] = values
            kept = []
            for other in self._order[began:]:
                if self._partial[other][1] >= depth:
                    del self._partial[other]
                else:
                    kept.append(other)
            self._order[began:] = kept
        else:
            self._partial[key] = (values, own_cut)
            self._order.append(key)
        return values

    def _compute(self, node: ast.expr, frame: Frame) -> Values:
        match node:
            case ast.Constant(value=str(value)):
                return text(value)
            case ast.Constant(value=int(number)) if not isinstance(number, bool):
                return text(str(number))
            case ast.Name():
                return self.name(node.id, frame)
            case ast.Attribute():
                return self._each(
                    self.evaluate(node.value, frame), lambda one: self.attribute(one, node.attr)
                )
            case ast.Call():
                return self._call(node, frame)
            case ast.Await() | ast.Starred() | ast.NamedExpr() | ast.FormattedValue():
                return self.evaluate(node.value, frame)
            case ast.JoinedStr():
                return self._joined(node.values, frame)
            case ast.BinOp(op=ast.Add()):
                return self._added(self.evaluate(node.left, frame), self.evaluate(node.right, frame))
            case ast.BinOp(op=ast.BitOr()):
                return self.evaluate(node.left, frame) | self.evaluate(node.right, frame)
            case ast.BinOp(op=ast.Mod()):
                return self._percent(node, frame)
            case ast.BoolOp():
                return limited({one for value in node.values for one in self.evaluate(value, frame)})
            case ast.IfExp():
                return self.evaluate(node.body, frame) | self.evaluate(node.orelse, frame)
            case ast.Dict():
                return self._dictionary(node, frame)
            case ast.List() | ast.Tuple() | ast.Set():
                return self._sequence(node.elts, frame)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                frames = self._unrolled(node.generators, frame)
                found = {one for each in frames for one in self.evaluate(node.elt, each)}
                return frozenset({Sequence((), limited(found))})
            case ast.DictComp():
                return self._made_dictionary(node, frame)
            case ast.Subscript():
                return self._subscript(node, frame)
            case ast.Lambda():
                return frozenset({Callable_(self.program.functions[node], frame)})
            case _:
                return NOTHING

    def _each(self, values: Values, change: object) -> Values:
        assert callable(change)
        return limited({one for value in values for one in change(value)})

    def _joined(self, pieces: Iterable[ast.expr], frame: Frame) -> Values:
        values = text("")
        for piece in pieces:
            values = join(values, self.evaluate(piece, frame))
        return values

    def _added(self, left: Values, right: Values) -> Values:
        lists = [one for one in (*left, *right) if isinstance(one, Sequence)]
        if lists:
            return limited({*lists})
        if not left and not right:
            return NOTHING
        return join(left, right)

    def _percent(self, node: ast.BinOp, frame: Frame) -> Values:
        formats = constants(self.evaluate(node.left, frame))
        if not formats:
            return FROM_RUN_TIME
        given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        pieces = formats[0].replace("%d", "%s").replace("%r", "%s").split("%s")
        values = text(pieces[0])
        for position, piece in enumerate(pieces[1:]):
            inner = self.evaluate(given[position], frame) if position < len(given) else FROM_RUN_TIME
            values = join(join(values, inner), text(piece))
        return values

    def _dictionary(self, node: ast.Dict, frame: Frame) -> Values:
        items: dict[str, Values] = {}
        rest: set[Value] = set()
        others: set[Value] = set()
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                for inner in self.evaluate(value, frame):
                    if isinstance(inner, Mapping):
                        items.update(inner.items)
                        rest |= inner.rest
                        others |= inner.names
                continue
            keys = self.evaluate(key, frame)
            names = constants(keys)
            found = self.evaluate(value, frame)
            for name in names:
                items[name] = items.get(name, NOTHING) | found
            if not names:
                rest |= found
                others |= keys
        return frozenset({Mapping(tuple(sorted(items.items())), limited(rest), limited(others))})

    def _sequence(self, elements: list[ast.expr], frame: Frame) -> Values:
        items: list[Values] = []
        rest: set[Value] = set()
        for element in elements[:200]:
            values = self.evaluate(element, frame)
            if isinstance(element, ast.Starred):
                rest |= {one for value in values for one in iterate(value)}
            else:
                items.append(values)
        return frozenset({Sequence(tuple(items), limited(rest))})

    def _unrolled(self, generators: list[ast.comprehension], frame: Frame) -> list[Frame]:
        """One frame for each constant that the first variable takes; else the frame itself."""
        first = generators[0]
        if isinstance(first.target, ast.Name):
            values = limited({one for v in self.evaluate(first.iter, frame) for one in iterate(v)})
            if values and all(isinstance(one, Text) and one.constant is not None for one in values):
                return [self._overlay(frame, first.target.id, one) for one in sorted(values, key=repr)]
        return [frame]

    def _overlay(self, frame: Frame, name: str, value: Value) -> Frame:
        key = ("overlay", frame, name, value)
        if key not in self._frames:
            overlay = Frame(frame.scope, frame, {name: frozenset({value})}, frame.function, is_overlay=True)
            self._frames[key] = overlay
        return self._frames[key]

    def _made_dictionary(self, node: ast.DictComp, frame: Frame) -> Values:
        items: dict[str, Values] = {}
        rest: set[Value] = set()
        for each in self._unrolled(node.generators, frame):
            names = constants(self.evaluate(node.key, each))
            found = self.evaluate(node.value, each)
            for name in names:
                items[name] = items.get(name, NOTHING) | found
            if not names:
                rest |= found
        return frozenset({Mapping(tuple(sorted(items.items())), limited(rest))})

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Values:
        keys = self.evaluate(node.slice, frame)
        owners = self.evaluate(node.value, frame)
        found = {one for owner in owners for one in self._item(owner, keys)}
        if not found and isinstance(node.value, ast.Name):
            found = set(self._stored(node.value.id, frame, keys))
        return limited(found) or (FROM_RUN_TIME if owners else NOTHING)

    def _item(self, owner: Value, keys: Values) -> Values:
        if isinstance(owner, External) and owner.name == "os.environ":
            return self.variable(keys, NOTHING)
        return get_item(owner, keys)

    def _stored(self, name: str, frame: Frame, keys: Values) -> Values:
        wanted = set(constants(keys))
        found: set[Value] = set()
        for value in self.name(name, frame):
            if isinstance(value, Mapping):
                for key, held in value.items:
                    if not wanted or key in wanted:
                        found |= held
                found |= value.rest
        return limited(found)

    # Names

    def name(self, name: str, frame: Frame) -> Values:
        """What a name can be, seen from a frame."""
        at: Frame | None = frame
        near = frame
        while at is not None:
            if name in at.given:
                own = at.scope.bindings.get(name) if not at.is_overlay else None
                if not own:
                    return self._with_stores(at.given[name], name, at.scope, near)
                return limited({*at.given[name], *self._bound(own, near)})
            if not at.is_overlay:
                found = self._in_scope(name, at, near)
                if found is not None:
                    return found
                near = at.parent if at.parent is not None else at
            at = at.parent
        return frozenset({External(f"builtins.{name}")}) if name in BUILTINS else NOTHING

    def _in_scope(self, name: str, at: Frame, near: Frame) -> Values | None:
        scope = at.scope
        if name in scope.bindings and name not in scope.outer:
            values = self._bound(scope.bindings[name], near)
            if at.function is not None and any(p.arg == name for p in _all_parameters(at.function)):
                values |= self._parameter(name, at)
            for other, binding in self._late(name, scope):
                for each in self.frames_for(other, near):
                    values |= self._bound([binding], each)
            return self._with_stores(values, name, scope, near)
        if at.function is not None and any(p.arg == name for p in _all_parameters(at.function)):
            return self._with_stores(self._parameter(name, at), name, scope, near)
        if isinstance(scope.node, ast.Module):
            late = self._late(name, scope)
            if late:
                found: set[Value] = set()
                for other, binding in late:
                    for each in self.frames_for(other, near):
                        found |= self._bound([binding], each)
                return limited(found)
            return self._starred(name, scope, at)
        return None

    def _late(self, name: str, scope: Scope) -> list[tuple[Scope, Binding]]:
        return (
            self.program.facts[scope.file.path].late.get(name, [])
            if isinstance(scope.node, ast.Module)
            else []
        )

    def _starred(self, name: str, scope: Scope, at: Frame) -> Values | None:
        for binding in scope.bindings.get("*", ()):
            assert isinstance(binding.node, ast.ImportFrom)
            file = self.program.find(absolute(scope.file, binding.node), scope.file)
            if file is not None and file.path in self.program.frames and file is not scope.file:
                key = (("star", file.path, name), at)
                if key in self._active:
                    continue
                self._active[key] = len(self._active)
                try:
                    values = self.name(name, self.program.frames[file.path])
                finally:
                    del self._active[key]
                if values:
                    return values
        return None

    def _with_stores(self, values: Values, name: str, scope: Scope, near: Frame) -> Values:
        """Adds what is put in under keys: in its own scope, or for a module's name in any of its functions."""
        if isinstance(scope.node, ast.Module):
            stores = self.program.facts[scope.file.path].kept.get(name, [])
        else:
            stores = [(scope, key, value) for key, value in scope.stores.get(name, ())]
        if not stores:
            return values
        marker = (("stores", scope.node, name), near)
        if marker in self._active:
            return values
        self._active[marker] = len(self._active)
        try:
            return self._store(values, stores, near)
        finally:
            del self._active[marker]

    def _store(
        self, values: Values, stores: list[tuple[Scope, ast.expr | None, ast.expr]], near: Frame
    ) -> Values:
        items: dict[str, Values] = {}
        rest: set[Value] = set()
        listed: tuple[Values, ...] = ()
        for value in values:
            if isinstance(value, Mapping):
                items.update(value.items)
                rest |= value.rest
            elif isinstance(value, Sequence):
                listed = value.items
                rest |= value.rest
        is_list = False
        for scope, key, stored in stores:
            for frame in self.frames_for(scope, near):
                if key is None:
                    is_list = True
                    rest |= self.evaluate(stored, frame)
                    continue
                keys = constants(self.evaluate(key, frame))
                if isinstance(key, ast.Name) and len(keys) > 1:
                    for one in keys:
                        overlay = self._overlay(frame, key.id, Text((one,)))
                        items[one] = items.get(one, NOTHING) | self.evaluate(stored, overlay)
                    continue
                found = self.evaluate(stored, frame)
                for one in keys:
                    items[one] = items.get(one, NOTHING) | found
                if not keys:
                    rest |= found
        others = {value for value in values if not isinstance(value, Mapping | Sequence)}
        made: Value = (
            Sequence(listed, limited(rest))
            if is_list
            else Mapping(tuple(sorted(items.items())), limited(rest))
        )
        return limited({*others, made})

    def _parameter(self, name: str, at: Frame) -> Values:
        assert at.function is not None
        arguments = at.function.node.args
        given = [*arguments.posonlyargs, *arguments.args]
        defaults = dict(zip(reversed([a.arg for a in given]), reversed(arguments.defaults), strict=False))
        defaults |= {
            a.arg: d
            for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if d is not None
        }
        values = NOTHING
        if name in defaults and at.parent is not None:
            values = self.evaluate(defaults[name], at.parent)
        for parameter in (*given, *arguments.kwonlyargs):
            if parameter.arg == name and parameter.annotation is not None and at.parent is not None:
                values |= self.annotated(parameter.annotation, at.parent)
        return values or FROM_RUN_TIME

    def annotated(self, annotation: ast.expr, frame: Frame) -> Values:
        """What a parameter's type says: an object of the project, a client of the SDK's stubs."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except (SyntaxError, ValueError):
                return NOTHING
        if isinstance(annotation, ast.Subscript):
            inner = annotation.slice
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if isinstance(annotation.value, ast.Name) and annotation.value.id in ("Optional", "Union"):
                return limited({one for part in parts for one in self.annotated(part, frame)})
            return NOTHING
        if isinstance(annotation, ast.BinOp):
            return self.annotated(annotation.left, frame) | self.annotated(annotation.right, frame)
        out: set[Value] = set()
        for value in self.evaluate(annotation, frame):
            if isinstance(value, Type_):
                out.add(Instance(value.cls))
            elif isinstance(value, External):
                made = stub(value.name)
                if made is not None:
                    out.add(made)
        return frozenset(out)

    def _bound(self, bindings: Iterable[Binding], frame: Frame) -> Values:
        found: set[Value] = set()
        for binding in bindings:
            found |= self._binding(binding, frame)
        return limited(found)

    def _binding(self, binding: Binding, frame: Frame) -> Values:
        node = binding.node
        match binding.how:
            case How.IMPORT:
                return self._import(binding.name, frame)
            case How.FROM:
                assert isinstance(node, ast.ImportFrom)
                return self._import_from(node, binding.name, frame)
            case How.FUNCTION:
                return frozenset({Callable_(self.program.functions[node], frame)})
            case How.CLASS:
                return frozenset({Type_(self.program.classes[node])})
            case How.WHOLE:
                return self.evaluate(_expression(node), frame)
            case How.ADDED:
                values = self.evaluate(_expression(node), frame)
                return frozenset({*values, Unknown(Origin.RUN_TIME)})
            case How.ITEM:
                key = text(str(binding.index))
                return self._each(self.evaluate(_expression(node), frame), lambda one: get_item(one, key))
            case How.ELEMENT | How.ENTERED:
                return self._each(self.evaluate(_expression(node), frame), self._entered(binding.how))

    def _entered(self, how: How) -> object:
        def enter(value: Value) -> Values:
            if how is How.ENTERED and not isinstance(value, Sequence):
                return frozenset({value})
            return iterate(value)

        return enter

    def _import(self, name: str, frame: Frame) -> Values:
        file = self.program.find(name, frame.scope.file)
        if file is not None and file.path in self.program.frames:
            return frozenset({Module(file)})
        return frozenset({External(name)})

    def _import_from(self, node: ast.ImportFrom, name: str, frame: Frame) -> Values:
        file = frame.scope.file
        base = absolute(file, node)
        full = f"{base}.{name}" if base else name
        package = self.program.find(base, file)
        if package is not None and package.path in self.program.frames and package is not file:
            values = self.name(name, self.program.frames[package.path])
            if values:
                return values
        module = self.program.find(full, file)
        if module is not None and module.path in self.program.frames:
            return frozenset({Module(module)})
        if package is not None:
            return NOTHING
        return frozenset({External(full)})

    # Objects

    def attribute(self, owner: Value, name: str) -> Values:
        """What `owner.name` can be."""
        match owner:
            case Module():
                values = self.name(name, self.program.frames[owner.file.path])
                if not values and owner.file.is_package:
                    return self._import(f"{owner.file.module}.{name}", self.program.frames[owner.file.path])
                return values
            case Type_():
                return self._class_attribute(owner.cls, name, owner)
            case Instance():
                return self._class_attribute(owner.cls, name, owner)
            case _:
                return get_attribute(owner, name)

    def classes(self, cls: Class) -> list[Class]:
        """A class and those it inherits from, as far as they are the project's."""
        if cls in self._classes:
            return self._classes[cls]
        out = [cls]
        self._classes[cls] = out
        for one in out:
            frame = self.program.frames[one.scope.file.path]
            for base in one.node.bases:
                for value in self.evaluate(base, frame):
                    if isinstance(value, Type_) and value.cls not in out and len(out) < 20:
                        out.append(value.cls)
        return out

    def _class_attribute(self, cls: Class, name: str, owner: Type_ | Instance) -> Values:
        found: set[Value] = set()
        for one in self.classes(cls):
            module = self.program.frames[one.scope.file.path]
            method = one.methods.get(name)
            if method is not None:
                receiver: Value | None = owner
                if method.is_static or (isinstance(owner, Type_) and not method.is_class_method):
                    receiver = None
                if method.is_class_method and isinstance(owner, Instance):
                    receiver = Type_(owner.cls)
                made = Callable_(method, module, receiver)
                return self.call(made, Arguments()) if method.is_property and receiver else frozenset({made})
            if name in one.scope.bindings:
                found |= self._bound(one.scope.bindings[name], self.body_of(one))
            found |= self._attribute_stores(one, name, owner)
        if isinstance(owner, Instance):
            given = dict(owner.given)
            if name in given and not any("__init__" in one.methods for one in self.classes(cls)):
                found |= given[name]
            if not found:
                found |= self._setting(cls, name)
                found |= self._declared(cls, name)
        return limited(found)

    def _attribute_stores(self, cls: Class, name: str, owner: Type_ | Instance) -> Values:
        """What methods of a class assign to `self.name`, `cls.name`, `Class.name`."""
        marker = (("attribute", cls, name), None)
        found: set[Value] = set()
        for method in cls.methods.values():
            for target, value, how in method.scope.attributes:
                if target.attr != name or not isinstance(target.value, ast.Name):
                    continue
                parameters = method.parameters
                is_own = bool(parameters) and target.value.id == parameters[0].arg and not method.is_static
                if not is_own and target.value.id != cls.node.name:
                    continue
                key = (marker[0], value)
                if (key, None) in self._active:
                    continue
                self._active[(key, None)] = len(self._active)
                try:
                    for frame in self._method_frames(method, owner):
                        found |= self._binding(Binding(how, value), frame)
                finally:
                    del self._active[(key, None)]
        return limited(found)

    def _method_frames(self, method: Function, owner: Type_ | Instance) -> list[Frame]:
        parent = self.program.frames[method.scope.file.path]
        if method.name == "__init__" and isinstance(owner, Instance) and owner.given:
            given = dict(owner.given)
            given[method.parameters[0].arg] = frozenset({owner})
            return [self.frame_of(method, parent, given)]
        self.depends_on_order = True
        return self.seen.get(method, [])[:MAX_FRAMES] or [self.open_frame(method)]

    def _setting(self, cls: Class, name: str) -> Values:
        """A field of pydantic's settings is an environment variable."""
        for one in self.classes(cls):
            frame = self.program.frames[one.scope.file.path]
            for base in one.node.bases:
                for value in self.evaluate(base, frame):
                    if isinstance(value, External) and value.name.endswith(".BaseSettings"):
                        return self.variable(text(name.upper()), NOTHING)
        return NOTHING

    def _declared(self, cls: Class, name: str) -> Values:
        for one in self.classes(cls):
            for node in one.node.body:
                if (
                    isinstance(node, ast.AnnAssign)
                    and isinstance(node.target, ast.Name)
                    and node.target.id == name
                ):
                    return self.annotated(node.annotation, self.program.frames[one.scope.file.path])
        return NOTHING

    # Calls

    def _call(self, node: ast.Call, frame: Frame) -> Values:
        arguments = self.arguments(node, frame)
        found: set[Value] = set()
        for callee in self.callees(node, frame):
            found |= self.call(callee, arguments)
        if not found and any(Unknown(Origin.EVENT) in values for values in arguments.all()):
            return FROM_EVENT
        return limited(found)

    def callees(self, node: ast.Call, frame: Frame) -> Values:
        """What is called; a method of something that is not known is a guess."""
        values = self.evaluate(node.func, frame)
        if isinstance(node.func, ast.Attribute):
            owners = self.evaluate(node.func.value, frame)
            if values <= FROM_RUN_TIME and (
                not owners or Unknown(Origin.RUN_TIME) in owners or Client("") in owners
            ):
                return frozenset({Guess(node.func.attr)})
        return values

    def arguments(self, node: ast.Call, frame: Frame) -> Arguments:
        """The arguments of a call; `is_open` where some may be missing."""
        positional: list[Values] = []
        named: dict[str, Values] = {}
        is_open = False
        for argument in node.args:
            values = self.evaluate(argument, frame)
            if isinstance(argument, ast.Starred):
                spread = [one for one in values if isinstance(one, Sequence)]
                if len(spread) == 1 and not spread[0].rest:
                    positional.extend(spread[0].items)
                else:
                    is_open = True
                continue
            positional.append(values or FROM_RUN_TIME)
        for keyword in node.keywords:
            values = self.evaluate(keyword.value, frame)
            if keyword.arg is not None:
                named[keyword.arg] = values or FROM_RUN_TIME
                continue
            mappings = [one for one in values if isinstance(one, Mapping)]
            is_open = is_open or not mappings or any(one.rest for one in mappings)
            for mapping in mappings:
                for key, held in mapping.items:
                    named[key] = named.get(key, NOTHING) | held
        return Arguments(tuple(positional), named, is_open)

    def call(self, callee: Value, arguments: Arguments) -> Values:
        """What a call of this value answers."""
        match callee:
            case Callable_():
                return self._results(callee, arguments)
            case Type_():
                return frozenset({self.instance(callee.cls, arguments)})
            case Operation():
                return answer(callee, arguments)
            case External(name="os.getenv" | "os.environ.get" | "os.environ.pop" | "os.environ.setdefault"):
                default = arguments.value(1, "default")
                return self.variable(arguments.value(0, "key"), default)
            case External(name="builtins.getattr") if len(arguments.positional) > 1:
                named = constants(arguments.positional[1])
                owners = arguments.positional[0]
                return limited({x for owner in owners for n in named for x in self.attribute(owner, n)})
            case External(name="builtins.super"):
                return NOTHING
            case External(name="functools.partial") if arguments.positional:
                return self._each(arguments.positional[0], lambda one: _partial(one, arguments))
            case External() | Made() | Method() | Client() | Resource():
                return call_foreign(callee, arguments)
            case Instance():
                found = self._class_attribute(callee.cls, "__call__", callee)
                return limited(
                    {x for one in found if isinstance(one, Callable_) for x in self.call(one, arguments)}
                )
            case Unknown():
                return frozenset({callee})
            case _:
                return NOTHING

    def bind(self, callee: Callable_, arguments: Arguments) -> Frame:
        """The frame of a function that is called so."""
        function = callee.function
        node = function.node.args
        positional = [*callee.positional, *arguments.positional]
        if callee.receiver is not None:
            positional.insert(0, frozenset({callee.receiver}))
        named = {**dict(callee.named), **arguments.named}
        names = [parameter.arg for parameter in function.parameters]
        given = dict(zip(names, positional, strict=False))
        known = {*names, *(parameter.arg for parameter in node.kwonlyargs)}
        given |= {name: values for name, values in named.items() if name in known}
        if node.kwarg is not None:
            extra = tuple(sorted((n, v) for n, v in named.items() if n not in known))
            rest = FROM_RUN_TIME if arguments.is_open else NOTHING
            given[node.kwarg.arg] = frozenset({Mapping(extra, rest)})
        if node.vararg is not None:
            extra_items = tuple(positional[len(names) :])
            rest = FROM_RUN_TIME if arguments.is_open else NOTHING
            given[node.vararg.arg] = frozenset({Sequence(extra_items, rest)})
        parent = callee.parent if callee.parent is not None else self.program.frames[function.scope.file.path]
        return self.frame_of(function, parent, given)

    def _results(self, callee: Callable_, arguments: Arguments) -> Values:
        frame = self.bind(callee, arguments)
        marker = (("call", callee.function), frame)
        if marker in self._active:
            self._lowest_cut = min(self._lowest_cut, self._active[marker])
            return NOTHING
        self._active[marker] = len(self._active)
        try:
            found: set[Value] = set()
            for result in callee.function.scope.results:
                found |= self.evaluate(result, frame)
            yielded = {one for result in callee.function.scope.yields for one in self.evaluate(result, frame)}
            if callee.function.scope.yields:
                found.add(Sequence((), limited(yielded)))
            return limited(found)
        finally:
            del self._active[marker]

    def instance(self, cls: Class, arguments: Arguments) -> Instance:
        """The object that a constructor makes."""
        for one in self.classes(cls):
            if "__init__" in one.methods:
                made = Callable_(one.methods["__init__"], None, Instance(cls))
                names = [p.arg for p in _all_parameters(made.function)][1:]
                break
        else:
            names = [
                node.target.id
                for one in reversed(self.classes(cls))
                for node in one.node.body
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
            ]
        given = dict(zip(names, arguments.positional, strict=False))
        given |= {name: values for name, values in arguments.named.items() if name in names}
        return Instance(cls, tuple(sorted(given.items())))

    def variable(self, keys: Values, default: Values) -> Values:
        """An environment variable: the template's value, else the code's default, else a hole with its name."""
        out: set[Value] = set()
        for name in constants(keys):
            value = self.environment.get(name)
            if isinstance(value, str):
                out.add(read_reference(value) if "${" in value else Text((value,)))
            elif isinstance(value, Unresolved):
                out.add(self._reference(value, name))
            elif default and any(isinstance(one, Text) for one in default):
                out |= {one for one in default if isinstance(one, Text)}
            else:
                out.add(Text((Hole(Origin.ENVIRONMENT, name),)))
        return frozenset(out) or frozenset({Text((Hole(Origin.ENVIRONMENT),))})

    def _reference(self, value: Unresolved, name: str) -> Text:
        if "${" not in value.expression:
            return Text((Hole(Origin.ENVIRONMENT, name),))
        return merge(read_reference(value.expression).parts)


def _all_parameters(function: Function) -> list[ast.arg]:
    return [*function.parameters, *function.node.args.kwonlyargs]


def _expression(node: ast.AST) -> ast.expr:
    assert isinstance(node, ast.expr)
    return node


def _partial(value: Value, arguments: Arguments) -> Values:
    named = tuple(sorted(arguments.named.items()))
    if isinstance(value, Callable_):
        positional = (*value.positional, *arguments.positional[1:])
        return frozenset(
            {Callable_(value.function, value.parent, value.receiver, positional, (*value.named, *named))}
        )
    if isinstance(value, Operation):
        return frozenset(
            {Operation(value.service, value.operation, (*value.preset, *named), value.answer, value.role)}
        )
    return frozenset({value})


def stub(name: str) -> Value | None:
    """The client or resource that a type of mypy_boto3_* or types_boto3_* stands for."""
    parts = name.split(".")
    for package in ("mypy_boto3_", "types_boto3_", "types_aiobotocore_", "types_aioboto3_"):
        if parts[0].startswith(package):
            service = parts[0].removeprefix(package).replace("_", "-")
            kind = parts[-1]
            if kind.endswith("Client"):
                return Client(service)
            if kind.endswith("ServiceResource"):
                return Resource(service, "")
            return Resource(service, kind)
    return None
