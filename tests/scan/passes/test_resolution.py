"""A handler's analysis is stale when a file it read changed, or an import means another file."""

from __future__ import annotations

import pytest

from dayfly.scan.passes.resolution import Resolution
from dayfly.scan.source.project import Project, PythonFile

FILES = {
    "app.py": "import os\nimport helper\nfrom pkg import (\n    one,  # the first\n    two,\n)\n",
    "helper.py": "X = 1\n",
    "pkg/__init__.py": "from . import one\nfrom .two import *\n",
    "pkg/one.py": "from ..helper import X\n",
    "other.py": "import app\n",
}


def resolution(files: dict[str, str]) -> Resolution:
    project = Project("p")
    for path, text in files.items():
        project.python[path] = PythonFile(path, text.encode())
    return Resolution(project)


READ = ["app.py", "helper.py", "pkg/__init__.py", "pkg/one.py"]
STATES = resolution(FILES).states(READ)


def test_nothing_changed() -> None:
    assert resolution(FILES).is_current(STATES)


@pytest.mark.parametrize("path", READ)
def test_a_file_that_was_read_changed(path: str) -> None:
    assert not resolution({**FILES, path: FILES[path] + "\n"}).is_current(STATES)


@pytest.mark.parametrize("path", READ)
def test_a_file_that_was_read_is_gone(path: str) -> None:
    assert not resolution({name: text for name, text in FILES.items() if name != path}).is_current(STATES)


def test_a_file_that_was_not_read_changed() -> None:
    assert resolution({**FILES, "other.py": "y = 2\n", "new.py": "z = 3\n"}).is_current(STATES)


@pytest.mark.parametrize("path", ["os.py", "pkg/two.py", "os/__init__.py"])
def test_an_import_has_found_its_file(path: str) -> None:
    assert not resolution({**FILES, path: "evil = 1\n"}).is_current(STATES)


def test_no_states_are_never_current() -> None:
    assert not resolution(FILES).is_current({})
