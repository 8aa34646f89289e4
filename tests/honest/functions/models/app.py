"""Events checked by models: pydantic's of the code and made at run time, msgspec's, marshmallow's, JSON schemas."""

import datetime
import decimal
import enum
import typing

import fastjsonschema
import jsonschema
import marshmallow
import msgspec
import pydantic

SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "id": {"type": "string", "maxLength": 100000},
        "kind": {"enum": ["card", "invoice"]},
        "text": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}, "default": []},
        "total": {"type": "number", "minimum": 0},
    },
    "required": ["id", "text"],
    "patternProperties": {"^x-[a-z]+$": {"type": "string"}},
}
validate = fastjsonschema.compile(SCHEMA)


class Kind(enum.StrEnum):
    CARD = "card"
    INVOICE = "invoice"


class Card(pydantic.BaseModel):
    kind: typing.Literal["card"]
    number: pydantic.SecretStr = pydantic.Field(min_length=4)


class Invoice(pydantic.BaseModel):
    kind: typing.Literal["invoice"]
    address: str = pydantic.Field(alias="to")


class Order(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(str_strip_whitespace=False, extra="ignore")
    id: str
    text: str
    total: decimal.Decimal = decimal.Decimal(0)
    payment: Card | Invoice = pydantic.Field(discriminator="kind")
    created: datetime.datetime
    tags: list[str] = []
    link: pydantic.AnyUrl | None = None

    @pydantic.field_validator("text")
    @classmethod
    def has_text(cls, value):
        return value or "nothing"

    @pydantic.computed_field
    @property
    def short(self) -> str:
        return self.text[:10]


class Row(msgspec.Struct, frozen=True):
    id: str
    text: str
    total: float = 0.0


class OrderSchema(marshmallow.Schema):
    class Meta:
        unknown = marshmallow.EXCLUDE

    id = marshmallow.fields.Str(required=True)
    text = marshmallow.fields.Str()
    total = marshmallow.fields.Decimal(as_string=True)
    created = marshmallow.fields.DateTime()


def handler(event, context):
    order = Order.model_validate(event)
    Extra = pydantic.create_model(
        "Extra",
        text=(str, ...),
        total=(float, 0.0),
        note=(str | None, pydantic.Field(default=None, max_length=9)),
    )
    Later = msgspec.defstruct("Later", [("text", str), ("total", float, 0.0)])
    checked = fastjsonschema.compile({**SCHEMA, "title": "again"})(dict(event))
    jsonschema.Draft7Validator(SCHEMA).validate(event)

    @pydantic.validate_call
    def priced(text: str, total: float = 1.0) -> str:
        return f"{text} {total:.2f}"

    try:
        Extra(text=event["text"], note=event["text"])
        errors = []
    except pydantic.ValidationError as error:
        errors = [(one["loc"], one["type"], str(one["input"])) for one in error.errors()]
    return {
        "order": order.model_dump(mode="json", by_alias=True),
        "schema": sorted(Order.model_json_schema()["properties"]),
        "extra": Extra(text=event["text"]).model_dump(),
        "adapter": pydantic.TypeAdapter(dict[str, typing.Any]).validate_python(event)["id"],
        "row": msgspec.to_builtins(msgspec.convert(event, Row)),
        "later": msgspec.json.encode(Later(event["text"])).decode(),
        "loaded": OrderSchema().dump(
            OrderSchema().load({"id": event["id"], "text": event["text"], "total": "3.5"})
        ),
        "checked": checked["tags"] == validate(dict(event))["tags"],
        "priced": priced(event["text"], total="2"),
        "errors": errors,
        "dynamic": type("Dynamic", (OrderSchema,), {"more": marshmallow.fields.Str()})().load(
            {"id": event["text"]}
        ),
    }
