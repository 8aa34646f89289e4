"""Trojans are found by what flows where; honest code that resembles them is left alone."""

from __future__ import annotations

import pytest
from tests.scan.dependencies.projects import installed, project_of
from tests.scan.dependencies.trojan.honest import HONEST
from tests.scan.dependencies.trojan.trojans import TROJANS, assembled
from tests.scan.dependencies.trojan.variants import VARIANTS

from dayfly.scan.dependencies.trojan.searching import find_trojans
from dayfly.scan.model import Finding, Note, NoteKind


def findings(files: dict[str, str]) -> list[Finding]:
    project = project_of(installed("some-package", "1.2.0", files, root="site-packages/"))
    return [one for one in find_trojans(project) if isinstance(one, Finding)]


@pytest.mark.parametrize("name", TROJANS)
def test_a_trojan_is_found_and_said_for_what_it_is(name: str) -> None:
    files, words = TROJANS[name]
    found = findings({path: assembled(text) for path, text in files.items()})
    assert any(words in one.message for one in found), [one.message for one in found]
    assert all(one.check == "dependency.trojan" for one in found)


@pytest.mark.parametrize("name", HONEST)
def test_honest_code_is_left_alone(name: str) -> None:
    assert [one.message for one in findings(dict(HONEST[name]))] == []


@pytest.mark.parametrize("name", VARIANTS)
def test_other_words_for_the_same_are_found(name: str) -> None:
    path = "setup.py" if "setup" in name else "fmt/__init__.py"
    assert findings({path: assembled(VARIANTS[name])}) != []


def test_there_are_as_many_of_each_as_promised() -> None:
    assert len(TROJANS) >= 30
    assert len(HONEST) >= 30


def test_a_package_without_metadata_beside_the_handler_is_looked_at_too() -> None:
    for name in ("environment at import", "wrapper around json.loads", "encoded once", "downloads and runs"):
        files, words = TROJANS[name]
        project = project_of({path: assembled(text) for path, text in files.items()})
        assert any(isinstance(one, Finding) and words in one.message for one in find_trojans(project)), name


def test_what_was_found_is_remembered_until_the_package_changes() -> None:
    files, _ = TROJANS["environment, by a helper in another file"]
    texts = installed("some-package", "1.2.0", {path: assembled(text) for path, text in files.items()})
    memory: dict[str, str] = {}
    first = list(find_trojans(project_of(texts), memory=memory))
    assert first
    assert list(find_trojans(project_of(texts), memory=memory)) == first
    texts["fmt/_net.py"] = "def ship(data):\n    pass\n"
    assert list(find_trojans(project_of(texts), memory=memory)) == []


def test_a_file_that_cannot_be_read_as_python_is_said_and_not_passed_over() -> None:
    texts = installed(
        "some-package", "1.2.0", {"fmt/__init__.py": "import os, requests\nrequests.post(os.environ\n"}
    )
    (note,) = find_trojans(project_of(texts))
    assert isinstance(note, Note)
    assert note.kind is NoteKind.NOT_ANALYSABLE


def test_a_line_that_every_interpreter_runs_at_its_start_is_looked_at() -> None:
    lines = "acme\n" + assembled(
        "import os, subprocess, sys; subprocess.Popen([sys.executable, '-c', \"import base64; @run(base64.b64decode('@b64(import os)@'))\"])\n"
    )
    files = installed(
        "some-package", "1.2.0", {"fmt/__init__.py": "", "some_init.pth": lines}, root="site-packages/"
    )
    (finding,) = find_trojans(project_of(files))
    assert isinstance(finding, Finding)
    assert str(finding.place) == "site-packages/some_init.pth:2"
    assert "some-package 1.2.0 runs encoded code with builtins.exec" in finding.message
