"""What an attribute can be: of modules, classes and objects of the project."""

from __future__ import annotations

import ast

from dayfly.scan.permissions.containers import Arguments
from dayfly.scan.permissions.foreign import get_attribute
from dayfly.scan.permissions.framing import MAX_FRAMES
from dayfly.scan.permissions.lookup import Lookup
from dayfly.scan.permissions.parameters import all_parameters
from dayfly.scan.permissions.program import Class, Frame, Function
from dayfly.scan.permissions.scopes import Binding
from dayfly.scan.permissions.values import (
    NOTHING,
    Callable_,
    External,
    Instance,
    Module,
    Type_,
    Value,
    Values,
    limited,
    text,
)


class Objects(Lookup):
    """Attributes."""

    def attribute(self, owner: Value, name: str) -> Values:
        """What `owner.name` can be."""
        match owner:
            case Module():
                values = self.name(name, self.program.frames[owner.file.path])
                return values or self._module(self.program.find_child(owner.file, name))
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
        first = next(
            (one.methods["__init__"] for one in self.classes(owner.cls) if "__init__" in one.methods), None
        )
        if method is first and isinstance(owner, Instance) and owner.given:
            given = dict(owner.given)
            given[method.parameters[0].arg] = frozenset({owner})
            return [self.frame_of(method, parent, given)]
        self.depends_on_order = True
        frames = self.seen.get(method, [])[:MAX_FRAMES]
        if isinstance(owner, Instance) and not method.is_static and method.parameters:
            # Of a class that several inherit from: those of this object, where any are known.
            name = method.parameters[0].arg
            frames = [one for one in frames if owner in one.given.get(name, NOTHING)] or frames
        return frames or [self.open_frame(method)]

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

    def instance(self, cls: Class, arguments: Arguments) -> Instance:
        """The object that a constructor makes."""
        for one in self.classes(cls):
            if "__init__" in one.methods:
                made = Callable_(one.methods["__init__"], None, Instance(cls))
                names = [p.arg for p in all_parameters(made.function)][1:]
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
