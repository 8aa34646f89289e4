"""Texts and dictionaries answer as far as their pieces are known."""

from __future__ import annotations

import pytest

from dayfly.scan.permissions.containers import Arguments, call_mapping, call_text, get_item, iterate
from dayfly.scan.permissions.values import (
    FROM_EVENT,
    FROM_RUN_TIME,
    NOTHING,
    Hole,
    Mapping,
    Origin,
    Sequence,
    Text,
    Values,
    constants,
    text,
)

NAMES = Mapping((("orders", text("o")), ("users", text("u"))), NOTHING)
PAIR = Sequence((text("a"), text("b")), NOTHING)


@pytest.mark.parametrize(
    ("template", "method", "given", "expected"),
    [
        ("{}-{}", "format", (text("a"), text("b")), ["a-b"]),
        ("{1}/{0}", "format", (text("a"), text("b")), ["b/a"]),
        ("-", "join", (frozenset({PAIR}),), ["a-b"]),
        (" orders ", "strip", (), ["orders"]),
        ("arn:orders", "removeprefix", (text("arn:"),), ["orders"]),
        ("a.b", "replace", (text("."), text("-")), ["a-b"]),
        ("Orders", "lower", (), ["orders"]),
        ("orders", "zfill", (text("9"),), []),
    ],
)
def test_a_method_of_a_text_answers_a_text(
    template: str, method: str, given: tuple[Values, ...], expected: list[str]
) -> None:
    assert constants(call_text(Text((template,)), method, Arguments(given))) == expected


def test_a_broken_format_is_not_known_and_raises_nothing() -> None:
    assert call_text(Text(("{",)), "format", Arguments((text("a"),))) == FROM_RUN_TIME


def test_a_format_keeps_the_hole_of_what_it_is_given() -> None:
    (found,) = call_text(Text(("user/{name}",)), "format", Arguments(named={"name": FROM_EVENT}))
    assert found == Text(("user/", Hole(Origin.EVENT)))


def test_splitting_a_constant_gives_its_pieces() -> None:
    (found,) = call_text(Text(("a,b",)), "split", Arguments((text(","),)))
    assert found == PAIR


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (text("orders"), ["o"]),
        (FROM_EVENT, ["o", "u"]),  # whichever the event names
        (text("other"), []),
    ],
)
def test_an_item_is_what_its_key_holds(keys: Values, expected: list[str]) -> None:
    assert constants(get_item(NAMES, keys)) == expected


@pytest.mark.parametrize(
    ("key", "expected"), [("0", ["a"]), ("-1", ["b"]), ("7", []), ("-9", []), ("x", ["a", "b"])]
)
def test_an_element_is_at_its_position(key: str, expected: list[str]) -> None:
    assert constants(get_item(PAIR, text(key))) == expected


def test_a_dictionary_gives_its_keys_values_and_defaults() -> None:
    assert constants(iterate(NAMES)) == ["orders", "users"]
    default = call_mapping(NAMES, "get", Arguments((text("other"), text("d"))))
    assert constants(default) == ["d"]
    (values,) = call_mapping(NAMES, "values", Arguments())
    assert constants(iterate(values)) == ["o", "u"]
    assert call_mapping(NAMES, "copy", Arguments()) == {NAMES}


def test_an_argument_is_found_by_name_before_position() -> None:
    arguments = Arguments((text("first"),), {"name": text("named")})
    assert arguments.value(0, "name") == text("named")
    assert arguments.value(0, "other") == text("first")
    assert arguments.value(1, "other") == NOTHING
