"""Advisories become findings where versions are exact; what could not be checked is said."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.scan.dependencies.advisories import ALL
from tests.scan.dependencies.projects import installed, project_of

from dayfly.scan.dependencies.manifests import read_manifests
from dayfly.scan.dependencies.options import Options
from dayfly.scan.dependencies.vulnerable import find_vulnerable
from dayfly.scan.model import Confidence, Finding, Note, NoteKind, Severity


@pytest.fixture
def database(tmp_path: Path) -> Path:
    for one in ALL:
        (tmp_path / f"{one['id']}.json").write_text(json.dumps(one))
    return tmp_path


def results(files: dict[str, str | bytes], options: Options) -> list[Finding | Note]:
    project = project_of(files)
    return list(find_vulnerable(project, read_manifests(project), options))


def test_an_exact_version_is_affected_once_for_all_its_names(database: Path) -> None:
    (finding,) = results({"requirements.txt": "requests==2.19.0\n"}, Options(osv_database=database))
    assert isinstance(finding, Finding)
    assert finding.message.startswith(
        "requests 2.19.0 is affected by GHSA-x84v-xcm2-53pg (CVE-2018-18074, PYSEC-2018-28)"
    )
    assert finding.severity is Severity.HIGH
    assert finding.fix == "upgrade requests to 2.20.0"
    assert str(finding.place) == "requirements.txt:1"
    assert finding.evidence["database_modified"] == "2024-10-09T20:56:00Z"


def test_a_fixed_version_is_clear(database: Path) -> None:
    assert (
        results({"requirements.txt": "requests==2.32.0\nPyYAML==6.0\n"}, Options(osv_database=database)) == []
    )


def test_what_is_installed_is_checked_too(database: Path) -> None:
    files = installed("PyYAML", "5.1", {"yaml/__init__.py": ""})
    (finding,) = results(files, Options(osv_database=database))
    assert isinstance(finding, Finding)
    assert finding.severity is Severity.CRITICAL
    assert finding.place.path == "PyYAML-5.1.dist-info/METADATA"


def test_a_version_named_twice_is_one_finding(database: Path) -> None:
    lock = '[[package]]\nname = "requests"\nversion = "2.19.0"\n'
    (finding,) = results(
        {"requirements.txt": "requests==2.19.0\n", "uv.lock": lock}, Options(osv_database=database)
    )
    assert isinstance(finding, Finding)
    assert finding.place.path == "uv.lock"
    assert finding.evidence["places"] == ["uv.lock:2", "requirements.txt:1"]


def test_a_range_could_be_affected_and_is_not_said_to_be(database: Path) -> None:
    (finding,) = results({"requirements.txt": "requests>=2.18,<3\n"}, Options(osv_database=database))
    assert isinstance(finding, Finding)
    assert "could be affected" in finding.message
    assert (finding.severity, finding.confidence) == (Severity.LOW, Confidence.LOW)


def test_a_range_without_a_clear_version_is_said_with_more_weight(database: Path) -> None:
    (finding,) = results({"requirements.txt": "requests>=2.18,<2.20\n"}, Options(osv_database=database))
    assert isinstance(finding, Finding)
    assert "every known version" in finding.message
    assert finding.severity is Severity.MEDIUM


def test_a_range_that_begins_clear_is_left_alone(database: Path) -> None:
    assert results({"requirements.txt": "requests>=2.31\n"}, Options(osv_database=database)) == []


def test_without_a_database_nothing_is_called_clear() -> None:
    (note,) = results({"requirements.txt": "requests==2.19.0\n"}, Options())
    assert isinstance(note, Note)
    assert note.kind is NoteKind.NOT_CHECKED
    assert (
        note.message
        == "vulnerabilities were not checked (1 package): no advisory database and no service was given"
    )


def test_a_database_without_a_record_is_no_clean_bill(tmp_path: Path) -> None:
    (note,) = results({"requirements.txt": "requests==2.19.0\n"}, Options(osv_database=tmp_path))
    assert isinstance(note, Note)
    assert "contains no advisories" in note.message


def test_an_absent_database_is_not_checked(tmp_path: Path) -> None:
    (note,) = results({"requirements.txt": "requests==2.19.0\n"}, Options(osv_database=tmp_path / "absent"))
    assert isinstance(note, Note)
    assert note.kind is NoteKind.NOT_CHECKED


def test_a_service_that_does_not_answer_is_not_checked() -> None:
    options = Options(osv_url="http://127.0.0.1:9", wait=lambda _: None)
    (note,) = results({"requirements.txt": "requests==2.19.0\n"}, options)
    assert isinstance(note, Note)
    assert note.kind is NoteKind.NOT_CHECKED
    assert "cannot query http://127.0.0.1:9" in note.message


def test_an_old_database_says_how_old_it_is(database: Path) -> None:
    options = Options(osv_database=database, now=datetime(2026, 1, 1, tzinfo=UTC))
    (note,) = results({"requirements.txt": "requests==2.32.0\n"}, options)
    assert isinstance(note, Note)
    assert "since 2024-10-09 were not checked: the database is 448 days old" in note.message


def test_a_project_without_packages_is_not_worth_a_word() -> None:
    assert results({"app.py": "def handler(event, context): ...\n"}, Options()) == []
