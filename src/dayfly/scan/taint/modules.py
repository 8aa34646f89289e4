"""Interprets the top level of modules, once per project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind, Place
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
            machine.store.set((scope.identity, "__file__"), Const(f"/var/task/{file.path}"))
            statements.run_block(machine, tree.body)
    except (machines.ExhaustedError, RecursionError):
        note = Note(NoteKind.BOUNDED, "its top level is too long to be followed", Place(file.path))
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


def find(machine: Machine, dotted: str) -> Value:
    """What `import dotted` yields: a module of the project, else a name of a library."""
    assert machine.file is not None
    file = machine.project.find_module(dotted, seen_from=machine.file)
    if file is None or file.is_dependency or file.path == machine.file.path:
        return Name(machine.library.canonical(dotted))
    machine.imports.setdefault(machine.file.path, set()).add(file.path)
    load(machine, file)
    return Module(file, file.path)


def absolute(machine: Machine, node: ast.ImportFrom) -> str:
    """The dotted name that `from ... import` reads."""
    if not node.level:
        return node.module or ""
    assert machine.file is not None
    parts = machine.file.module.split(".") if machine.file.module else []
    drop = node.level - (1 if machine.file.is_package else 0)
    base = parts[: len(parts) - drop] if drop else parts
    return ".".join([*base, *([node.module] if node.module else [])])
