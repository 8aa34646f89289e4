"""Code that a CloudFormation template holds itself, as a Python file whose places are the template's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.model import Place
from dayfly.scan.source.project import PythonFile

if TYPE_CHECKING:
    import ast

    from dayfly.scan.source.project import Project
    from dayfly.scan.template.model import LambdaFunction

_LITERAL = re.compile(r"\|[-+0-9]*\s*(?:#.*)?$")


class InlineFile(PythonFile):
    """Inline code; its lines are those of the template where that writes it as a block, else all on one."""

    def __init__(self, path: str, code: str, *, template: Place, indentation: int, is_block: bool) -> None:
        padding = "\n" * template.line if is_block else ""
        super().__init__(path, (padding + code).encode("utf-8", "replace"))
        self._template = template
        self._indentation = indentation
        self._is_block = is_block

    def place(self, node: ast.AST) -> Place:
        """Where `node` stands in the template."""
        if not self._is_block:
            return self._template
        inner = super().place(node)
        return Place(
            self._template.path,
            inner.line,
            inner.column + self._indentation,
            inner.end_line,
            inner.end_column + self._indentation,
        )


def add_inline(project: Project, function: LambdaFunction) -> PythonFile | None:
    """Put the function's inline code among the project's Python files; the same file at each call.

    None where it has none, or it is no Python.
    """
    place = function.inline_place
    if not function.inline_code or place is None:
        return None
    path = f"{place.path}#{function.name}"
    if path not in project.python:
        lines = project.read(place.path).decode("utf-8", "replace").split("\n")
        head = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
        body = next((line for line in lines[place.line :] if line.strip()), "")
        is_block = bool(_LITERAL.search(head))
        project.python[path] = InlineFile(
            path,
            function.inline_code,
            template=place,
            indentation=len(body) - len(body.lstrip(" ")) if is_block else 0,
            is_block=is_block,
        )
    return project.python[path]
