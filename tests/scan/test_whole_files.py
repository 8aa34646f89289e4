"""Whatever a file of the standard library or of a package holds, the scanner comes back from it."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest
from tests.scan.whole_files import examine_file

STANDARD = Path(os.__file__).parent
# Small and odd: generated tables, deep nesting, every statement there is.
SOME = (
    "ast.py",
    "dataclasses.py",
    "enum.py",
    "functools.py",
    "pickle.py",
    "typing.py",
    "asyncio/tasks.py",
    "email/message.py",
)


@pytest.mark.parametrize("name", SOME)
def test_a_module_of_the_standard_library_is_looked_at(name: str) -> None:
    outcome = examine_file(Path(name).name, (STANDARD / name).read_bytes())
    assert outcome.is_analysable
    assert outcome.handlers > 0
    assert outcome.crashes == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"def handler(event, context:\n",
        b"\xff\xfe\x00",
        b"# coding: no-such-encoding\nx = 1\n",
        b"x = " + b"(" * 500 + b"1" + b")" * 500,
        b"def handler(event, context):\n    return " + b"+".join([b"event['a']"] * 5000),
        b"def handler(event, context):\n"
        + b"".join(b" " * n + b"if event:\n" for n in range(4, 90))
        + b" " * 90
        + b"pass\n",
        b"def handler(event, context):\n    return handler(event, context)\n",
        b"def a(event, context):\n    return b(event, context)\ndef b(event, context):\n    return a(event, context)\n",
        b"def handler(event, context):\n    while True:\n        event = [event]\n",
        b"class A(A):\n    pass\ndef handler(event, context):\n    return A().x.y.z\n",
        b"handler = lambda event, context: eval(event)\n",
        b"import app\nfrom app import *\ndef handler(event, context):\n    app.handler(event, context)\n",
    ],
)
def test_odd_files_are_come_back_from(data: bytes) -> None:
    assert examine_file("app.py", data).crashes == ()


@pytest.mark.nightly  # two minutes
@pytest.mark.timeout(3600)
def test_every_file_of_the_standard_library_is_come_back_from() -> None:
    crashes = [
        f"{path}: {crash}"
        for path in sorted(STANDARD.rglob("*.py"))
        if "site-packages" not in path.parts and "dist-packages" not in path.parts
        for crash in examine_file(path.name, path.read_bytes()).crashes
    ]
    assert not crashes, "\n".join(crashes[:50])


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "package",
    [
        *("boto3", "botocore", "pytest", "hypothesis", "rich"),
        *(pytest.param(name, marks=pytest.mark.nightly) for name in ("numpy", "mypy", "moto")),
    ],
)
def test_every_file_of_an_installed_package_is_come_back_from(package: str) -> None:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        pytest.skip(f"{package} is not installed")
    crashes = [
        f"{path}: {crash}"
        for path in sorted(Path(found.origin).parent.rglob("*.py"))
        for crash in examine_file(path.name, path.read_bytes()).crashes
    ]
    assert not crashes, "\n".join(crashes[:50])
