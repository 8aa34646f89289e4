"""Paths: the event names files below the function's directories, and does not leave them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.structure.fakes import NOTHING, FakeProvenance, fill

from dayfly.core.structure.own import OwnText
from dayfly.core.structure.path import judge_path

OWN = OwnText(["/data/", "/data/user_", ".json", "/", "templates", "/var/task", "/.."])


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
