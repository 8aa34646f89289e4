"""What a file must be to be analysed, and the reason where it is not."""

from __future__ import annotations

import pytest

from dayfly.scan.model import NoteKind
from dayfly.scan.source.parsing import NotAnalysableError, decode, parse
from dayfly.scan.source.project import PythonFile


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\r\ny = 2\r", "x = 1\ny = 2\n"),
        (b"\xef\xbb\xbfx = 1", "x = 1"),
        ("# -*- coding: latin-1 -*-\nx = 'é'".encode("latin-1"), "# -*- coding: latin-1 -*-\nx = 'é'"),
    ],
)
def test_encodings_are_those_of_the_language(data: bytes, text: str) -> None:
    assert decode(data) == text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"x = 1\0", "NUL"),
        (b"# coding: no-such-thing\n", "unknown encoding"),
        (b"a = 1\nx = '\xff'\n", "line 2"),
        (b"# coding: base64\n", "encoding"),
    ],
)
def test_other_bytes_are_named(data: bytes, words: str) -> None:
    with pytest.raises(NotAnalysableError, match=words):
        decode(data)


@pytest.mark.parametrize(
    "text",
    [
        "def f(:\n",
        "print 'two'\n",
        "match x:\n    case 1 2: pass\n",
        "(" * 300 + ")" * 300,
        "-" * 20_000 + "x",
        "a" + ".b" * 20_000 + "(" * 0,
        "x = " + "[" * 5_000,
        "f'{" * 300,
    ],
)
def test_syntax_that_is_not_known_or_too_deep_is_no_crash(text: str) -> None:
    file = PythonFile("app.py", text.encode())
    if file.tree is None:
        assert file.problem is not None
        assert file.problem.kind is NoteKind.NOT_ANALYSABLE
    else:
        assert file.problem is None


def test_columns_count_characters() -> None:
    file = PythonFile("app.py", "é = 'ü'; bad(1)".encode())
    assert file.tree is not None
    call = file.tree.body[1]
    assert (file.place(call).column, file.place(call).end_column) == (10, 16)


def test_a_tree_can_be_let_go_and_comes_back() -> None:
    file = PythonFile("app.py", b"x = 1")
    first = file.tree
    assert first is file.tree
    file.forget()
    assert file.tree is not first
    assert file.source_lines == ["x = 1"]


def test_the_parser_does_not_warn_about_what_it_reads(recwarn: pytest.WarningsRecorder) -> None:
    parse("x = '\\d'\nassert (1, 2)\n", "app.py")
    assert not recwarn.list
