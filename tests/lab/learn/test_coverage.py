"""Functions of own code that nothing called are named; tests, libraries and what is no function are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.lab.learn.coverage import find_unreached, is_test

SOURCE = """
def first():
    def inner():
        return [item for item in ()]
    return inner, lambda: 1

class Thing:
    value = 1
    def method(self):
        pass

async def last():
    pass
"""


def test_functions_that_nobody_called_are_named(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SOURCE)
    for name in ("test_app.py", "tests/help.py", "lib/x.py", ".venv/y.py", "env/z.py", "broken.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("def f():\n  pass\n" if name != "broken.py" else "def f(:\n")
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    (tmp_path / "lib-1.dist-info").mkdir()
    (tmp_path / "lib-1.dist-info" / "RECORD").write_text("lib/x.py,,\n")
    every = ["first", "first.<locals>.inner", "Thing.method", "last"]
    names = [name.partition(" ")[2] for name in find_unreached(tmp_path, set())]
    assert names == every
    assert find_unreached(tmp_path, {"app.py:2 first"})[0] == "app.py:3 first.<locals>.inner"


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("tests/x.py", True), ("a/test/x.py", True), ("test_x.py", True), ("x_test.py", True), ("conftest.py", True),
        ("latest.py", False), ("contest/app.py", False), ("app.py", False),
    ],
)  # fmt: skip
def test_tests_are_known_by_their_names(path: str, answer: bool) -> None:
    assert is_test(path) is answer
