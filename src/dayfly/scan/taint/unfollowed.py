"""Notes where a file changes at run time what its code means: nothing that was looked at may be what runs there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.model import Note, NoteKind
from dayfly.scan.source.naming import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.source.project import PythonFile

_MAX_NOTES = 20  # of one file

_ATTRIBUTES = {"__code__", "__class__", "__defaults__", "__kwdefaults__", "__bases__", "__closure__"}
_CALLS = {
    "sys._getframe": "reads variables from the frames of callers",
    "inspect.currentframe": "reads variables from the frames of callers",
    "inspect.stack": "reads variables from the frames of callers",
    "gc.get_objects": "reads objects from the garbage collector",
    "gc.get_referrers": "reads objects from the garbage collector",
    "gc.get_referents": "reads objects from the garbage collector",
    "sys.settrace": "runs a function at every line",
    "sys.setprofile": "runs a function at every call",
    "sys.meta_path.insert": "changes how modules are imported",
    "sys.meta_path.append": "changes how modules are imported",
    "sys.path_hooks.insert": "changes how modules are imported",
    "sys.path_hooks.append": "changes how modules are imported",
    "marshal.loads": "creates code from bytes",
    "importlib.util.spec_from_file_location": "loads a module from a file",
    "imp.load_source": "loads a module from a file",
    "runpy.run_path": "runs a file",
    "runpy.run_module": "runs a module",
    "types.FunctionType": "creates a function from code",
    "types.CodeType": "creates code from numbers",
    "codecs.register": "changes how source files are decoded",
    "ctypes.CDLL": "calls native code",
    "ctypes.cdll.LoadLibrary": "calls native code",
    "ctypes.PyDLL": "calls native code",
    "ctypes.pythonapi": "calls native code",
}
_RUNNERS = {"exec", "eval", "builtins.exec", "builtins.eval"}
_IMPORTERS = {"importlib.import_module", "__import__", "builtins.__import__"}
_HINT = "review this line manually"


def check_file(file: PythonFile) -> Iterator[Note]:
    """What of this file cannot be followed because it is decided when it runs; a pure function of its content."""
    if file.tree is None:
        return
    names = _imported(file.tree)
    found = 0
    for node in ast.walk(file.tree):
        what = _what(node, names)
        if what is None:
            continue
        found += 1
        if found > _MAX_NOTES:
            yield Note(
                NoteKind.NOT_RESOLVED, "has more places that could not be analysed", file.place(node), _HINT
            )
            return
        yield Note(NoteKind.NOT_RESOLVED, what, file.place(node), _HINT)


def _what(node: ast.AST, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in _ATTRIBUTES:
        return f"replaces {node.attr}: the code that runs is not the visible code"
    if not isinstance(node, ast.Call):
        return None
    called = dotted(node.func, names)
    if called == "setattr" and len(node.args) == 3:
        name = node.args[1]
        if isinstance(name, ast.Constant) and name.value in _ATTRIBUTES:
            return f"replaces {name.value}: the code that runs is not the visible code"
    if called in _RUNNERS and node.args and not isinstance(node.args[0], ast.Constant):
        return f"{called} runs code generated at run time, which cannot be analysed"
    if called in _IMPORTERS and node.args and not isinstance(node.args[0], ast.Constant):
        return f"{called} imports a module whose name is built at run time: it was not analysed"
    if called in _CALLS:
        return f"{called} {_CALLS[called]}: this was not analysed"
    return None


def _imported(tree: ast.Module) -> dict[str, str]:
    """What the names that imports bind mean."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update((one.asname, one.name) for one in node.names if one.asname)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.update((one.asname or one.name, f"{node.module}.{one.name}") for one in node.names)
    return found
