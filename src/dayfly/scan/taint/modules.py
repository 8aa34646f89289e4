"""Interprets the top level of modules, once per project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.source.imports import absolute_name
from dayfly.scan.taint import machine as machines
from dayfly.scan.taint import names, statements
from dayfly.scan.taint.values import Const, Module, Name, Scope, fresh_number

if TYPE_CHECKING:
    import ast

    from dayfly.scan.source.project import PythonFile
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value


def load(machine: Machine, file: PythonFile) -> Scope:
    """The scope of a module, interpreted; partly where the import is circular, as in Python."""
    known = machine.scopes.get(file.path)
    if known is not None:
        return known
    tree = file.tree
    binding = names.read_bindings(tree.body if tree is not None else ())
    scope = Scope(fresh_number(), None, file, binding.local, is_module=True)
    machine.scopes[file.path] = scope
    machine.files.add(file.path)
    if tree is None:
        return scope
    machine.trees[file.path] = tree
    before = (
        machine.activations,
        machine.loops,
        machine.attempts,
        machine.recorder,
        machine.steps_left,
        machine.current_call,
    )
    machine.activations, machine.loops, machine.attempts, machine.recorder = [], [], [], None
    machine.steps_left = machines.MAX_STEPS_OF_MODULE
    depth = machine.store.depth
    first = fresh_number()
    machine.store.begin()
    try:
        with machine.within(scope):
            machine.store.set((scope.identity, "__name__"), Const(file.module or "__main__"))
            package = file.module if file.is_package else file.module.rpartition(".")[0]
            machine.store.set((scope.identity, "__package__"), Const(package))
            machine.store.set((scope.identity, "__file__"), Const(f"/var/task/{file.path}"))
            statements.run_block(machine, tree.body)
    except (machines.ExhaustedError, RecursionError):
        note = Note(
            NoteKind.BOUNDED,
            "its module-level code is too large: the rest was not analysed",
            Place(file.path),
        )
        if note not in machine.project.notes:
            machine.project.notes.append(note)
    finally:
        while machine.store.depth > depth + 1:
            machine.store.merge([machine.store.end()])
        machine.store.keep(machine.store.end())
        machine.old_ranges.append((first, fresh_number()))
        (
            machine.activations,
            machine.loops,
            machine.attempts,
            machine.recorder,
            machine.steps_left,
            machine.current_call,
        ) = before
    return scope


def find(machine: Machine, dotted: str, *, is_top: bool = False) -> Value:
    """What `importlib.import_module(dotted)` yields: a module of the project, else a name of a library.

    With `is_top` what `import dotted` binds: the outermost package.
    """
    assert machine.file is not None
    imports = machine.project.imports
    file = (imports.find_top if is_top else imports.find)(dotted, seen_from=machine.file)
    name = dotted.partition(".")[0] if is_top else dotted
    return of_file(machine, file) or Name(machine.library.canonical(name))


def find_origin(machine: Machine, node: ast.ImportFrom) -> Value:
    """The module that `from … import` names."""
    assert machine.file is not None
    file = machine.project.imports.find_from(node, seen_from=machine.file)
    return of_file(machine, file) or Name(machine.library.canonical(absolute_name(machine.file, node)))


def find_member(machine: Machine, node: ast.ImportFrom, name: str) -> Value | None:
    """The module `name` of the package that `from … import` names; None where the project does not have it."""
    assert machine.file is not None
    imports = machine.project.imports
    package = imports.find_from(node, seen_from=machine.file)
    return of_file(machine, imports.find_child(package, name)) if package is not None else None


def of_file(machine: Machine, file: PythonFile | None) -> Module | None:
    """The module of one of the project's own files, interpreted; None for a dependency and for the file at hand."""
    assert machine.file is not None
    if file is None or file.is_dependency or file.path == machine.file.path:
        return None
    machine.imports.setdefault(machine.file.path, set()).add(file.path)
    load(machine, file)
    return Module(file, file.path)


def starred(machine: Machine, origin: Value) -> list[tuple[str, Value]]:
    """What `from origin import *` binds: the names of `__all__`, else those without an underscore in front."""
    from dayfly.scan.taint import attributes

    if not isinstance(origin, Module):
        return []
    scope = load(machine, origin.file)
    listed = machine.store.value((scope.identity, "__all__"))
    series = machine.series(listed) if listed is not None else None
    if series is not None and series.rest is None and all(isinstance(one, Const) for one in series.items):
        chosen = [str(one.value) for one in series.items if isinstance(one, Const)]
        found = [(name, attributes.get_attribute(machine, origin, name)) for name in chosen]
    else:
        found = [(name, value) for name, value in machine.module_names(scope) if not name.startswith("_")]
    machine.starred.setdefault(machine.here.identity, set()).update(name for name, _ in found)
    return found
