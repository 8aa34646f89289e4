"""What was learned stands in the file, and everything else that stands in it stays."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.making import POLICY, document, gathered

from dayfly.core.policy import TABLES
from dayfly.core.policyfile import parse_policy
from dayfly.policy.checking import check
from dayfly.policy.document import parse_document
from dayfly.policy.learned import learn
from dayfly.policy.model import Use
from dayfly.policy.writing import write_policy

TODAY = date(2025, 11, 25)
NOW = datetime(2025, 11, 25, 18, tzinfo=UTC)
USES = {
    "one": [
        Use("network", "api.example.com:443", ("requests",), "invoke"),
        Use("network", "api.example.com:443", ("requests",), "init"),
        Use("network", "config.example.com:443", ("requests", "settings"), "init"),
        Use("credentials", "AWS_SECRET_ACCESS_KEY", ("botocore",), "init"),
        Use("threads", "botocore", ("botocore",), "invoke"),
        Use("environment", "TABLE", ("function",), "init"),
    ],
    "two": [Use("write", "${TMP}/*", ("function",), "invoke")],
}


@pytest.mark.parametrize("mode", ["observe", "block"])
@pytest.mark.parametrize("text", ["", '# Ours.\nisolation = "window"\n\n[fork]\ndeliver = 1', "a = 1\r\n"])
def test_a_new_policy_allows_what_was_seen_and_nothing_else(text: str, mode: str) -> None:
    written = write_policy(text, learn([gathered(USES)]), today=TODAY, source="2 events", mode=mode)
    assert written.startswith(text)
    assert "# `dayfly policy learn`, 2025-11-25: 2 events." in written
    table = tomllib.loads(written)["policy"]
    policy = parse_policy(table)
    assert policy.mode == mode
    for uses in USES.values():
        for use in uses:
            assert policy.allows(use.kind, use.target, use.packages, use.phase).is_allowed, use
    for kind in TABLES:
        assert not policy.allows(kind, "/else/where", ("function",), "init").is_allowed or kind == "threads"
    assert table["network"] == {"allow": ["api.example.com:443"], "init": ["config.example.com:443"]}
    assert table["packages"]["botocore"] == {"uses": ["threads"], "init": ["credentials"]}
    assert table["packages"]["settings"] == {"uses": [], "init": ["network"]}
    if "a = 1" not in text:
        assert check(parse_document(written), now=NOW) == ()
    assert written.count("\n") == written.count("\r\n") or "\r" not in text


def test_a_policy_of_a_function_that_uses_nothing_allows_nothing() -> None:
    written = write_policy("", learn([gathered({"one": []})]), today=TODAY, source="1 event")
    policy = parse_policy(tomllib.loads(written)["policy"])
    assert policy.packages == {}
    assert set(policy.tables) == set(TABLES)
    assert check(parse_document(written), now=NOW) == ()


def test_learning_again_changes_nothing() -> None:
    learned = learn([gathered(USES)])
    once = write_policy("", learned, today=TODAY, source="2 events")
    assert write_policy(once, learned, today=date(2026, 1, 1), source="2 events") == once


def test_what_a_person_wrote_stays_and_what_is_new_says_where_from() -> None:
    text = POLICY.replace('allow = ["${TASK}/data/*"]', 'allow = [\n  "${TASK}/data/*",  # Ada: maps\n]')
    written = write_policy(text, learn([gathered(USES)]), today=TODAY, source="2 events")
    for line in text.splitlines():
        assert line.rstrip("]") in written
    table = tomllib.loads(written)["policy"]
    # It was allowed at init, and is; the wider entries were Ada's.
    assert table["network"] == tomllib.loads(POLICY)["policy"]["network"]
    # A table that is not there restricts nothing, and none is made.
    assert set(table) == set(tomllib.loads(POLICY)["policy"])
    assert table["packages"]["function"] == {"uses": ["network", "read", "write"], "init": ["environment"]}
    assert table["packages"]["requests"] == tomllib.loads(POLICY)["policy"]["packages"]["requests"]
    assert table["packages"]["botocore"]["uses"] == ["threads"]
    assert written.count("# 2025-11-25: 2 events") >= 3


def test_an_entry_that_is_new_is_added_behind_the_others() -> None:
    use = Use("network", "new.example.com:443", ("requests",), "invoke")
    written = write_policy(POLICY, learn([gathered({"x": [use]})]), today=TODAY, source="log")
    assert '    "new.example.com:443",  # 2025-11-25: log' in written
    assert tomllib.loads(written)["policy"]["network"]["allow"][:2] == ["api.example.com:443", "@aws"]


@pytest.mark.parametrize(
    "use",
    [
        Use("network", "?"), Use("network", "*:443"), Use("read", "/*"), Use("read", "/**"), Use("process", "*"),
        Use("read", "relative"), Use("read", "/a/../b"), Use("network", "http://x/"), Use("write", "${HOME}/x"),
    ],
)  # fmt: skip
def test_what_would_allow_everything_or_means_nothing_is_left_out_loudly(use: Use) -> None:
    learned = learn([gathered({"x": [use]}, places={use: "app.py:9 handler"})])
    assert learned.tables[use.kind].always == ()
    assert len(learned.warnings) == 1
    assert "NOT ADDED (app.py:9 handler)" in learned.warnings[0]


def test_code_of_no_package_is_not_let_in() -> None:
    learned = learn([gathered({"x": [Use("network", "a.example:1", ("?", "requests"))]})])
    assert list(learned.packages) == ["requests"]
    assert "its origin is unknown" in learned.warnings[0]


def test_a_stand_in_on_this_machine_is_told_of() -> None:
    learned = learn([gathered({"x": [Use("network", "127.0.0.1:5000")]})])
    assert "is this machine" in learned.warnings[0]


def test_names_that_would_be_other_keys_are_quoted() -> None:
    learned = learn([gathered({"x": [Use("environment", 'A"]\nB')]})])
    written = write_policy("", learned, today=TODAY, source="1 event")
    assert document(written).policy()


_USES = st.builds(
    lambda pair, packages, phase: Use(pair[0], pair[1], tuple(packages), phase),
    st.one_of(
        st.tuples(
            st.sampled_from(["read", "write"]),
            st.sampled_from([f"/opt/{a}/{b}" for a in "xyz" for b in "pqrs*"]),
        ),
        st.tuples(
            st.just("network"),
            st.sampled_from(["a.example:1", "b.example:2", "s3.eu-west-1.amazonaws.com:443"]),
        ),
        st.tuples(
            st.just("environment"), st.sampled_from(["A", "DD_A", "DD_B", "DD_C", "DD_D", "DD_E", "*"])
        ),
        st.tuples(st.just("process"), st.sampled_from(["git", "/bin/sh", "fork"])),
        st.tuples(st.just("threads"), st.just("botocore")),
        st.tuples(st.just("credentials"), st.just("*")),
    ),
    st.lists(st.sampled_from(["requests", "yaml", "function"]), min_size=1, max_size=3, unique=True),
    st.sampled_from(["init", "invoke"]),
)


@given(st.lists(_USES, max_size=40), st.lists(_USES, max_size=20))
def test_whatever_was_seen_first_and_later_is_allowed(first: list[Use], later: list[Use]) -> None:
    text = ""
    for uses in (first, later):
        text = write_policy(text, learn([gathered({"x": uses})]), today=TODAY, source="1 event", mode="block")
    policy = parse_policy(tomllib.loads(text)["policy"])
    for use in (*first, *later):
        assert policy.allows(use.kind, use.target, use.packages, use.phase).is_allowed, (use, text)
