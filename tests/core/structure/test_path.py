"""Paths: the event names files below the function's directories, and does not leave them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.structure.fakes import NOTHING, FakeProvenance, fill

from dayfly.core.provenance import Provenance
from dayfly.core.structure.path import judge_path, judge_result
from dayfly.core.structure.trusted_literals import OwnText

OWN = OwnText(["/data/", "/data/user_", ".json", "/", "templates", "/var/task", "/..", "page_", "ap", "./"])


@pytest.mark.parametrize(
    ("template", "value", "resolved", "expected"),
    [
        ("/data/{}", "../etc/passwd", "", "refuse"),
        ("/data/{}", "..", "", "refuse"),
        ("/data/{}", "a/../../etc", "/etc", "refuse"),
        ("/data/user_{}.json", "x/../../../etc/passwd", "", "refuse"),
        ("/data/.{}", ".", "", "refuse"),
        ("/data/{}", "a\0b", "", "refuse"),
        ("/data/{}", "link", "/etc/shadow", "refuse"),
        ("/data/{}", "passwd", "/etc/passwd", "refuse"),
        ("{}", "/etc/passwd", "/etc/passwd", "refuse"),
        ("/{}", "etc/passwd", "/etc/passwd", "refuse"),
        ("{}", "app.py", "/var/task/app.py", "refuse"),
        ("{}", "/tmp/../etc/passwd", "", "refuse"),
        ("{}", "/tmp/x", "/etc/passwd", "refuse"),
        ("{}", "/tmpfoo", "/tmpfoo", "refuse"),
        ("/proc/{}", "self/environ", "/proc/self/environ", "unknown"),
        ("/data/{}", "report.pdf", "/data/report.pdf", "allow"),
        ("/data/{}", "2026/report.pdf", "", "allow"),
        ("/data/{}", "report.pdf", "/mnt/efs/data/report.pdf", "allow"),
        ("/data/{}", "a..b", "", "allow"),
        ("/data/user_{}.json", "42", "/data/user_42.json", "allow"),
        ("{}", "/tmp/x", "/tmp/x", "allow"),
        ("{}", "/tmp/x", "", "allow"),
        ("/tmp/a/{}", "x", "/tmp/a/x", "allow"),
        ("{}", "x", "/roots/x", "allow"),
        ("{}", "templates", "", "allow"),
        ("/var/task/templates/{}", "a.html", "", "allow"),
        # The function has begun the name of a file in the current directory.
        ("page_{}.json", "de-CH", "/var/task/page_de-CH.json", "allow"),
        ("page_{}", "2026/report.csv", "", "allow"),
        ("page_{}", "passwd", "/etc/passwd", "refuse"),
        ("page_{}", "/../app.py", "", "refuse"),
        ("page_{}", "/etc/../../x", "", "refuse"),
        ("ap{}", "p.py", "/var/task/app.py", "refuse"),
        ("nobody_{}", "passwd", "", "refuse"),
        ("{}.json", "config", "/var/task/config.json", "refuse"),
        ("./{}", "app.py", "/var/task/app.py", "refuse"),
    ],
)
def test_the_event_stays_in_the_directory(template: str, value: str, resolved: str, expected: str) -> None:
    path, provenance = fill(template, value)
    assert judge_path(path, provenance, OWN, resolved=resolved, roots=["/roots"]).verdict == expected


def test_the_functions_own_path_is_allowed_though_the_event_has_its_words() -> None:
    own = OwnText(["/var/task/templates/order.html", "/srv/templates/"])
    event = FakeProvenance({"templates": "order", "name": "x.html"})
    assert judge_path("/var/task/templates/order.html", event, own).verdict == "allow"
    assert judge_path("/srv/templates/x.html", event, own).verdict == "allow"


def test_a_parent_that_is_left_of_the_events_value_leaves_the_directory() -> None:
    """`name.replace("../", "")` of "....//secret"."""
    event = FakeProvenance({"name": "secret"}, keys=False)
    assert judge_path("/data/../secret", event, OwnText(["/data"])).verdict == "refuse"
    assert judge_path("/data/../secret", event, OwnText(["/data", ".."])).verdict != "refuse"
    assert judge_path("../data/secret", event, OwnText(["../data/"])).verdict != "refuse"
    # What the function removes is a constant of it.
    brought = FakeProvenance({"name": "....//secret", "rest": "secret"}, keys=False)
    assert judge_path("/data/../secret", brought, OwnText(["/data", "../"])).verdict == "refuse"


@pytest.mark.parametrize(
    ("path", "own", "expected"),
    [
        ("/tmp/mail/../sitecustomize.py", ["/tmp/mail"], "refuse"),
        ("/tmp/mail/a/../b.txt", ["/tmp/mail"], "unknown"),
        ("/tmp/x8f2/../../etc/cron.d/a", [], "refuse"),
        ("/tmp/x8f2/../y.txt", [], "unknown"),
        ("/var/task/a/../../../etc/passwd", [], "unknown"),
        ("/var/task/a/../b/data.json", [], "unknown"),
        ("/tmp/x8f2/../../etc/cron.d/a", ["/../../etc"], "unknown"),
        ("/usr/share/x/../y", [], "unknown"),
        ("../../tmp/x", [], "unknown"),
    ],
)
def test_whatever_leaves_the_directory_is_the_functions_own(path: str, own: list[str], expected: str) -> None:
    judgement = judge_path(path, NOTHING, OwnText(own), roots=["/roots"], deployed=["/var/task"])
    assert judgement.verdict == expected


def test_a_path_that_nothing_explains_is_unknown() -> None:
    assert judge_path("/etc/passwd", NOTHING, OWN).verdict == "unknown"
    assert judge_path(b"/tmp/x", NOTHING, OWN).verdict == "allow"


@given(st.text(alphabet="./a\0~\\", max_size=12))
def test_what_is_allowed_lies_in_the_directory(value: str) -> None:
    import os.path

    path, provenance = fill("/data/{}", value)
    if judge_path(path, provenance, OWN).verdict == "allow":
        assert os.path.normpath(path) == "/data" or os.path.normpath(path).startswith("/data/")


@pytest.mark.parametrize("value", ["/" * 100_000, "../" * 33_000, "a/" * 50_000])
def test_the_worst_paths_end(value: str) -> None:
    assert judge_path(*fill("/data/{}", value), OWN).verdict in ("allow", "refuse")


@pytest.mark.parametrize(
    ("given", "result", "value", "expected"),
    [
        ("/srv/files/x/../a.txt", "/srv/files/a.txt", "x/../a.txt", "allow"),
        ("/srv/files/x/../../b/a.txt", "/srv/b/a.txt", "x/../../b/a.txt", "refuse"),
        ("/srv/code/../files/a.txt", "/srv/files/a.txt", "a.txt", "allow"),
        ("/srv/files/../other/a.txt", "/srv/other/a.txt", "nothing of it", "allow"),
        # The path of a request, whose first slash was left out.
        ("/srv/files/../private/a.txt", "/srv/private/a.txt", "/../private/a.txt", "refuse"),
        ("/srv/files/x/../a.txt", "/srv/files/a.txt", "/x/../a.txt", "allow"),
        # The key of an object.
        ("tenants/red/../blue/plan", "tenants/blue/plan", "../blue/plan", "refuse"),
        ("tenants/red/a/../plan", "tenants/red/plan", "a/../plan", "allow"),
    ],
)
def test_what_is_computed_of_a_path_stays_in_its_directory(
    given: str, result: str, value: str, expected: str
) -> None:
    assert (
        judge_result(given, result, FakeProvenance({"v": value}, keys=False), OwnText()).verdict == expected
    )


@pytest.mark.parametrize(
    ("joined", "value", "expected"),
    [
        ("/tmp/other.txt", "/tmp/other.txt", "refuse"),
        ("/srv/files/a.txt", "/srv/files/a.txt", "allow"),
        # Only its name is the event's.
        ("/tmp/other.txt", "other.txt", "allow"),
    ],
)
def test_a_path_of_the_events_leaves_out_no_directory(joined: str, value: str, expected: str) -> None:
    event = FakeProvenance({"v": value}, keys=False)
    assert judge_result(joined, joined, event, OwnText(), base="/srv/files").verdict == expected


@pytest.mark.parametrize(
    ("page", "pieces", "is_refused"),
    [
        ("..../keys.txt", ("/var/task/pages/",), True),
        ("..../keys.txt", ("/var/task/pages/", ".."), True),
        ("....//keys.txt", ("/var/task/pages/", "../", "keys.txt"), True),
        ("see ...", ("/var/task/pages/",), False),
        # The function's own way.
        ("..../keys.txt", ("/var/task/pages/../keys",), False),
    ],
)
def test_what_the_function_cuts_out_of_a_path_leaves_no_parent(
    page: str, pieces: tuple[str, ...], is_refused: bool
) -> None:
    verdict = judge_path("/var/task/pages/../keys.txt", Provenance({"page": page}), OwnText(pieces)).verdict
    assert (verdict == "refuse") == is_refused
