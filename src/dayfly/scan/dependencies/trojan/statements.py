"""Executes statements over abstract values: a module at its import, then what was not reached, as if called."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.trojan import knowledge
from dayfly.scan.dependencies.trojan.arguments import keywords_of, parameters_of
from dayfly.scan.dependencies.trojan.deed import Act, Phase
from dayfly.scan.dependencies.trojan.definitions import Definitions
from dayfly.scan.dependencies.trojan.machine import OutOfSteps
from dayfly.scan.dependencies.trojan.values import (
    NOTHING,
    Function,
    Instance,
    Kind,
    Value,
    constant,
    join,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.scan.dependencies.trojan.deed import Deed
    from dayfly.scan.dependencies.trojan.values import Local

_CONCRETE_LOOP = 24  # items of a constant that a loop is run over one by one


class Interpreter(Definitions):
    """Runs a file: `deeds` is what was seen, `is_complete` whether all of it was looked at."""

    is_complete = True

    def run(self, tree: ast.Module) -> list[Deed]:
        self.modules[self.file.path] = self.frame
        try:
            self.execute(tree.body)
            self._call_all()
            self._try_replacements()
        except OutOfSteps:
            self.is_complete = False
        except RecursionError:
            self.is_complete = False
        return self.deeds

    def _call_all(self) -> None:
        """Every function that import did not reach, as somebody would call it."""
        self.phase = Phase.CALL
        for _ in range(3):  # functions within functions appear when those are entered
            waiting = [one for one in self.functions if id(one.node) not in self.entered]
            if not waiting:
                return
            for function in waiting:
                if id(function.node) not in self.entered:
                    self._as_called(function)

    def _as_called(self, function: Function) -> None:
        self._reset()
        if any(one.act is Act.SEND for one in self.deeds):
            self.known.clear()  # what a helper sends counts for each who calls it
        before = len(self.deeds)
        result = self.enter(function, parameters_of(function), keywords_of(function))
        if result.has(Kind.ARGUMENT) and not result.has(Kind.REMOTE):
            # It answers out of what it was given, whatever the other end says: what it sent was a copy.
            self.deeds[before:] = [replace(one, is_pass_through=True) for one in self.deeds[before:]]

    def _reset(self) -> None:
        self.conditions, self.way, self.stack, self.swallowing, self.discarding, self.nesting = (
            [],
            [],
            [],
            0,
            0,
            0,
        )

    def _try_replacements(self) -> None:
        """Each function that was put in the place of another's, called as that would be."""
        self.phase = Phase.WRAPPER
        replaced: dict[int, tuple[Local, str]] = {}
        for deed in list(self.deeds):
            if deed.act is Act.PATCH:
                for one in deed.replacement:
                    replaced.setdefault(
                        id(one.node) if isinstance(one, Function) else id(one), (one, deed.name)
                    )
        for one, target in list(replaced.values())[:60]:
            self.wrapped = target
            self.originals = {target}
            for function in _functions_of(one, self):
                self._as_called(function)
        self.wrapped, self.originals = "", set()

    def execute(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self.step()
            self.anchor = statement
            method = getattr(self, f"_do_{type(statement).__name__.lower()}", None)
            if method is not None:
                method(statement)

    def _do_expr(self, node: ast.Expr) -> None:
        self.discarding += 1
        try:
            self.evaluate(node.value)
        finally:
            self.discarding -= 1

    def _do_assign(self, node: ast.Assign) -> None:
        value = self.evaluate(node.value)
        for target in node.targets:
            self.assign(target, value)

    def _do_annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value))

    def _do_augassign(self, node: ast.AugAssign) -> None:
        copy = ast.BinOp(left=_as_load(node.target), op=node.op, right=node.value)
        ast.copy_location(copy, node)
        self.assign(node.target, self.evaluate(copy))

    def assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            for index, one in enumerate(target.elts):
                if isinstance(value.const, tuple) and index < len(value.const):
                    item = value.const[index]
                    is_plain = isinstance(item, str | bytes | int | float | bool | tuple) or item is None
                    self.assign(one, constant(item, value.labels) if is_plain else NOTHING)  # type: ignore[arg-type]
                else:
                    self.assign(one, Value(value.labels, names=value.names, local=value.local))
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value)
        elif isinstance(target, ast.Attribute):
            self.assign_attribute(self.evaluate(target.value), target.attr, value, target)
        elif isinstance(target, ast.Subscript):
            self._assign_item_of(target, value)

    def _assign_item_of(self, target: ast.Subscript, value: Value) -> None:
        base = self.evaluate(target.value)
        key = self.evaluate(target.slice) if not isinstance(target.slice, ast.Slice) else NOTHING
        if isinstance(key.const, str):
            for name in sorted(base.names):
                if name == "sys.modules" and value.local:
                    self.record(
                        Act.PATCH, target, f"sys.modules[{key.const!r}]", NOTHING, replacement=value.local
                    )
                elif name.endswith(".__dict__"):
                    self.assign_attribute(Value(names=frozenset({name})), key.const, value, target)
                elif name == "builtins.globals()":
                    self.frame.module.names[key.const] = value
                elif name == "os.environ" and knowledge.DIVERTS.search(key.const):
                    self.record(Act.DIVERT, target, key.const, value, target=value)
        if isinstance(target.value, ast.Name) and not base.names & {"sys.modules", "os.environ"}:
            before = self.lookup(target.value.id)
            self.bind(
                target.value.id,
                Value(
                    labels=before.labels | value.labels | key.labels,
                    names=before.names | value.names,
                    local=(*before.local, *value.local)[:8],
                    sketch=before.sketch,
                ),
            )

    def _do_return(self, node: ast.Return) -> None:
        self.returned.append(self.evaluate(node.value))

    def _do_if(self, node: ast.If) -> None:
        test = self.evaluate(node.test)
        if _is_main(node.test):
            before, self.phase = self.phase, Phase.CALL if self.phase is Phase.IMPORT else self.phase
            self.execute(node.body)
            self.phase = before
            self.execute(node.orelse)
            return
        if isinstance(node.test, ast.Constant | ast.Name) and test.is_constant and self.frame.parent is None:
            self.execute(node.body if test.const else node.orelse)
            return
        words = _words(node.test)
        self.conditions.extend(words)
        self._branches([node.body, node.orelse])
        if words:
            del self.conditions[-len(words) :]

    def _branches(self, bodies: Sequence[Sequence[ast.stmt]]) -> None:
        """Run each on its own copy of the names, then take what any of them may have left."""
        before = dict(self.frame.names)
        after: list[dict[str, Value]] = []
        for body in bodies:
            self.frame.names = dict(before)
            self.execute(body)
            after.append(self.frame.names)
        merged: dict[str, Value] = {}
        for name in dict.fromkeys(name for names in after for name in names):
            found = [names[name] for names in after if name in names]
            merged[name] = found[0] if all(one is found[0] for one in found) else join(found)
        self.frame.names = merged

    def _do_for(self, node: ast.For | ast.AsyncFor) -> None:
        source = self.evaluate(node.iter)
        items = source.const if isinstance(source.const, tuple) else ()
        if items and len(items) <= _CONCRETE_LOOP:
            for item in items:
                if isinstance(item, str | bytes | int | float | bool | tuple):
                    self.assign(node.target, constant(item, source.labels))
                    self.execute(node.body)
        else:
            self.assign(node.target, self.item_of(source))
            self.execute(node.body)
        self.execute(node.orelse)

    _do_asyncfor = _do_for

    def _do_while(self, node: ast.While) -> None:
        self.evaluate(node.test)
        self.execute(node.body)
        self.execute(node.orelse)

    def _do_try(self, node: ast.Try | ast.TryStar) -> None:
        is_swallowed = any(_is_empty(handler.body) for handler in node.handlers)
        self.swallowing += is_swallowed
        try:
            self.execute(node.body)
            self.execute(node.orelse)
        finally:
            self.swallowing -= is_swallowed
        for handler in node.handlers:
            if handler.name:
                self.bind(handler.name, NOTHING)
            # Not instead of the body: names that it has bound stay known.
            before = dict(self.frame.names)
            self.execute(handler.body)
            self.frame.names = {
                **self.frame.names,
                **{
                    name: join([before[name], value])
                    if name in before and before[name] is not value
                    else value
                    for name, value in self.frame.names.items()
                },
            }
        self.execute(node.finalbody)

    _do_trystar = _do_try

    def _do_with(self, node: ast.With | ast.AsyncWith) -> None:
        is_suppressed = False
        for item in node.items:
            value = self.evaluate(item.context_expr)
            is_suppressed |= any(name.startswith("contextlib.suppress") for name in value.names)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value)
        self.swallowing += is_suppressed
        try:
            self.execute(node.body)
        finally:
            self.swallowing -= is_suppressed

    _do_asyncwith = _do_with

    def _do_match(self, node: ast.Match) -> None:
        subject = self.evaluate(node.subject)
        for case in node.cases:
            for one in ast.walk(case.pattern):
                if isinstance(one, ast.MatchAs | ast.MatchStar) and one.name:
                    self.bind(one.name, Value(labels=subject.labels))
        self._branches([case.body for case in node.cases])

    def _do_global(self, node: ast.Global | ast.Nonlocal) -> None:
        self.frame.outer.update(node.names)

    _do_nonlocal = _do_global

    def _do_assert(self, node: ast.Assert) -> None:
        self.evaluate(node.test)

    def _do_raise(self, node: ast.Raise) -> None:
        self.evaluate(node.exc)

    def _do_delete(self, node: ast.Delete) -> None:
        return


def _functions_of(local: Local, interpreter: Interpreter) -> list[Function]:
    if isinstance(local, Function):
        return [local]
    instance = local if isinstance(local, Instance) else Instance(local)
    found = []
    for name in list(instance.cls.frame.names):
        for one in interpreter.attribute_of(Value(local=(instance,)), name).local:
            if isinstance(one, Function) and name not in ("__init__", "__repr__", "__del__"):
                found.append(one)
    return found[:40]


def _as_load(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.copy_location(ast.Name(target.id, ast.Load()), target)
    return target


def _is_main(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and len(test.ops) == 1
        and isinstance(test.ops[0], ast.Eq)
    )


def _is_empty(body: Sequence[ast.stmt]) -> bool:
    return all(
        isinstance(one, ast.Pass | ast.Continue)
        or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        or (isinstance(one, ast.Return) and (one.value is None or isinstance(one.value, ast.Constant)))
        for one in body
    )


def _words(test: ast.expr) -> list[str]:
    """Texts and names of a test."""
    found = []
    for one in ast.walk(test):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            found.append(one.value.lower())
        elif isinstance(one, ast.Name):
            found.append(one.id.lower())
    return found[:20]
