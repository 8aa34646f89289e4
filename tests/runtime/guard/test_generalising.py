"""What a use is about is written without anything that an event supplied, and so that it still means the use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core.destinations import Destinations
from dayfly.core.globs import Paths
from dayfly.runtime.guard import generalising
from dayfly.runtime.guard.places import Places

PLACES = Places("/var/task", ("/tmp",), since=0.0)
OWN = {"data", "mnt", "efs", "reports", "api.example.com", ".example.com", "127.0.0.1"}


def spans_of(*brought: str) -> generalising.Spans:
    def spans(text: str) -> list[tuple[int, int]]:
        return sorted((text.find(part), text.find(part) + len(part)) for part in brought if part in text)

    return spans


@pytest.mark.parametrize(
    ("path", "brought", "expected"),
    [
        ("/var/task/data/x.json", (), "${TASK}/data/x.json"),
        ("/var/task/data/4711.json", ("4711",), "${TASK}/data/*.json"),
        ("/tmp/tmpab12", (), "${TMP}/*"),
        ("/tmp/reports/4711.pdf", ("4711",), "${TMP}/reports/*"),
        ("/tmp/a/b/c", (), "${TMP}/**"),
        # What the event has begins within the prefix.
        ("/tmp/reports/4711.pdf", ("/reports/4711",), "${TMP}/**"),
        ("/var/task/data/x.json", ("/data",), "${TASK}/*/x.json"),
        ("/mnt/efs/reports/of-mrs-miller.pdf", (), "/mnt/efs/reports/*"),
        ("/mnt/efs/4711/x/y", ("4711/x/y",), "/mnt/efs/**"),
        ("/etc/passwd", (), "/etc/passwd"),
        ("/etc/passwd", ("passwd",), "/etc/*"),
        ("/usr/bin/convert", (), "/usr/bin/convert"),
        ("/etc", (), "/etc"),
        ("/home/miller", (), "/**"),
    ],
)
def test_a_path(path: str, brought: tuple[str, ...], expected: str) -> None:
    assert generalising.path(path, PLACES, spans_of(*brought), OWN.__contains__) == expected


@pytest.mark.parametrize(
    ("target", "brought", "expected"),
    [
        ("api.example.com:443", (), "api.example.com:443"),
        ("miller.example.com:443", ("miller",), "*.example.com:443"),
        ("miller.example.com:443", (), "?:443"),
        ("evil.example.net:443", ("evil.example.net",), "?:443"),
        ("s3.eu-west-1.amazonaws.com:443", (), "s3.eu-west-1.amazonaws.com:443"),
        ("bucket-of-miller.s3.eu-west-1.amazonaws.com", (), "*.s3.eu-west-1.amazonaws.com"),
        ("s3.us-east-1.amazonaws.com", ("us-east-1",), "s3.*.amazonaws.com"),
        ("192.0.2.1:80", (), "192.0.2.1:80"),
        ("192.0.2.1:80", ("192.0.2.1",), "?:80"),
        ("127.0.0.1:80", ("127.0.0.1",), "127.0.0.1:80"),
        ("[2001:db8::1]:80", (), "[2001:db8::1]:80"),
        ("unix:/run/4711", ("4711",), "unix:/run/*"),
        ("family:16", (), "family:16"),
    ],
)
def test_a_destination(target: str, brought: tuple[str, ...], expected: str) -> None:
    assert generalising.destination(target, spans_of(*brought), OWN.__contains__) == expected
    if "?" not in expected and "family" not in expected:
        assert Destinations([expected]).find(target) == expected


_PARTS = st.lists(
    st.text("abcé-.", min_size=1, max_size=6).filter(lambda part: part.strip(".")), min_size=1, max_size=5
)


@given(_PARTS, st.sets(st.integers(0, 4)), st.integers(0, 40), st.integers(0, 12))
def test_a_written_path_means_the_path_it_was_written_of(
    parts: list[str], known: set[int], start: int, length: int
) -> None:
    path = "/mnt/" + "/".join(parts)
    own = {"mnt", *(part for number, part in enumerate(parts) if number in known)}
    end = min(start + length, len(path))
    spans = [(start, end)] if 5 <= start < end else []
    written = generalising.path(path, PLACES, lambda _text: spans, own.__contains__)
    assert Paths([written]).find(path) == written
