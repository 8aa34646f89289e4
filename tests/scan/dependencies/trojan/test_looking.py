"""Most files are passed over, and none that holds what a trojan needs."""

from __future__ import annotations

import pytest
from tests.scan.dependencies.trojan.trojans import TROJANS, assembled
from tests.scan.dependencies.trojan.variants import VARIANTS

from dayfly.scan.dependencies.trojan.looking import is_worth_looking, look
from dayfly.scan.model import Note, NoteKind
from dayfly.scan.source.project import PythonFile


@pytest.mark.parametrize("name", VARIANTS)
def test_no_trojan_is_passed_over(name: str) -> None:
    assert is_worth_looking(assembled(VARIANTS[name]).encode(), "fmt")


def test_the_first_file_of_each_trojan_is_looked_at_or_speaks_for_itself() -> None:
    for files, _ in TROJANS.values():
        texts = [assembled(text).encode() for text in files.values()]
        assert any(
            is_worth_looking(text, "fmt") or not text.isascii() or b" " * 150 in text for text in texts
        )


@pytest.mark.parametrize(
    "text",
    [
        "def add(a, b):\n    return a + b\n",
        "import json\nclass A:\n    def __init__(self):\n        self.x = json.loads('1')\n",
        "import re\nPATTERN = re.compile('x')\n",
        "import os\nHERE = os.path.dirname(__file__)\n",
    ],
)
def test_plain_code_is_passed_over(text: str) -> None:
    assert not is_worth_looking(text.encode(), "acme")


def test_a_file_that_is_too_large_is_said_to_be() -> None:
    body = "".join(f"x{i} = f({i}, g(h({i}), [y for y in z({i})]))\n" for i in range(20_000))
    file = PythonFile(
        "site-packages/a.py",
        ("import os, requests\n" + body + "requests.get(os.environ)\n").encode(),
        is_dependency=True,
    )
    (note,) = look(file)
    assert isinstance(note, Note)
    assert note.kind is NoteKind.BOUNDED
