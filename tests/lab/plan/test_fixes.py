"""Every loss that the code could avoid has a fix, and what changes behaviour comes first."""

from __future__ import annotations

import pytest
from tests.lab.plan.making import difference, loss

from dayfly.lab.plan.fixes import find_fixes
from dayfly.lab.plan.model import Loss


@pytest.mark.parametrize(
    ("found", "urgency", "words"),
    [
        (loss("late-work", "thread 'x'"), "before", "before the response"),
        (loss("process", "child processes"), "before", "wait for it"),
        (loss("thread", "thread 'x'", consequence="started at init; absent"), "later", "restart it"),
        (loss("thread", "thread 'x'", consequence="started by an invocation"), "later", "flush"),
        (
            loss("state", "app.B (list)", consequence="collects and is emptied 2 ×"),
            "before",
            "before its response",
        ),
        (loss("state", "app.N (int)", consequence="counts over invocations"), "later", "store"),
        (loss("tmp", "/tmp/x", consequence="collects over invocations"), "before", "elsewhere"),
        (loss("tmp", "/tmp/x", consequence="written by one invocation"), "later", "at init"),
        (loss("cold-start-flag", "app.COLD"), "later", "cold starts"),
        (loss("lazy-object", "app._x (X)"), "later", "top level"),
        (loss("cache", "app.C (dict)"), "later", "at init"),
        (loss("connection", "db:5432"), "later", "RDS Proxy"),
        (loss("tracing", "SDK", consequence="spans that were not flushed are lost"), "later", "flush"),
        (loss("extension", "an extension", consequence="registered at the API"), "later", "external"),
    ],
)
def test_a_loss_has_a_fix(found: Loss, urgency: str, words: str) -> None:
    (fix,) = find_fixes([found], [], isolation="invocation", reasons=())
    assert (fix.urgency, fix.where) == (urgency, "app.py:3")
    assert words in fix.how


@pytest.mark.parametrize(
    "found",
    [
        loss("connection", "api.example.com:443 (TLS)"),
        loss("lazy-import", "import x", prime=("x",)),
        loss("cache", "app.C (lru_cache)", prime=("app.c",)),
        loss("cache", "botocore: 1 internal cache", where=""),
        loss("tracing", "X-Ray", consequence="nothing is lost"),
    ],
)
def test_what_the_code_cannot_change_has_no_fix(found: Loss) -> None:
    assert find_fixes([found], [], isolation="invocation", reasons=()) == ()


def test_reasons_not_to_fork_come_first_with_the_place_where_it_was_seen() -> None:
    losses = [
        loss("cold-start-flag", "app.COLD"),
        loss("thread", "thread 'refresher'", where="app.py:18", consequence="started at init"),
        loss("connection", "10.0.0.1:6379 (TLS)", where="app.py:7"),
    ]
    reasons = (
        "thread 'refresher' started at init would not exist in a worker: start threads in the handler",
        "IPv4 stream socket to 10.0.0.1:6379 opened at init would be shared by workers: open it in the handler",
    )
    first, second, *rest = find_fixes(losses, [], isolation="invocation", reasons=reasons)
    assert (first.where, first.how) == ("app.py:18", "start threads in the handler")
    assert (second.where, second.how) == ("app.py:7", "open it in the handler")
    assert rest[-1].urgency == "later"


def test_a_difference_is_fixed_once_for_all_events_and_only_where_it_matters() -> None:
    found = [difference(event="a.json"), difference(event="b.json"), difference("window", path="$.other")]
    (fix,) = find_fixes([], found, isolation="invocation", reasons=())
    assert fix.urgency == "before"
    assert "$.cold" in fix.what
