"""What findings say: names as code has them, and no secret in them."""

from __future__ import annotations

import ast

import pytest

from dayfly.scan.model import Place
from dayfly.scan.state.deeds import Flow, Outlet, Write
from dayfly.scan.state.values import Read, Root, RootKind, Spot
from dayfly.scan.state.wording import drawn_harm, drawn_message, harm, message, name_of, shown, shown_parts

ORDERS = Root(RootKind.GLOBAL, "app.py", "ORDERS")
USER = frozenset({("user",)})
PLACE = Place("app.py", 3)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("connect(password='hunter2hunter2')", "connect(password='…')"),
        ("headers.update(Authorization='Bearer abc')", "headers.update(Authorization='…')"),
        ("boto3.client('s3', aws_secret_access_key='wJalrXUtnFEMI7MDENG')", "boto3.client('s3', aws_secret_access_key='…')"),
        ("cache.set('customer', user)", "cache.set('customer', user)"),
        ("open('/tmp/report2024final.csv')", "open('/tmp/report2024final.csv')"),
        ("print('served 12 orders today')", "print('served 12 orders today')"),
    ],
)  # fmt: skip
def test_code_is_shown_without_what_looks_like_a_secret(code: str, expected: str) -> None:
    assert shown(ast.parse(code, mode="eval").body) == expected


def test_long_code_is_cut() -> None:
    text = shown(ast.parse("f(" + ", ".join(f"argument{n}" for n in range(30)) + ")", mode="eval").body)
    assert len(text) == 68
    assert text.endswith("…")


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ((), "ORDERS"),
        (("last",), "ORDERS['last']"),
        (("*id",), "ORDERS[…]"),
        ((".rows", "*"), "ORDERS.rows[…]"),
    ],
)
def test_a_kept_thing_has_the_name_that_code_calls_it(field: tuple[str, ...], expected: str) -> None:
    assert name_of(Spot(ORDERS, field)) == expected


def test_parts_of_the_event_are_shown_up_to_three() -> None:
    assert shown_parts(frozenset({("body", "user")})) == "event['body']['user']"
    assert shown_parts(frozenset({()})) == "event"
    many = frozenset({("a",), ("b",), ("c",), ("d",)})
    assert shown_parts(many) == "event['a'], event['b'], event['c'], …"


def test_a_message_says_when_the_kept_thing_is_read_again() -> None:
    write = Write(Spot(ORDERS), PLACE, "", parts=USER, is_whole=True)
    flow = Flow(Read(Spot(ORDERS), Place("app.py", 9)), Outlet.ANSWER, PLACE, "return")
    assert (
        message(write, None, frozenset()) == "ORDERS keeps event['user'] until the next event overwrites it"
    )
    assert "a later invocation reads it on line 9" in message(write, flow, frozenset())


def test_a_cache_says_what_its_key_leaves_out() -> None:
    write = Write(Spot(Root(RootKind.CACHE, "app.py", "rights"), ("*",)), PLACE, "", parts=USER)
    flow = Flow(Read(write.spot, PLACE), Outlet.ANSWER, PLACE, "return")
    said = message(write, flow, USER)
    assert (
        said
        == "the result of rights() depends on event['user'], but its cache key is made from no part of the event"
    )


@pytest.mark.parametrize(
    ("outlet", "words"),
    [
        (Outlet.ANSWER, "answer contains data of the previous customer"),
        (Outlet.OUTSIDE, "is sent in the next customer's name, by post"),
        (Outlet.DECISION, "decides what the next customer may do"),
        (Outlet.LOG, "log records of the next customer"),
    ],
)
def test_a_harm_says_who_sees_whose_data_and_where(outlet: Outlet, words: str) -> None:
    write = Write(Spot(ORDERS), PLACE, "", parts=USER)
    said = harm("state.global", write, Flow(Read(Spot(ORDERS), Place("app.py", 9)), outlet, PLACE, "post"))
    assert words in said
    assert said.endswith("ORDERS is read on line 9")


@pytest.mark.parametrize("drawn", ["random", "clock", "generator", "seed"])
def test_what_was_drawn_has_a_message_and_a_harm(drawn: str) -> None:
    root = Root(RootKind.GLOBAL, "app.py", "TOKEN", drawn=drawn)
    assert "TOKEN" in drawn_message(root, "TOKEN") or drawn == "seed"
    assert "customer" in drawn_harm(root, "TOKEN")
