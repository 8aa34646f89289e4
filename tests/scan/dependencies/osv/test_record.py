"""What an advisory says of a version follows the schema's evaluation."""

from __future__ import annotations

import pytest
from tests.scan.dependencies.advisories import (
    ALL,
    OTHER_ECOSYSTEM,
    PYYAML,
    REQUESTS_GHSA,
    REQUESTS_PYSEC,
    URLLIB3,
)

from dayfly.scan.dependencies.osv.record import merge_aliases, parse_record
from dayfly.scan.model import Severity


def is_affected(version: str, *ranges: list[dict[str, str]], versions: tuple[str, ...] = ()) -> bool:
    record = {
        "id": "X-1",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "Some_Package"},
                "ranges": [{"type": "ECOSYSTEM", "events": events} for events in ranges],
                "versions": list(versions),
            }
        ],
    }
    advisory = parse_record(record)
    assert advisory is not None
    return advisory.of("some-package", version) is not None


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.1.dev0", True),
        ("1.0", True),
        ("1.9", True),
        ("2.0rc1", True),
        ("2.0", False),
        ("2.0.0", False),
        ("3", False),
    ],
)
def test_a_fix_is_no_longer_affected_and_everything_before_it_is(version: str, expected: bool) -> None:
    assert is_affected(version, [{"introduced": "0"}, {"fixed": "2.0"}]) is expected


@pytest.mark.parametrize(
    ("version", "expected"), [("1.4", True), ("1.5", True), ("1.5.0", True), ("1.5.1", False)]
)
def test_the_last_affected_version_is_affected(version: str, expected: bool) -> None:
    assert is_affected(version, [{"introduced": "1.0"}, {"last_affected": "1.5"}]) is expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.9", False),
        ("1.0", True),
        ("1.2", False),
        ("1.9", False),
        ("2.0", True),
        ("2.3", False),
        ("2.4", False),
    ],
)
def test_several_branches_are_affected_apart(version: str, expected: bool) -> None:
    one = [{"introduced": "1.0"}, {"fixed": "1.2"}, {"introduced": "2.0"}, {"fixed": "2.3"}]
    assert is_affected(version, one) is expected
    assert is_affected(version, one[:2], one[2:]) is expected
    assert is_affected(version, list(reversed(one))) is expected


def test_a_limit_bounds_what_is_said() -> None:
    events = [{"introduced": "1.0"}, {"limit": "2.0"}]
    assert is_affected("1.5", events)
    assert not is_affected("2.0", events)


def test_a_named_version_is_affected_without_a_range() -> None:
    assert is_affected("1.2.3", versions=("1.2.3",))
    assert is_affected("1.2.3.0", versions=("1.2.3",))
    assert not is_affected("1.2.4", versions=("1.2.3",))


def test_a_version_that_is_none_is_affected_only_by_name() -> None:
    assert is_affected("weird", versions=("weird",))
    assert not is_affected("weird", [{"introduced": "0"}])


def test_commits_say_nothing_of_versions() -> None:
    record = {
        "id": "X",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": "a"},
                "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}],
            }
        ],
    }
    advisory = parse_record(record)
    assert advisory is not None
    assert advisory.of("a", "1.0") is None


def test_the_nearest_fix_is_suggested_and_is_one() -> None:
    advisory = parse_record(
        {
            "id": "X",
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": "a"},
                    "ranges": [
                        {"type": "ECOSYSTEM", "events": [{"introduced": "3.0"}, {"fixed": "3.2.1"}]},
                        {"type": "ECOSYSTEM", "events": [{"introduced": "2.0"}, {"fixed": "2.2.8"}]},
                    ],
                }
            ],
        }
    )
    assert advisory is not None
    assert advisory.affected[0].fixed_after("2.1") == "2.2.8"
    assert advisory.affected[0].fixed_after("3.0") == "3.2.1"


def test_severity_comes_from_the_vector_or_the_databases_word() -> None:
    found = [parse_record(one) for one in (PYYAML, REQUESTS_GHSA, URLLIB3, REQUESTS_PYSEC)]
    assert [one.severity if one else None for one in found] == [
        Severity.CRITICAL,
        Severity.HIGH,
        Severity.HIGH,
        None,
    ]


def test_records_of_one_thing_are_merged() -> None:
    advisories = [one for record in ALL if (one := parse_record(record)) is not None]
    groups = [[one.id for one in group] for group in merge_aliases(advisories)]
    assert ["GHSA-x84v-xcm2-53pg", "PYSEC-2018-28"] in groups


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        3,
        {},
        {"id": 3},
        {"id": "X", "affected": "no"},
        {"id": "X", "affected": [3, {"package": []}]},
        OTHER_ECOSYSTEM,
    ],
)
def test_what_is_no_record_for_pypi_is_passed_over(document: object) -> None:
    assert parse_record(document) is None
