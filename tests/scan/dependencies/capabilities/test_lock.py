"""What was recorded is compared with what is there; the record is the same for the same packages."""

from __future__ import annotations

import pytest
from tests.scan.dependencies.projects import installed, project_of

from dayfly.errors import DayflyError
from dayfly.scan.dependencies.capabilities.lock import compare, parse, render
from dayfly.scan.dependencies.capabilities.packages import Package, summarise
from dayfly.scan.dependencies.capabilities.uses import Capability
from dayfly.scan.model import Finding, Severity

QUIET = "def price(cents):\n    return cents / 100\n"
TALKS = "import socket\nsocket.create_connection(('127.0.0.1', 9))\n" + QUIET
TALKS_LATE = "import socket\ndef price(cents):\n    socket.create_connection(('127.0.0.1', 9))\n    return cents / 100\n"


def packages(
    version: str, text: str, *, name: str = "acme-format", **more: str | bytes
) -> tuple[Package, ...]:
    files = {
        "acme_format/__init__.py": text,
        **{path.replace("__", "/"): content for path, content in more.items()},
    }
    return summarise(project_of(installed(name, version, files)))


def changes(before: tuple[Package, ...], after: tuple[Package, ...]) -> list[Finding]:
    return list(compare(parse(render(before)), after))


def test_a_release_that_opens_a_connection_at_import_is_found() -> None:
    (finding,) = changes(packages("1.2.0", QUIET), packages("1.2.1", TALKS))
    assert finding.message == "acme-format 1.2.1 opens connections at import: it did not since 1.2.0"
    assert finding.severity is Severity.HIGH
    assert str(finding.place) == "acme_format/__init__.py:2"
    assert finding.evidence["gained"] == ["network at import"]


def test_a_release_that_opens_one_when_called_weighs_less() -> None:
    (finding,) = changes(packages("1.2.0", QUIET), packages("1.2.1", TALKS_LATE))
    assert finding.severity is Severity.MEDIUM


def test_what_moves_to_import_is_a_change() -> None:
    (finding,) = changes(packages("1.2.0", TALKS_LATE), packages("1.2.1", TALKS))
    assert finding.severity is Severity.HIGH


def test_the_same_version_with_other_files_is_said_to_be_the_same_version() -> None:
    (finding,) = changes(packages("1.2.0", QUIET), packages("1.2.0", TALKS))
    assert "though its version is the same" in finding.message


@pytest.mark.parametrize(
    ("before", "after"), [(QUIET, QUIET), (TALKS, TALKS), (TALKS, QUIET), (TALKS, TALKS_LATE)]
)
def test_no_change_and_less_than_before_are_left_alone(before: str, after: str) -> None:
    assert changes(packages("1.2.0", before), packages("1.2.1", after)) == []


def test_a_package_that_is_new_is_named_if_it_does_something_grave() -> None:
    (finding,) = changes((), packages("1.0", TALKS))
    assert finding.severity is Severity.LOW
    assert changes((), packages("1.0", QUIET)) == []


def test_extension_modules_and_path_files_are_capabilities() -> None:
    files: dict[str, str | bytes] = {
        "acme/__init__.py": "",
        "acme/fast.so": b"\x7fELF",
        "acme.pth": "import acme\n",
    }
    (package,) = summarise(project_of(installed("acme", "1.0", files)))
    assert set(package.uses) == {Capability.NATIVE, Capability.STARTUP}


def test_the_record_is_the_same_every_time_and_is_remembered() -> None:
    files = {**installed("b", "1", {"b.py": TALKS}), **installed("a", "1", {"a.py": TALKS})}
    memory: dict[str, str] = {}
    first = render(summarise(project_of(files), memory=memory))
    assert first == render(summarise(project_of(dict(reversed(files.items())))))
    assert first == render(summarise(project_of(files), memory=memory))
    assert first.endswith("}\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": 2, "packages": {}}',
        '{"format": 1}',
        '{"format": 1, "packages": {"a": 3}}',
        '{"format": 1, "packages": {"a": {"version": "1", "capabilities": {"magic": "call"}}}}',
        "[" * 10_000,
    ],
)
def test_a_record_of_another_shape_is_an_error_with_advice(text: str) -> None:
    with pytest.raises(DayflyError) as error:
        parse(text)
    assert error.value.hint
