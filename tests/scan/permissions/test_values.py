"""Texts piece by piece: joined, read from templates, cut where there are too many."""

from __future__ import annotations

import pytest

from dayfly.scan.permissions.values import (
    FROM_EVENT,
    FROM_RUN_TIME,
    MOST_VALUES,
    Client,
    External,
    Hole,
    Origin,
    Ref,
    Text,
    Unknown,
    as_texts,
    constants,
    hole,
    join,
    limited,
    merge,
    read_reference,
    text,
)

REGION = Hole(Origin.PLATFORM, "AWS::Region")


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("", ()),
        ("orders", ("orders",)),
        ("${Orders}", (Ref("Orders"),)),
        ("${ Orders.Arn }/index/*", (Ref("Orders.Arn"), "/index/*")),
        ("app-${AWS::Region}-${Stage}", ("app-", REGION, "-", Ref("Stage"))),
        ("${unclosed", ("${unclosed",)),
    ],
)
def test_text_of_a_template_is_read_in_pieces(expression: str, parts: tuple[object, ...]) -> None:
    assert read_reference(expression).parts == parts


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Text(()), ""),
        (Text(("orders",)), "orders"),
        (Text(("orders-", REGION)), None),
        (Text((Ref("Orders"),)), None),
    ],
)
def test_text_is_a_constant_where_every_piece_is_known(value: Text, expected: str | None) -> None:
    assert value.constant == expected


def test_joining_combines_every_left_with_every_right() -> None:
    stages = frozenset({Text(("dev",)), Text(("prod",))})
    assert constants(join(stages, text("-orders"))) == ["dev-orders", "prod-orders"]


def test_joining_what_is_not_known_leaves_a_hole_that_says_why() -> None:
    assert join(text("user/"), FROM_EVENT) == {Text(("user/", Hole(Origin.EVENT)))}
    assert join(text("user/"), frozenset({Client("s3")})) == {Text(("user/", Hole(Origin.RUN_TIME)))}


def test_joining_too_many_is_no_longer_told_apart() -> None:
    many = frozenset(Text((str(number),)) for number in range(10))
    assert join(many, many) == {hole(Origin.RUN_TIME)}


def test_neighbours_of_one_kind_are_one_piece() -> None:
    run_time = Hole(Origin.RUN_TIME)
    assert merge(("a", "b", run_time, run_time, "", "c")) == Text(("ab", run_time, "c"))


def test_values_that_are_no_texts_are_holes_and_nothing_is_one_too() -> None:
    assert as_texts(frozenset()) == [hole(Origin.RUN_TIME)]
    assert as_texts(FROM_EVENT) == [hole(Origin.EVENT)]


def test_a_set_that_is_cut_says_so_and_keeps_what_calls_aws() -> None:
    many = {External(f"package.name{number}") for number in range(2 * MOST_VALUES)}
    kept = limited({*many, Client("s3")})
    assert len(kept) == MOST_VALUES + 1
    assert Client("s3") in kept
    assert Unknown(Origin.RUN_TIME) in kept
    assert limited({Client("s3")}) == {Client("s3")}
    assert Unknown(Origin.RUN_TIME) in FROM_RUN_TIME
