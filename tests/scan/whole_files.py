"""Look at any Python file as if its functions were handlers: whatever it holds, the scanner must come back."""

from __future__ import annotations

import ast
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.model import Place
from dayfly.scan.source.limits import DEFAULT_LIMITS
from dayfly.scan.source.project import Project
from dayfly.scan.source.settling import settle
from dayfly.scan.taint.checking import analyse, find_routes
from dayfly.scan.template.entries import Entry
from dayfly.scan.template.model import LambdaFunction

if TYPE_CHECKING:
    from collections.abc import Iterator

HANDLERS_PER_FILE = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a file went: functions that were tried as handlers, and the last line of every traceback."""

    handlers: int
    is_analysable: bool
    crashes: tuple[str, ...]


def examine_file(name: str, data: bytes) -> Outcome:
    """Try the first functions of a file, module level and methods, as handlers."""
    project = Project(name=name)
    project.add(name, data, DEFAULT_LIMITS)
    settle(project)
    file = project.python.get(name)
    if file is None or file.tree is None:
        return Outcome(0, False, ())
    crashes: list[str] = []
    count = 0
    entries = [
        Entry(LambdaFunction(qualname, f"{file.module}.{qualname}", Place(name)), file, qualname)
        for qualname in _some_functions(file.tree)
    ]
    try:
        entries += find_routes(project)
    except Exception:  # whatever it is, it is what this looks for
        crashes.append(_last_lines("find_routes"))
    for entry in entries:
        count += 1
        try:
            analyse(project, entry)
        except Exception:  # as above
            crashes.append(_last_lines(entry.qualname))
    return Outcome(count, True, tuple(crashes))


def _some_functions(tree: ast.Module) -> Iterator[str]:
    """Spread over the file: its functions, and one method of each of its first classes."""
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            methods = [
                one.name for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
            ]
            names += [f"{node.name}.{name}" for name in methods[:2]]
    step = max(1, len(names) // HANDLERS_PER_FILE)
    return iter(dict.fromkeys(names[::step][:HANDLERS_PER_FILE]))


def _last_lines(what: str) -> str:
    return f"{what}: {' | '.join(traceback.format_exc().strip().splitlines()[-3:])}"
