"""What changes at run time what code means is named; ordinary code is not."""

from __future__ import annotations

import textwrap

import pytest
from tests.scan.taint.snippets import project_of

from dayfly.scan.model import Note, NoteKind
from dayfly.scan.taint.unfollowed import check_file


def _notes(source: str) -> list[Note]:
    return list(check_file(project_of({"app.py": textwrap.dedent(source)}).python["app.py"]))


@pytest.mark.parametrize(
    "source",
    [
        "f.__code__ = g.__code__",
        "one.__class__ = Other",
        "f.__defaults__ = (event,)",
        "setattr(f, '__code__', g.__code__)",
        "import sys\nsys._getframe(1)",
        "from sys import _getframe as frame\nframe(1)",
        "import ctypes as c\nc.CDLL(None).system(text)",
        "import sys\nsys.meta_path.insert(0, Finder())",
        "exec(open('code').read())",
        "eval(name + '()')",
        "import marshal\nmarshal.loads(data)",
    ],
)
def test_what_cannot_be_followed_is_named(source: str) -> None:
    (note,) = _notes(source)
    assert note.kind is NoteKind.NOT_RESOLVED
    assert note.place.line == source.count("\n") + 1


@pytest.mark.parametrize(
    "source",
    [
        "print(f.__code__.co_name, one.__class__.__name__)",
        "import sys\nsys.path.insert(0, 'lib')\nsys.exit()",
        "eval('1 + 1')",
        "model.eval(data)",
        "def exec_all(x): return x\nexec_all(1)",
        "import inspect\ninspect.signature(f)",
    ],
)
def test_ordinary_code_has_no_note(source: str) -> None:
    assert _notes(source) == []


def test_many_are_cut() -> None:
    assert len(_notes("\n".join(f"f{number}.__code__ = g" for number in range(500)))) == 21
