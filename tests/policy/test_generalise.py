"""Patterns say what was seen in fewer words, and are never wider than they need to be."""

from __future__ import annotations

import pytest

from dayfly.policy.generalise import generalise, matches_everything, split_port


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
        ("write", ["${TMP}/a", "${TMP}/b", "${TMP}/c"], ["${TMP}/*"]),
        ("write", ["${TMP}/*", "${TMP}/a", "${TMP}/d/e"], ["${TMP}/*", "${TMP}/d/e"]),
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
