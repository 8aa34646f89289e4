"""Patterns say what was seen in fewer words, and are never wider than they need to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.policy.generalise import generalise, matches_everything, split_port
from dayfly.policy.matching import fault_of, finder


@pytest.mark.parametrize(
    ("kind", "targets", "patterns"),
    [
        ("process", ["/usr/bin/git", "/usr/bin/convert", "/usr/bin/env"], None),
        ("read", ["/opt/data/a", "/opt/data/b"], None),
        ("read", ["/opt/data/a", "/opt/data/b", "/opt/data/c"], ["/opt/data/*"]),
        ("read", [f"/opt/d/{n}/{m}" for n in range(3) for m in range(3)], ["/opt/d/**"]),
        ("read", [f"/opt/d/{n}/{m}" for n in range(2) for m in range(3)], ["/opt/d/0/*", "/opt/d/1/*"]),
        # Nothing of the system's own directories has anything to do with its neighbours.
        ("read", ["/etc/hosts", "/etc/passwd", "/etc/resolv.conf", "/etc/shadow"], None),
        ("read", ["/a", "/b", "/c"], None),
        ("read", ["/proc/self/stat", "/proc/self/maps", "/proc/self/mem"], None),
        ("read", ["${TASK}/a", "${TASK}/b", "${TASK}/c"], None),
        ("write", ["${TMP}/a", "${TMP}/b", "${TMP}/c"], ["${TMP}/**"]),
        ("write", ["${TMP}/*", "${TMP}/a", "${TMP}/d/e"], ["${TMP}/**"]),
        ("native", ["${TMP}/a.so"], ["${TMP}/a.so"]),
        ("write", ["${TMP}/*", "${TMP}/**", "${TMP}/orders", "${TMP}/orders/*"], ["${TMP}/**"]),
        ("network", ["a.example.com:443", "b.example.com:443", "c.example.com:443"], None),
        ("network", ["dynamodb.eu-west-1.amazonaws.com:443"], None),
        ("network", ["dynamodb.eu-west-1.amazonaws.com:443", "sts.amazonaws.com:443"], None),
        ("network", ["b1.s3.eu-west-1.amazonaws.com:443", "b2.s3.eu-west-1.amazonaws.com:443"], ["@aws"]),
        ("network", ["*.s3.eu-west-1.amazonaws.com:443"], ["@aws"]),
        ("network", ["sqs.eu-west-1.amazonaws.com:443", "sqs.us-east-1.amazonaws.com:443", "x:1"], ["@aws", "x:1"]),
        # Below AWS's names, but anybody's.
        ("network", ["a.elb.amazonaws.com:80", "b.elb.amazonaws.com:80"], None),
        ("network", ["127.0.0.1:40001", "127.0.0.1:40002", "127.0.0.1:40003"], ["127.0.0.1"]),
        ("environment", ["DD_A", "DD_B", "DD_C", "DD_D", "DD_E", "HOME"], ["DD_*", "HOME"]),
        ("environment", ["AWS_A", "AWS_B", "AWS_C", "AWS_D", "AWS_E", "AWS_SECRET"], None),
        ("threads", ["botocore", "function"], ["*"]),
        ("threads", [], []),
    ],
)  # fmt: skip
def test_targets_become_patterns(kind: str, targets: list[str], patterns: list[str] | None) -> None:
    assert list(generalise(kind, targets)) == (sorted(targets) if patterns is None else patterns)


@pytest.mark.parametrize(
    ("kind", "entry", "answer"),
    [
        ("network", "*", True), ("network", "*:443", True), ("network", "0.0.0.0/0", True), ("network", "::/0", True),
        ("network", "*.com", True), ("network", "*.example.com", False), ("network", "@aws", False),
        ("network", "?:443", True), ("read", "/**", True), ("read", "/*", True), ("read", "*", True),
        ("read", "/opt/**", False), ("process", "*", True), ("environment", "*", True), ("threads", "*", False),
    ],
)  # fmt: skip
def test_what_excludes_nothing_is_known(kind: str, entry: str, answer: bool) -> None:
    assert matches_everything(kind, entry) is answer


def test_ports_are_told_from_addresses() -> None:
    assert split_port("[::1]:80") == ("[::1]", "80")
    assert split_port("fe80::1") == ("fe80::1", "")
    assert split_port("unix:/run/x:1") == ("unix:/run/x:1", "")
    assert split_port("a.b:443") == ("a.b", "443")


_PART = st.sampled_from(["a", "b", "c", "d", "*", "x*", "etc", "opt", "data"])
_PATHS = st.builds(
    lambda root, parts, end: "/".join([root, *parts]) + end,
    st.sampled_from(["", "${TMP}", "${TASK}", "/opt", "/etc"]),
    st.lists(_PART, min_size=1, max_size=4),
    st.sampled_from(["", "/*", "/**"]),
)
_HOSTS = st.builds(
    lambda labels, suffix, port: ".".join([*labels, suffix]) + port,
    st.lists(st.sampled_from(["a", "b", "s3", "sqs", "*", "eu-west-1", "us-east-1", "elb"]), max_size=3),
    st.sampled_from(["amazonaws.com", "example.com", "10.0.0.1", "aws.dev", "localhost"]),
    st.sampled_from(["", ":1", ":443", ":8080", ":40001", ":5432"]),
)
_NAMES = st.builds(
    lambda a, b: f"{a}_{b}", st.sampled_from(["AWS", "DD", "OTEL"]), st.sampled_from("ABCDEFGH")
)


@given(
    st.one_of(
        st.tuples(st.sampled_from(["read", "write", "native"]), st.lists(_PATHS, max_size=30)),
        st.tuples(st.just("network"), st.lists(_HOSTS, max_size=30)),
        st.tuples(st.just("environment"), st.lists(_NAMES, max_size=30)),
        st.tuples(st.just("threads"), st.lists(st.sampled_from(["function", "botocore"]))),
    )
)
def test_nothing_that_was_seen_is_lost(seen: tuple[str, list[str]]) -> None:
    kind, targets = seen
    targets = [target for target in targets if not fault_of(kind, target)]
    patterns = generalise(kind, targets)
    find = finder(kind, patterns)
    assert [target for target in targets if not find(target)] == [], patterns
    assert [pattern for pattern in patterns if fault_of(kind, pattern)] == []
    if not any(matches_everything(kind, target) for target in targets):
        assert not any(matches_everything(kind, pattern) for pattern in patterns)
