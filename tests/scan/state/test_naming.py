"""What a module's names are bound to, and what imports lead to."""

from __future__ import annotations

import ast

import pytest
from tests.scan.state.following import project_of

from dayfly.scan.source.project import PythonFile
from dayfly.scan.state.naming import Names, read_scope
from dayfly.scan.state.values import External, ModuleRef, Value


def test_scope_knows_what_is_bound_in_branches_and_what_functions_rebind() -> None:
    text = "try:\n    import a\nexcept ImportError:\n    a = None\nif a:\n    B, C = 1, []\nD: int = 3\ndef f():\n    global B\n"
    scope = read_scope(PythonFile("app.py", text.encode()))
    assert set(scope.names) == {"a", "B", "C", "D", "f"}
    assert len(scope.names["a"]) == 2
    assert scope.rebound == {"B"}


def test_scope_of_what_is_no_python_is_empty() -> None:
    assert not read_scope(PythonFile("app.py", b"def (")).names


def test_name_that_globals_binds_is_rebound() -> None:
    assert read_scope(PythonFile("app.py", b"def f():\n    globals()['x'] = 1\n")).rebound == {"x"}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("import boto3", "boto3"),
        ("import os.path", "os"),
        ("import os.path as p", "os.path"),
        ("from boto3 import client as c", "boto3.client"),
        ("import shop", "module shop.py"),
        ("from lib import tools", "module lib/tools.py"),
        ("from lib.tools import add", "name add of lib/tools.py"),
    ],
)
def test_imports_lead_to_files_of_the_project_or_to_libraries(statement: str, expected: str) -> None:
    project = project_of(
        {"app.py": statement, "shop.py": "", "lib/__init__.py": "", "lib/tools.py": "def add(): ..."}
    )
    node = ast.parse(statement).body[0]
    assert isinstance(node, ast.Import | ast.ImportFrom)
    result = Names(project).imported(project.python["app.py"], node, node.names[0])
    if isinstance(result, Value):
        ref = result.refs[0]
        shown = (
            ref.name
            if isinstance(ref, External)
            else f"module {ref.file.path}"
            if isinstance(ref, ModuleRef)
            else ""
        )
    else:
        shown = f"name {result[1]} of {result[0].path}"
    assert shown == expected


def test_relative_import_is_seen_from_its_package() -> None:
    project = project_of(
        {"lib/__init__.py": "", "lib/app.py": "from .tools import add", "lib/tools.py": "add = 1"}
    )
    node = ast.parse("from .tools import add").body[0]
    assert isinstance(node, ast.ImportFrom)
    result = Names(project).imported(project.python["lib/app.py"], node, node.names[0])
    assert isinstance(result, tuple)
    assert result[0].path == "lib/tools.py"
