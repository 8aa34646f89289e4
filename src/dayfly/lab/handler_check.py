"""Says before anything starts whether a handler can be found in its folder; runs none of its code."""

from __future__ import annotations

import ast
from pathlib import Path

from dayfly.lab.model import LabError

_BINARY_SUFFIXES = ("*.so", "*.pyc")


def check_handler(folder: Path, handler: str) -> None:
    """Raises LabError when `handler` names no module in `folder`, or no name its module binds.

    A module that is not Python source, or that binds names by `import *` or `__getattr__`, passes: only
    running it would tell. Lambda itself finds out at the first initialisation.
    """
    module, _, name = handler.rpartition(".")
    if not module or not name.isidentifier():
        raise LabError(
            f"handler {handler!r} is not valid",
            hint="use module.function, for example app.handler for app.py",
        )
    source = _find_source(folder, module.replace("/", ".").split("."))
    if source is None:
        return
    try:
        tree = ast.parse(source.read_bytes(), filename=str(source))
    except SyntaxError as error:
        raise LabError(
            f"{source}:{error.lineno}: syntax error: {error.msg}", hint="fix this line, then start again"
        ) from error
    except ValueError as error:
        raise LabError(f"{source} is not valid Python: {error}", hint="save it as UTF-8 text") from error
    except OSError as error:
        raise LabError(f"{source} cannot be read: {error.strerror}", hint="check its permissions") from error
    names = _bound_names(tree)
    if names is not None and name not in names:
        functions = sorted(n.name for n in tree.body if isinstance(n, ast.FunctionDef))
        hint = f"it defines {', '.join(functions)}" if functions else "define a function with two parameters"
        raise LabError(f"{source} has no {name!r}", hint=hint)


def _find_source(folder: Path, parts: list[str]) -> Path | None:
    """The module's source; None when it exists in another form."""
    base = folder.joinpath(*parts)
    for path in (base.with_name(base.name + ".py"), base / "__init__.py"):
        if path.is_file():
            return path
    if base.is_dir() or any(list(base.parent.glob(base.name + suffix)) for suffix in _BINARY_SUFFIXES):
        return None
    files = sorted(path.stem for path in folder.glob("*.py"))
    hint = f"the folder has {', '.join(files[:5])}" if files else "the folder has no Python file"
    raise LabError(f"no module {'.'.join(parts)!r} in {folder}", hint=hint)


def _bound_names(tree: ast.Module) -> set[str] | None:
    """Every name the module may bind at its top level; None when that cannot be known."""
    names: set[str] = set()
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        if isinstance(node, ast.alias):
            if node.name == "*":
                return None
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        pending += ast.iter_child_nodes(node)
    if "__getattr__" in names:
        return None
    return names
