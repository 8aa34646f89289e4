"""Models that pydantic builds when they are first used; the type of a field reads its limits from a cache in /tmp."""

import os

from pydantic import BaseModel, ConfigDict
from pydantic_core import core_schema

CACHE = "/tmp/limits"


class Amount:
    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        limit = 10
        if os.path.exists(CACHE):
            with open(CACHE) as file:
                limit = int(file.read())
        return core_schema.int_schema(le=limit)


class Order(BaseModel):
    model_config = ConfigDict(defer_build=True)
    amount: Amount


def handler(event, context):
    said = {"built": Order.__dict__.get("__pydantic_complete__")}
    exec(event.get("code", ""), {"said": said})
    try:
        said["amount"] = Order(amount=event["amount"]).amount
    except ValueError as error:
        said["amount"] = type(error).__name__
    return said
