"""The family `state`: what of a handler's doings outlives its event, and who gets to see it."""

from __future__ import annotations

import ast
import weakref
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.state.deeds import Deeds, Outlet
from dayfly.scan.state.following import Follower
from dayfly.scan.state.frames import Frame
from dayfly.scan.state.judging import judge
from dayfly.scan.state.keeping import State
from dayfly.scan.state.values import ClassRef, External, FunctionRef, Value
from dayfly.scan.taint.checking import find_routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.model import Finding
    from dayfly.scan.source.project import Project, PythonFile
    from dayfly.scan.taint.results import EntryResult
    from dayfly.scan.template.entries import Entry

_MOST_NEIGHBOURS = 60  # routes of one application that are looked at for what another one keeps
_CONTEXT = Value(refs=(External("lambda context"),))
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
    """What one handler keeps from one event to the next, and which handlers of its environment read it."""
    deeds = _deeds_of(entry, project)
    if deeds is None:
        return
    place = _place_of(entry)
    if deeds.is_bounded:
        yield Note(
            NoteKind.BOUNDED,
            f"{entry.qualname} is too complex: its state is only partly analysed",
            place,
        )
    if deeds.dirty:
        deeds = _with_neighbours(deeds, entry, project)
    deeds = replace(deeds, is_snapstart=entry.function.is_snapstart, restored=_restored(entry.file.tree))
    yield from judge(deeds, source=place, function=entry.function.name, effects=result.effects)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found out of one project: its entries ask one after the other, and for each other's reads."""

    project: weakref.ref[Project]
    deeds: dict[tuple[str, str], Deeds | None]
    routes: dict[tuple[str, str], Entry]


_known: dict[int, _Known] = {}


def _known_of(project: Project) -> _Known:
    known = _known.get(id(project))
    if known is None or known.project() is not project:
        routes = {(entry.file.path, entry.qualname): entry for entry in find_routes(project)}
        for gone in [key for key, other in _known.items() if other.project() is None]:
            del _known[gone]
        known = _known[id(project)] = _Known(weakref.ref(project), {}, routes)
    return known


def _deeds_of(entry: Entry, project: Project) -> Deeds | None:
    """What one handler does; None where it cannot be found."""
    known = _known_of(project)
    key = (entry.file.path, entry.qualname)
    if key not in known.deeds:
        try:
            known.deeds[key] = _follow(entry, project, is_route=key in known.routes)
        except RecursionError:
            known.deeds[key] = Deeds(is_bounded=True)
    return known.deeds[key]


def _follow(entry: Entry, project: Project, *, is_route: bool) -> Deeds | None:
    if entry.file.tree is None:
        return None
    follower = Follower(project)
    follower.expressions.initialise(entry.file)
    found = _find(follower, entry)
    if found is None:
        return None
    state = State()
    value = follower.call(found, _arguments(found, is_route=is_route), {}, state, found.node)
    follower.flow(value, Outlet.ANSWER, entry.file.place(found.node), "the answer")
    follower.deeds.dirty.update(state.dirty)
    return follower.deeds


def _with_neighbours(deeds: Deeds, entry: Entry, project: Project) -> Deeds:
    """Handlers of one web application share its environment: what one keeps another may read."""
    known = _known_of(project)
    if (entry.file.path, entry.qualname) not in known.routes:
        return deeds
    roots = {spot.root for spot in deeds.dirty}
    folder = entry.file.path.rpartition("/")[0]
    flows, reads, tested = set(deeds.flows), set(deeds.reads), set(deeds.tested)
    near = [key for key in known.routes if key[0] == entry.file.path]
    near += [key for key in known.routes if key[0] != entry.file.path and key[0].startswith(folder)]
    for key in near[:_MOST_NEIGHBOURS]:
        other = _deeds_of(known.routes[key], project)
        if other is not None:
            flows.update(flow for flow in other.flows if flow.read.spot.root in roots)
            reads.update(read for read in other.reads if read.spot.root in roots)
            tested.update(spot for spot in other.tested if spot.root in roots)
    return replace(deeds, flows=flows, reads=reads, tested=tested)


def _restored(tree: ast.Module | None) -> frozenset[str]:
    """Names in hooks that run after a snapshot was restored: `@register_after_restore` of snapshot_restore_py."""
    found: set[str] = set()
    for node in tree.body if tree is not None else ():
        if isinstance(node, ast.FunctionDef) and any(
            "register_after_restore" in ast.unparse(one) for one in node.decorator_list
        ):
            found.update(inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))
    return frozenset(found)


def _place_of(entry: Entry) -> Place:
    """Where the handler stands; its function's place in the template where it has no line of its own."""
    node = _nested(entry.file.tree, [part for part in entry.qualname.split(".") if part != "<locals>"])
    return entry.file.place(node) if node is not None else Place(entry.file.path)


def _find(follower: Follower, entry: Entry) -> FunctionRef | None:
    """The function behind an entry's name: a module's, a class's method, or one within another function."""
    parts = [part for part in entry.qualname.split(".") if part != "<locals>"]
    value = follower.expressions.module_name(entry.file, parts[0])
    state = State()

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


def _arguments(function: FunctionRef, *, is_route: bool) -> list[Value]:
    """The event and the context; a route's parameters are all the event's."""
    signature = function.node.args
    names = [one.arg for one in (*signature.posonlyargs, *signature.args)]
    if function.bound is not None or (names and names[0] == "self"):
        names = names[1:]
    if is_route or _is_route(function.node):
        return [Value(parts=frozenset({(name,)})) for name in names]
    return [_EVENT, _CONTEXT][: 2 if signature.vararg else len(names)]


def _is_route(node: ast.AST) -> bool:
    for decorator in getattr(node, "decorator_list", ()):
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(target, ast.Attribute) and target.attr in _ROUTE_DECORATORS:
            return True
    return False
