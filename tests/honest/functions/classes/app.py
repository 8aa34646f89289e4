"""Classes made at run time, for whatever fields a report has: their makers write code and compile it."""

import collections
import dataclasses
import enum
import functools
import typing

import attr
import attrs


@functools.lru_cache
def row_of(names):
    return collections.namedtuple("Row", names)


def handler(event, context):
    names = ("order", "amount", "email")
    Row = row_of(names)
    row = Row(event["order"], event["amount"], event["email"])

    @dataclasses.dataclass(frozen=True, order=True)
    class Order:
        order: str
        amount: float
        email: str = ""
        tags: list = dataclasses.field(default_factory=list)

    Line = dataclasses.make_dataclass("Line", [("order", str), ("amount", float)])

    @attrs.define
    class Customer:
        email: str = attrs.field(validator=attrs.validators.instance_of(str))
        name: str = "nobody"

    Old = attr.make_class("Old", ["order", "amount"])

    class Typed(typing.NamedTuple):
        order: str
        amount: "float"

    Colour = enum.Enum("Colour", ["RED", "GREEN"])
    typing.get_type_hints(Typed)
    return {
        "row": list(row),
        "order": dataclasses.asdict(Order(*row)),
        "line": dataclasses.astuple(Line(event["order"], event["amount"])),
        "customer": attrs.asdict(Customer(event["email"])),
        "old": attr.astuple(Old(event["order"], event["amount"])),
        "typed": Typed(event["order"], event["amount"])._asdict(),
        "colour": Colour[event["colour"]].name,
    }
