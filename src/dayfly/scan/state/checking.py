"""The family `state`: what of a handler's doings outlives its event, and who gets to see it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind
from dayfly.scan.state.deeds import Outlet
from dayfly.scan.state.following import Follower
from dayfly.scan.state.judging import judge
from dayfly.scan.state.keeping import State
from dayfly.scan.state.values import NOTHING, ClassRef, FunctionRef, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.model import Finding
    from dayfly.scan.source.project import Project, PythonFile
    from dayfly.scan.taint.results import EntryResult
    from dayfly.scan.template.entries import Entry

_EVENT = Value(parts=frozenset({()}))
_ROUTE_DECORATORS = frozenset(
    {
        "route",
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "options",
        "websocket",
        "api_route",
        "on_event",
    }
)


def check_file(file: PythonFile) -> Iterator[Finding | Note]:
    """Nothing is known of a file alone: what is kept matters where a handler reaches it."""
    return iter(())


def check_effects(entry: Entry, result: EntryResult, project: Project) -> Iterator[Finding | Note]:
    """What one handler keeps from one event to the next."""
    try:
        yield from _check(entry, project)
    except RecursionError:
        yield Note(
            NoteKind.BOUNDED,
            f"{entry.qualname} is nested too deeply to be followed",
            entry.file.place(ast.Pass()),
        )


def _check(entry: Entry, project: Project) -> Iterator[Finding | Note]:
    if entry.file.tree is None:
        return
    follower = Follower(project)
    found = _find(follower, entry)
    if found is None:
        return
    source = entry.file.place(found.node)
    state = State()
    value = follower.call(found, _arguments(found), {}, state, found.node)
    follower.flow(value, Outlet.ANSWER, source, "the answer")
    follower.deeds.dirty.update(state.dirty)
    if follower.deeds.is_bounded:
        yield Note(
            NoteKind.BOUNDED,
            f"{entry.qualname} calls more than is followed: what it keeps is known in part",
            source,
        )
    yield from judge(follower.deeds, source=source, function=entry.function.name)


def _find(follower: Follower, entry: Entry) -> FunctionRef | None:
    """The function behind an entry's name: a module's, a class's method, or one within another function."""
    parts = [part for part in entry.qualname.split(".") if part != "<locals>"]
    value = follower.expressions.module_name(entry.file, parts[0])
    state = State()
    from dayfly.scan.state.following import Frame

    frame = Frame(entry.file)
    for index, part in enumerate(parts[1:], 1):
        classes = [ref for ref in value.refs if isinstance(ref, ClassRef)]
        if classes:
            made = follower.expressions.calls.instantiate(
                classes[0], (), {}, state, entry.file.tree or ast.Pass(), frame
            )
            value = follower.expressions.attribute(made, part, entry.file.tree or ast.Pass(), state, frame)
            continue
        inner = _nested(entry.file.tree, parts[: index + 1])
        if inner is None:
            return None
        return FunctionRef(entry.file, inner)
    for ref in value.refs:
        if isinstance(ref, FunctionRef):
            return ref
    return None


def _nested(tree: ast.AST | None, names: list[str]) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    node: ast.AST | None = tree
    for name in names:
        found = None
        for inner in ast.walk(node) if node is not None else ():
            if (
                isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                and inner.name == name
            ):
                found = inner
                break
        node = found
    return node if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else None


def _arguments(function: FunctionRef) -> list[Value]:
    """The event and the context; a route's parameters are all the event's."""
    signature = function.node.args
    names = [one.arg for one in (*signature.posonlyargs, *signature.args)]
    if function.bound is not None or (names and names[0] == "self"):
        names = names[1:]
    if _is_route(function.node):
        return [Value(parts=frozenset({(name,)})) for name in names]
    return [_EVENT, NOTHING][: max(len(names), 2 if signature.vararg else len(names))]


def _is_route(node: ast.AST) -> bool:
    for decorator in getattr(node, "decorator_list", ()):
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(target, ast.Attribute) and target.attr in _ROUTE_DECORATORS:
            return True
    return False
