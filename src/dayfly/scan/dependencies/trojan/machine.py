"""The state of one interpretation of a file: frames, phase, what was seen, and how much more may be looked at."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.trojan.deed import Act, Deed, Phase
from dayfly.scan.dependencies.trojan.values import (
    NOTHING,
    Class,
    Frame,
    Function,
    Instance,
    Kind,
    Label,
    Value,
    join,
    named,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.scan.dependencies.trojan.values import Local
    from dayfly.scan.source.project import PythonFile

# A module of 5,000 lines has some 60,000 nodes; calls are looked into again for each way they are reached.
_MAX_STEPS = 150_000
_MAX_DEPTH = 7  # calls within each other
_MAX_NESTING = 120  # nodes within each other
Finder = Callable[["PythonFile", str], "PythonFile | None"]


class OutOfSteps(Exception):
    """The file is larger than is looked at in full."""


class Machine:
    """What the parts of the interpreter share. `find` gives the file of a module of the same project, or None."""

    def __init__(self, file: PythonFile, *, find: Finder | None = None) -> None:
        self.file = file
        self.find = find
        self.package = file.module.partition(".")[0]
        self.frame = Frame(file)
        self.phase = Phase.IMPORT
        self.deeds: list[Deed] = []
        self.functions: list[Function] = []
        self.entered: set[int] = set()
        self.steps = 0
        self.swallowing = 0
        self.discarding = 0
        self.conditions: list[str] = []
        self.wrapped = ""
        self.way: list[ast.AST] = []
        self.stack: list[int] = []
        self.returned: list[Value] = []
        self.nesting = 0
        self.modules: dict[str, Frame] = {}
        self.originals: set[str] = set()
        self.anchor: ast.AST | None = None
        self.known: dict[tuple[object, ...], Value] = {}

    # -- what the other parts provide

    def evaluate(self, node: ast.expr | None) -> Value:
        raise NotImplementedError

    def execute(self, body: Sequence[ast.stmt]) -> None:
        raise NotImplementedError

    def call(
        self, callee: Value, arguments: Sequence[Value], keywords: dict[str, Value], node: ast.AST
    ) -> Value:
        raise NotImplementedError

    def enter(self, function: Function, arguments: Sequence[Value], keywords: dict[str, Value]) -> Value:
        raise NotImplementedError

    def own(self, name: str) -> Value:
        """What a dotted name means in another file of the same package; NOTHING where that is not known."""
        raise NotImplementedError

    # -- bookkeeping

    def step(self) -> None:
        self.steps += 1
        if self.steps > _MAX_STEPS:
            raise OutOfSteps

    @property
    def is_deep(self) -> bool:
        return len(self.stack) >= _MAX_DEPTH

    @property
    def is_nested(self) -> bool:
        return self.nesting > _MAX_NESTING

    def record(
        self,
        act: Act,
        node: ast.AST,
        name: str,
        value: Value,
        *,
        target: Value = NOTHING,
        replacement: tuple[Local, ...] = (),
    ) -> None:
        self.deeds.append(
            Deed(
                act=act,
                phase=self.phase,
                place=self.frame.file.place(node),
                name=name,
                value=value,
                target=target.text.strip("\0") and target.text,
                target_labels=target.labels,
                wrapped=self.wrapped,
                is_quiet=bool(self.swallowing and self.discarding),
                conditions=tuple(self.conditions),
                replacement=replacement,
                way=tuple(self.frame.file.place(one) for one in self.way[:_MAX_DEPTH]),
            )
        )

    # -- names

    def lookup(self, name: str) -> Value:
        frame: Frame | None = self.frame
        is_first = True
        while frame is not None:
            if name in frame.names and (is_first or not frame.is_class):
                return frame.names[name]
            frame, is_first = frame.parent, False
        if name in ("__builtins__", "builtins", "__builtin__"):
            return named("builtins")
        if name in ("__name__", "__file__", "__doc__", "__package__", "__spec__"):
            return Value(names=frozenset({name}))
        return named(f"builtins.{name}") if name in _BUILTINS else NOTHING

    def bind(self, name: str, value: Value) -> None:
        frame = self.frame
        if name in frame.outer:
            parent: Frame | None = frame.parent
            while parent is not None and name not in parent.names and parent.parent is not None:
                parent = parent.parent
            frame = parent or frame
        frame.names[name] = value

    def attribute_of(self, base: Value, attribute: str) -> Value:
        """`base.attribute`, for foreign names and for classes and instances of the code itself."""
        local: list[Local] = []
        values: list[Value] = []
        for one in base.local:
            if isinstance(one, Instance):
                if attribute in one.attributes:
                    values.append(one.attributes[attribute])
                    continue
                values.append(_bound(self.member(one.cls, attribute), one))
            elif isinstance(one, Class):
                values.append(self.member(one, attribute))
            elif attribute in ("__call__", "__func__", "__wrapped__"):
                local.append(one)
        names = frozenset(f"{name}.{attribute}" for name in base.names if len(name) < 200)
        # What something was opened or made for stays known of its methods: a path, a host.
        sketch = base.sketch if names and not base.is_constant else ""
        own = Value(labels=base.labels, names=names, local=tuple(local), sketch=sketch)
        found = [value for value in values if value is not NOTHING]
        if not found:
            return own
        return join([*found, own] if own.names or own.local else found)

    def member(self, cls: Class, attribute: str, depth: int = 0) -> Value:
        if attribute in cls.frame.names:
            return cls.frame.names[attribute]
        if depth < 8:
            for base in cls.bases:
                for one in base.local:
                    if isinstance(one, Class):
                        found = self.member(one, attribute, depth + 1)
                        if found is not NOTHING:
                            return found
                if base.names:
                    return Value(names=frozenset(f"{name}.{attribute}" for name in base.names))
        return NOTHING


def _bound(value: Value, instance: Instance) -> Value:
    local: list[Local] = [
        Function(one.node, one.file, one.frame, instance) if isinstance(one, Function) else one
        for one in value.local
    ]
    return Value(
        labels=value.labels, const=value.const, sketch=value.sketch, names=value.names, local=tuple(local)
    )


def argument_label(name: str) -> frozenset[Label]:
    return frozenset({Label(Kind.ARGUMENT, name)})


_BUILTINS = frozenset(
    {"exec", "eval", "compile", "__import__", "open", "getattr", "setattr", "delattr", "vars", "globals", "locals", "dir", "print",
     "input", "len", "chr", "ord", "bytes", "bytearray", "str", "int", "float", "bool", "list", "tuple", "dict", "set", "frozenset",
     "map", "filter", "zip", "iter", "next", "reversed", "sorted", "enumerate", "range", "sum", "min", "max", "any", "all", "type",
     "isinstance", "issubclass", "hasattr", "callable", "super", "id", "hash", "repr", "ascii", "format", "hex", "bin", "memoryview",
     "object", "property", "staticmethod", "classmethod", "execfile", "unicode"}
)  # fmt: skip
