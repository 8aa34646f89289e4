"""What judges import is there before an event: code that ran meanwhile could have put a module in its place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import dayfly.core.structure

JUDGES = sorted(Path(dayfly.core.structure.__path__[0]).glob("*.py"))


@pytest.mark.parametrize("path", JUDGES, ids=lambda path: path.stem)
def test_no_function_of_a_judge_imports(path: Path) -> None:
    functions = [one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.FunctionDef)]
    found = [
        ast.unparse(node)
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    assert not found
