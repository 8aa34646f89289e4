"""A test suite shows what the function's code uses, test by test, and not what tests use themselves."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.lab.learn.making import copy

from dayfly.lab.learn.suite import learn_from_tests
from dayfly.policy.model import Gathered, PolicyError

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
TESTS = """
import os
os.environ["RATE"] = "2"
import app

def test_price(tmp_path):
    (tmp_path / "own.txt").write_text("a test's own")
    open("/etc/group").read()
    assert app.handler({"do": "price", "count": 2}, None) == 4

def test_receipt():
    assert app.handler({"do": "receipt", "order": "o-77"}, None) == "o-77"

def test_version():
    assert "git" in app.handler({"do": "version"}, None)

def test_version_again():
    assert "git" in app.handler({"do": "version"}, None)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy("shop", tmp_path)


def learn(folder: Path, tests: Path, *command: str) -> Gathered:
    enter = f"import os, sys; os.chdir({str(tests.parent)!r}); os.execv(sys.argv[1], sys.argv[1:])"
    return learn_from_tests((sys.executable, "-c", enter, *command, str(tests)), folder=folder, is_quiet=True)


@pytest.fixture(autouse=True)
def importable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.delenv("PYTEST_CURRENT_TEST")


def test_uses_belong_to_tests_and_tests_own_are_left_out(folder: Path) -> None:
    tests = folder / "tests" / "test_app.py"
    tests.parent.mkdir()
    tests.write_text(TESTS)
    gathered = learn(folder, tests, *PYTEST)
    names = [unit.rpartition("::")[2] for unit in gathered.units]
    assert names == ["test_price", "test_receipt", "test_version", "test_version_again"]
    by_test = {(seen.use.kind, seen.unit.rpartition("::")[2]) for seen in gathered.seen}
    assert {
        ("process", "test_version"),
        ("process", "test_version_again"),
        ("write", "test_receipt"),
    } <= by_test
    assert ("write", "test_price") not in by_test
    targets = {seen.use.target for seen in gathered.seen}
    assert "/etc/group" not in targets
    assert not any("77" in target for target in targets)
    phases = {(seen.use.kind, seen.use.target): seen.use.phase for seen in gathered.seen}
    assert phases["environment", "RATE"] == "init"
    assert phases["process", "git"] == "invoke"
    assert gathered.unreached == ("app.py:25 refund",)
    assert gathered.notes == ()


def test_tests_may_lie_elsewhere_and_fail(folder: Path, tmp_path: Path) -> None:
    tests = tmp_path / "elsewhere" / "test_shop.py"
    tests.parent.mkdir()
    tests.write_text(TESTS + "\ndef test_broken():\n    assert False\n")
    gathered = learn(folder, tests, *PYTEST)
    uses = {(seen.use.kind, seen.use.target, seen.use.phase) for seen in gathered.seen}
    assert ("process", "git", "invoke") in uses
    assert ("environment", "RATE", "init") in uses
    assert len(gathered.units) == 5
    assert "exit code 1" in gathered.notes[0]


def test_any_command_that_starts_python_will_do(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        "import os\nos.environ['RATE'] = '2'\nimport app\napp.handler({'do': 'version'}, None)\n"
    )
    gathered = learn_from_tests(
        ("/bin/sh", "-c", f"{sys.executable} {script} && {sys.executable} {script}"),
        folder=folder,
        handler="app.handler",
        is_quiet=True,
    )
    assert len(gathered.units) == 2
    assert {seen.use.phase for seen in gathered.seen if seen.use.kind == "process"} == {"invoke"}


def test_an_interpreter_without_dayfly_is_watched_too(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        "import os\nos.environ['RATE'] = '2'\nimport app\napp.handler({'do': 'version'}, None)\n"
    )
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    gathered = learn_from_tests((str(base), str(script)), folder=folder, handler="app.handler", is_quiet=True)
    assert "git" in {seen.use.target for seen in gathered.seen}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("/no/such/command",), "cannot be started"),
        (("true",), "nothing was recorded from true"),
        ((sys.executable, "-S", "-E", "-c", ""), "nothing was recorded from"),
    ],
)
def test_what_cannot_be_watched_is_told(folder: Path, command: tuple[str, ...], words: str) -> None:
    with pytest.raises(PolicyError, match=words) as caught:
        learn_from_tests(command, folder=folder, is_quiet=True)
    assert caught.value.hint
