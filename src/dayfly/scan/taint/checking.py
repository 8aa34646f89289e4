"""The family's interface: what one handler does with its event, and which handlers web frameworks call."""

from __future__ import annotations

import ast
import sys
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind
from dayfly.scan.taint import attributes, calls, events, instances, modules, routes
from dayfly.scan.taint.knowledge.library import load_library
from dayfly.scan.taint.machine import MAX_STEPS_OF_ENTRY, ExhaustedError, Machine, UnreachableError
from dayfly.scan.taint.reporting import Recorder
from dayfly.scan.taint.results import EntryResult
from dayfly.scan.taint.values import Bound, Class, Function, Partial, Ref, Symbol, Table, Thing, fresh_number
from dayfly.scan.template.model import Trigger

if TYPE_CHECKING:
    from collections.abc import Hashable

    from dayfly.scan.source.project import Project, PythonFile
    from dayfly.scan.taint.store import Diff
    from dayfly.scan.taint.values import Value
    from dayfly.scan.template.entries import Entry

# Our interpreter's own recursion: some fifteen Python frames per call of the program's, more per nested expression.
_RECURSION = 15_000

# A machine holds its project and all that its modules made: only the latest are kept.
_MAX_MACHINES = 2
_machines: dict[int, Machine] = {}
_routes: dict[int, tuple[weakref.ref[Project], tuple[Entry, ...]]] = {}


@dataclass(frozen=True, slots=True)
class _Target:
    """What is called, and how."""

    function: Value
    node: routes.FunctionNode | None
    owner: Class | None


def find_routes(project: Project) -> tuple[Entry, ...]:
    """The handlers of the project that a web framework calls, nested ones included; looked for once."""
    known = _routes.get(id(project))
    if known is None or known[0]() is not project:
        know_routes(project, routes.find(project, load_library()))
    return _routes[id(project)][1]


def find_routes_in_file(file: PythonFile) -> tuple[Entry, ...]:
    """Those of one file; nothing but its content and path decides."""
    return routes.find_in_file(file, load_library())


def know_routes(project: Project, found: tuple[Entry, ...]) -> None:
    """Let `find_routes` answer `found` for this project: whoever knows every file's need not have them looked for."""
    for key in [key for key, (reference, _) in _routes.items() if reference() is None]:
        del _routes[key]
    _routes[id(project)] = (weakref.ref(project), found)


def analyse(project: Project, entry: Entry) -> EntryResult:
    """Run one handler with an event of a stranger's.

    Modules are interpreted once per project and shared between its entries. Never raises on what is scanned:
    what could not be followed becomes a note.
    """
    machine = _machine_of(project)
    recorder = Recorder(entry.function.name)
    notes: list[Note] = []
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _RECURSION))
    depth = machine.store.depth
    try:
        _run(machine, entry, recorder, notes)
    except ExhaustedError:
        notes.append(_bounded(entry, "is too large: the rest was not analysed"))
    except RecursionError:
        notes.append(_bounded(entry, "is nested too deeply: the rest was not analysed"))
    except UnreachableError:
        pass
    finally:
        sys.setrecursionlimit(limit)
        while machine.store.depth > depth:
            machine.store.end()
        machine.recorder = None
        machine.activations, machine.loops, machine.attempts = [], [], []
        machine.scope, machine.file, machine.current_call = None, None, None
    findings = sorted(recorder.chosen(), key=lambda one: (one.place, one.check))
    effects = sorted(recorder.effects.values(), key=lambda one: (one.place, one.kind, one.target))
    return EntryResult(
        tuple(findings), tuple(effects), tuple(notes), frozenset(_files(machine, entry.file.path))
    )


def _machine_of(project: Project) -> Machine:
    known = _machines.get(id(project))
    if known is not None and known.project is project:
        return known
    while len(_machines) >= _MAX_MACHINES:
        del _machines[next(iter(_machines))]
    machine = Machine(project, load_library())
    _machines[id(project)] = machine
    return machine


def _bounded(entry: Entry, message: str) -> Note:
    return Note(
        NoteKind.BOUNDED,
        f"{entry.qualname} {message}",
        entry.function.place,
        "give a smaller handler, or review it manually",
    )


def _files(machine: Machine, path: str) -> set[str]:
    """The files that an entry's result depends on: its own and all it imports."""
    found: set[str] = set()
    pending = [path]
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending.extend(machine.imports.get(one, ()))
    return found


def _run(machine: Machine, entry: Entry, recorder: Recorder, notes: list[Note]) -> None:
    file = entry.file
    if file.tree is None:
        if file.problem is not None:
            notes.append(file.problem)
        return
    scope = modules.load(machine, file)
    triggers = entry.function.triggers or (Trigger.UNKNOWN,)
    machine.shapes = tuple(
        machine.library.shapes[trigger] for trigger in triggers if trigger in machine.library.shapes
    )
    machine.first_location = fresh_number()
    machine.steps_left = MAX_STEPS_OF_ENTRY
    machine.returns_html, machine.route = False, ""
    machine.store.begin()
    with machine.within(scope):
        target = _find(machine, entry)
        if target is None:
            notes.append(
                Note(
                    NoteKind.NOT_RESOLVED,
                    f"{entry.qualname} is not a function of the module",
                    entry.function.place,
                    "give the handler as in Lambda: module.function",
                )
            )
            return
        registration = _registration(machine, entry)
        arguments = (
            _event(machine, target)
            if registration is None
            else _route_arguments(machine, entry, target, registration)
        )
        machine.first_location = fresh_number()
        machine.steps_left = MAX_STEPS_OF_ENTRY
        machine.recorder = recorder
        base = machine.store.depth
        machine.store.begin()
        calls.call(machine, target.function, arguments, None)
        left = _outliving(machine, machine.store.snapshot(base))
        if any(not _is_new(machine, key) for key in left):
            machine.store.end()
            _run_again(machine, target.function, arguments, left, recorder)


def _run_again(
    machine: Machine, function: Value, arguments: calls.Arguments, left: Diff, recorder: Recorder
) -> None:
    """The next invocation of a warm environment, which finds what this one has left, or not.

    What is done there has been recorded already; what it makes of the other's leavings has not.
    """
    machine.store.merge([{key: cell for key, cell in left.items() if _is_new(machine, key)}])
    machine.store.merge([{}, {key: cell for key, cell in left.items() if not _is_new(machine, key)}])
    machine.first_location = fresh_number()
    machine.steps_left = MAX_STEPS_OF_ENTRY
    machine.recorder = later = Recorder(recorder.function)
    try:
        calls.call(machine, function, arguments, None)
    except UnreachableError:
        pass
    finally:
        for key, finding in later.findings.items():
            recorder.findings.setdefault(key, finding)


def _outliving(machine: Machine, diff: Diff) -> Diff:
    """What an invocation leaves: variables of modules, attributes of libraries, what containers hold."""
    modules_of = {scope.identity for scope in machine.scopes.values()}
    return {
        key: cell
        for key, cell in diff.items()
        if isinstance(key, int)
        or (isinstance(key, tuple) and (isinstance(key[0], str) or key[0] in modules_of))
    }


def _is_new(machine: Machine, key: Hashable) -> bool:
    """Whether it is the content of something that was made by the invocation."""
    return isinstance(key, int) and not machine.is_old(key)


def _registration(machine: Machine, entry: Entry) -> routes.Registration | None:
    """How a web framework was told of the entry; None for a handler of Lambda's own."""
    tree = machine.trees[entry.file.path]
    wanted = entry.qualname.replace("<locals>.", "")
    for qualname, _, registration in routes.registrations(tree, machine.library):
        if qualname == wanted:
            return registration
    return None


def _event(machine: Machine, target: _Target) -> calls.Arguments:
    """An event and a context."""
    node = _function_node(target)
    name = "event"
    place = machine.place(node) if node is not None else machine.place(ast.Pass())
    kind = ""
    inner = _innermost(target.function)
    if node is not None:
        parameters = [*node.args.posonlyargs, *node.args.args]
        if isinstance(target.function, Bound):
            parameters = parameters[1:]
        if parameters:
            name = parameters[0].arg
    if inner is not None:
        kind = next((one.partition(":")[2] for one in inner.decorations if one.startswith("event:")), "")
    event = events.new_event(machine, name, place)
    if kind:
        event = Thing(kind, event.taint, event.symbol, path=())
    return calls.Arguments([event, Thing("lambda.Context", (), Symbol())])


def _function_node(target: _Target) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None:
    if target.node is not None:
        return target.node
    inner = _innermost(target.function)
    return None if inner is None else inner.node


def _innermost(value: Value) -> Function | None:
    if isinstance(value, Function):
        return value
    if isinstance(value, Bound):
        return _innermost(value.function)
    return _innermost(value.callee) if isinstance(value, Partial) else None


def _route_arguments(
    machine: Machine, entry: Entry, target: _Target, registration: routes.Registration
) -> calls.Arguments:
    row = routes.choose_row(entry.file, machine.project, machine.library, registration.word)
    machine.returns_html = registration.returns_html or (row is not None and row.returns_html)
    machine.route = registration.pattern
    function = machine.raw.get(id(target.node)) if target.node is not None else None
    if function is None:
        return calls.Arguments(keyword_rest=Thing())
    return routes.arguments_of(
        machine,
        function,
        registration.pattern,
        row,
        has_self=target.owner is not None,
        is_aside=registration.word in routes.NO_REQUEST,
    )


def _find(machine: Machine, entry: Entry) -> _Target | None:
    """The function that an entry names."""
    parts = [part for part in entry.qualname.split(".") if part != "<locals>"]
    tree = machine.trees.get(entry.file.path)
    if tree is None or not parts:
        return None
    scope = machine.scopes[entry.file.path]
    wanted = ".".join(parts)
    found = [(node, owner) for qualname, node, owner in routes.walk(tree) if qualname == wanted]
    node, owner = found[-1] if found else (None, None)
    value = machine.store.value((scope.identity, parts[0]))
    if len(parts) == 1:
        if value is not None and not isinstance(value, Thing):
            return _Target(value, node, None)
        if node is not None and id(node) in machine.created:
            return _Target(machine.created[id(node)], node, None)
        return None if value is None else _Target(value, node, None)
    if isinstance(value, Class) and owner is not None:
        return _method(machine, value, parts, node)
    if isinstance(value, Function) and node is not None:
        for depth in range(1, len(parts)):
            outer = next((one for name, one, _ in routes.walk(tree) if name == ".".join(parts[:depth])), None)
            made = machine.raw.get(id(outer)) if outer is not None else None
            if made is not None:
                try:
                    calls.call(machine, made, calls.Arguments(), None)
                except UnreachableError:
                    pass
        if id(node) in machine.created:
            return _Target(machine.created[id(node)], node, None)
    if isinstance(value, Ref):
        return _Target(attributes.get_attribute(machine, value, parts[1]), node, None)
    return None


def _method(
    machine: Machine, cls: Class, parts: list[str], node: routes.FunctionNode | None
) -> _Target | None:
    for name in parts[1:-1]:
        inner = attributes.class_attribute(machine, cls, name)
        if not isinstance(inner, Class):
            return None
        cls = inner
    found = attributes.find_in_class(machine, cls, parts[-1])
    if found is None:
        return None
    if isinstance(found[0], Function) and found[0].binding:
        return _Target(attributes.class_attribute(machine, cls, parts[-1]), node, cls)
    try:
        receiver = instances.instantiate(machine, cls, calls.Arguments(), None)
    except UnreachableError:
        receiver = machine.allocate(Table(kind="object"), "object", cls)
    return _Target(attributes.bind_to(machine, found[0], receiver, cls), node, cls)
