"""The state of one interpretation: where it is, what it has found, how much it may still do."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.model import Place, Step
from dayfly.scan.source.masking import mask_credentials
from dayfly.scan.taint.joining import bounded, direct_taint, join_all
from dayfly.scan.taint.store import Store
from dayfly.scan.taint.values import (
    CLEAN_TAINT,
    Choice,
    Const,
    Function,
    Items,
    Method,
    Partial,
    Ref,
    Scope,
    Series,
    Symbol,
    Table,
    Text,
    Thing,
    by_name,
    fresh_number,
    unite,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Mapping, Sequence

    from dayfly.scan.source.project import Project, PythonFile
    from dayfly.scan.taint.knowledge.library import Library
    from dayfly.scan.taint.knowledge.model import EventShape
    from dayfly.scan.taint.reporting import Recorder
    from dayfly.scan.taint.store import Diff
    from dayfly.scan.taint.values import Class, Content, Taint, Value

# Evaluated expressions and statements of one entry. The largest handlers of our corpus need 5,000.
MAX_STEPS_OF_ENTRY = 60_000
MAX_STEPS_OF_MODULE = 60_000
MAX_EXACT = 64  # items of a loop or comprehension that are gone through one by one
MAX_CALLS = 28  # activations within each other
MAX_RECURSION = 2  # of one function among these
_MAX_DEPTH = 100  # of containers within each other that are looked into
_SHALLOW = 3
_MAX_HELD = 20_000  # values that are looked at for the taint of one


class UnreachableError(Exception):
    """The path ends here: every way on raises."""


class ExhaustedError(Exception):
    """The budget of steps is used up."""


@dataclass(slots=True)
class Activation:
    """A function being run."""

    function: Function | None
    scope: Scope
    base: int
    returns: list[tuple[Value, Diff]] = field(default_factory=list)
    yields: list[Value] = field(default_factory=list)
    is_yield_exact: bool = True


@dataclass(slots=True)
class Loop:
    """A loop being run; `base` and `iteration` are depths of the store."""

    base: int
    iteration: int = 0
    breaks: list[Diff] = field(default_factory=list)
    continues: list[Diff] = field(default_factory=list)


@dataclass(slots=True)
class Attempt:
    """The body of a `try`; `raised` are the states in which it was left by an exception, with its type's names."""

    base: int
    raised: list[tuple[Diff, frozenset[str], Taint]] = field(default_factory=list)


class Machine:
    """Interprets the modules of one project and one entry after the other."""

    def __init__(self, project: Project, library: Library) -> None:
        self.project = project
        self.library = library
        self.store = Store()
        self.scopes: dict[str, Scope] = {}  # of modules, by path
        self.scope: Scope | None = None
        self.file: PythonFile | None = None
        self.activations: list[Activation] = []
        self.loops: list[Loop] = []
        self.attempts: list[Attempt] = []
        self.steps_left = MAX_STEPS_OF_MODULE
        self.recorder: Recorder | None = None  # None while modules are imported
        self.files: set[str] = set()  # whose code the entry has run
        self.shapes: tuple[EventShape, ...] = ()
        self.created: dict[int, Value] = {}  # by identity of the node: functions as decorated
        self.raw: dict[int, Function] = {}  # and as written
        self.trees: dict[str, ast.Module] = {}  # of modules, by path: kept, since functions point into them
        self.texts: dict[tuple[int, str | bytes], ast.Expression | ast.Module | None] = {}  # run by `exec`
        self.starred: dict[int, set[str]] = {}  # what `from … import *` binds, by a module's scope
        self.imports: dict[str, set[str]] = {}  # which files a file imports, by path
        self.defaults: dict[int, str] = {}  # locations of mutable defaults, by function name
        self.symbols: dict[str, Symbol] = {}  # of names in libraries
        self.first_location = 0  # of the entry: what is older outlives it
        self.old_ranges: list[tuple[int, int]] = []  # locations of modules imported by an entry
        self.returns_html = False  # what the entry returns is sent as HTML
        self.route = ""  # the pattern that led to the entry, where it is a route
        self.current_call: ast.AST | None = None
        self.risks = 0  # operations so far that may have raised something

    # Budget and places

    def tick(self) -> None:
        self.steps_left -= 1
        if self.store.work > 64:
            self.steps_left -= self.store.work // 2
            self.store.work = 0
        if self.steps_left < 0:
            raise ExhaustedError

    def place(self, node: ast.AST) -> Place:
        return self.file.place(node) if self.file is not None else Place("")

    def step(self, node: ast.AST) -> Step:
        """What stands there, on one line."""
        if self.file is None:
            return Step(Place(""), "")
        line = getattr(node, "lineno", 0)
        lines = self.file.source_lines
        text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        return Step(self.place(node), mask_credentials(text)[:120])

    @property
    def here(self) -> Scope:
        assert self.scope is not None
        return self.scope

    @contextmanager
    def within(self, scope: Scope) -> Iterator[None]:
        """Names are looked up in this scope for a while."""
        scope_before, file_before = self.scope, self.file
        self.scope, self.file = scope, scope.file
        try:
            yield
        finally:
            self.scope, self.file = scope_before, file_before

    # Objects in the store

    def allocate(self, content: Content, kind: str, cls: Class | None = None) -> Ref:
        location = fresh_number()
        self.store.set(location, content)
        return Ref(location, kind, cls)

    def new_list(self, items: Sequence[Value], rest: Value | None = None, kind: str = "list") -> Ref:
        kept, joined = bounded(tuple(items), rest)
        return self.allocate(Series(kept, joined, kind), kind if kind in {"list", "set"} else "list")

    def new_dict(
        self, entries: Mapping[str, Value] | None = None, rest: Value | None = None, kind: str = "dict"
    ) -> Ref:
        return self.allocate(Table(by_name(entries or {}), frozenset(), rest, kind=kind), "dict")

    def series(self, value: Value) -> Series | None:
        """What a list or set holds."""
        if isinstance(value, Ref):
            content = self.store.get(value.location)
            return content if isinstance(content, Series) else None
        if isinstance(value, Items):
            return Series(value.items, value.rest, "tuple")
        return None

    def table(self, value: Value) -> Table | None:
        """What a dict holds, or the attributes of an object."""
        if isinstance(value, Ref):
            content = self.store.get(value.location)
            return content if isinstance(content, Table) else None
        return None

    # Taint and truth

    def taint_of(self, value: Value, *, is_shallow: bool = False) -> Taint:
        """The labels of a value and of everything it holds, however deep; of the outer layers alone if `is_shallow`."""
        if isinstance(value, Const):
            return CLEAN_TAINT
        if isinstance(value, Text):
            return direct_taint(value)
        if isinstance(value, Thing) and not value.kind.startswith("dayfly."):
            return value.taint
        found: list[Taint] = []
        seen: set[int] = set()  # locations: what holds itself, or is held often, is looked at once
        pending: list[tuple[Value, int]] = [(value, _SHALLOW if is_shallow else _MAX_DEPTH)]
        looked = 0
        while pending and looked < _MAX_HELD:
            one, depth = pending.pop()
            looked += 1
            if isinstance(one, Text):
                found.append(direct_taint(one))
                continue
            if isinstance(one, Thing):
                found.append(one.taint)
            if depth:
                inner = depth if isinstance(one, Choice) else depth - 1
                pending.extend((held, inner) for held in reversed(self._inside(one, seen)))
        return unite(*found) if found else CLEAN_TAINT

    def _inside(self, value: Value, seen: set[int]) -> list[Value]:
        """What a value directly holds."""
        if isinstance(value, Ref):
            if value.location in seen:
                return []
            seen.add(value.location)
            content = self.store.get(value.location)
            if isinstance(content, Series):
                return [*content.items, *([] if content.rest is None else [content.rest])]
            if isinstance(content, Table):
                rest = [one for one in (content.rest, content.rest_keys) if one is not None]
                return [*content.entries.values(), *rest]
        elif isinstance(value, Choice):
            return list(value.alternatives)
        elif isinstance(value, Items):
            return [*value.items, *([] if value.rest is None else [value.rest])]
        elif isinstance(value, Thing) and value.kind.startswith("dayfly."):
            return list(self._held(value))
        elif isinstance(value, Method):
            return [value.receiver]
        elif isinstance(value, Partial):
            return list(value.arguments)
        return []

    def _held(self, value: Thing) -> Iterator[Value]:
        for name in ("text", "value", "sections"):
            held = self.store.value((value.symbol, "attr", name))
            if held is not None:
                yield held

    def truth(self, value: Value) -> bool | None:
        """Whether a value is true; None where that is not known."""
        if isinstance(value, Const):
            return bool(value.value)
        if isinstance(value, Text):
            return True if any(isinstance(part, str) for part in value.parts) else None
        if isinstance(value, Thing):
            return None
        if isinstance(value, Choice):
            answers = {self.truth(one) for one in value.alternatives}
            return answers.pop() if len(answers) == 1 else None
        if isinstance(value, Items):
            return True if value.items else (False if value.rest is None else None)
        if isinstance(value, Ref):
            content = self.store.get(value.location)
            if value.kind == "object":
                return True
            if isinstance(content, Series):
                return True if content.items else (False if content.rest is None else None)
            if isinstance(content, Table):
                if any(key not in content.maybe for key in content.entries):
                    return True
                return False if content.rest is None and not content.entries else None
            return None
        return True

    def is_old(self, location: int) -> bool:
        """Whether an object was there before the handler was called."""
        return location < self.first_location or any(a <= location < b for a, b in self.old_ranges)

    def name_symbol(self, dotted: str) -> Symbol:
        """One identity per name of a library: `flask.request.args` is the same at each use."""
        if dotted not in self.symbols:
            self.symbols[dotted] = Symbol()
        return self.symbols[dotted]

    def module_names(self, scope: Scope) -> list[tuple[str, Value]]:
        """What a module binds."""
        names = scope.local | self.starred.get(scope.identity, set())
        found = ((name, self.store.value((scope.identity, name))) for name in sorted(names))
        return [(name, value) for name, value in found if value is not None]

    def element(self, value: Value) -> Value | None:
        """The join of what iterating over a list, tuple or dict yields; None where nothing."""
        series = self.series(value)
        if series is not None:
            found = [*series.items, *([] if series.rest is None else [series.rest])]
            return join_all(found) if found else None
        return None
