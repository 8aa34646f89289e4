"""What a call answers, and the frame it is answered in."""

from __future__ import annotations

import ast

from dayfly.scan.permissions.containers import Arguments
from dayfly.scan.permissions.foreign import answer, call_foreign
from dayfly.scan.permissions.objects import Objects
from dayfly.scan.permissions.program import Frame
from dayfly.scan.permissions.values import (
    FROM_EVENT,
    FROM_RUN_TIME,
    NOTHING,
    Callable_,
    Client,
    External,
    Guess,
    Instance,
    Made,
    Mapping,
    Method,
    Operation,
    Origin,
    Resource,
    Sequence,
    Type_,
    Unknown,
    Value,
    Values,
    constants,
    each,
    limited,
)


class Calling(Objects):
    """Calls."""

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
        inherited = self._inherited(node, frame)
        if inherited:
            return inherited
        values = self.evaluate(node.func, frame)
        if isinstance(node.func, ast.Attribute):
            owners = self.evaluate(node.func.value, frame)
            if values <= FROM_RUN_TIME and (
                not owners or Unknown(Origin.RUN_TIME) in owners or Client("") in owners
            ):
                return frozenset({Guess(node.func.attr)})
        return values

    def _inherited(self, node: ast.Call, frame: Frame) -> Values:
        """`super().method`: of the nearest class above that has it."""
        match node.func:
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name):
                pass
            case _:
                return NOTHING
        at: Frame | None = frame
        while at is not None and (at.function is None or at.function.cls is None):
            at = at.parent
        if at is None or at.function is None or at.function.cls is None or not at.function.parameters:
            return NOTHING
        receivers = self.name(at.function.parameters[0].arg, at)
        for cls in self.classes(at.function.cls)[1:]:
            if name in cls.methods:
                return frozenset(Callable_(cls.methods[name], None, one) for one in receivers)
        return NOTHING

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
            case External(name="dataclasses.field" | "attr.ib" | "attrs.field" | "pydantic.Field"):
                made = arguments.named.get("default_factory", arguments.named.get("factory", NOTHING))
                return arguments.named.get("default", NOTHING) | each(
                    made, lambda one: self.call(one, Arguments())
                )
            case External(name="functools.partial") if arguments.positional:
                return each(arguments.positional[0], lambda one: _partial(one, arguments))
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
