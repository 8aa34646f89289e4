"""A file is read as it is, and rules are found in it as verdicts name them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.policy.making import POLICY, document

from dayfly.policy.document import parse_document, read_document
from dayfly.policy.model import PolicyError


@pytest.mark.parametrize(
    ("rule", "entry", "line"),
    [
        ("policy.network", "", "[policy.network]"),
        ("policy.network", "@aws", 'allow = ["api.example.com:443", "@aws"]'),
        ("policy.network", "config.example.com:443", 'init = ["config.example.com:443"]'),
        ("policy.network", "not there", "[policy.network]"),
        ("policy.packages.requests", "read", 'init = ["read"]'),
        ("policy.packages.requests", "", "[policy.packages.requests]"),
        ("policy.packages", "", "[policy.packages.function]"),
        ("policy.packages.absent", "", "[policy.packages.function]"),
    ],
)
def test_rules_have_lines(rule: str, entry: str, line: str) -> None:
    assert POLICY.splitlines()[document().line_of(rule, entry) - 1] == line


def test_a_folder_means_its_file(tmp_path: Path) -> None:
    (tmp_path / "dayfly.toml").write_bytes(POLICY.replace("\n", "\r\n").encode())
    found = read_document(tmp_path)
    assert found.path == tmp_path / "dayfly.toml"
    assert found.text.count("\r\n") == POLICY.count("\n")
    assert found.policy().mode == "observe"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"a = \xff", "not valid UTF-8"),
        (b"a = ", "not valid TOML"),
        (b" " * (1 << 21), "bytes"),
    ],
)
def test_what_is_no_file_of_settings_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / "dayfly.toml").write_bytes(content)
    with pytest.raises(PolicyError, match=words):
        read_document(tmp_path)


def test_a_file_without_a_valid_policy_has_none() -> None:
    with pytest.raises(PolicyError, match=r"has no \[policy\]"):
        parse_document("a = 1").policy()
    with pytest.raises(PolicyError, match="'sometimes'"):
        parse_document('[policy]\nmode = "sometimes"').policy()


@pytest.mark.parametrize(
    ("text", "guard"), [("", "observe"), ('guard = "block"', "block"), ('guard = "off"', "observe")]
)
def test_rules_without_a_mode_have_the_guards(text: str, guard: str) -> None:
    assert parse_document(text).guard == guard
