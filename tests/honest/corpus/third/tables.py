"""DynamoDB."""

import base64
import json

from tests.honest.corpus.cases import rest
from tests.honest.corpus.third import (
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    LONG,
    MARKDOWN,
    NAME,
    TEMPLATE,
    UNICODE,
    URL,
)

NEEDS = ("aws-http",)


def _get(**query: str) -> dict[str, object]:
    return rest("GET", "/x", **query)


def _post(body: object) -> dict[str, object]:
    return rest("POST", "/x", body)


def _record(name: str, image: object, key: str = "r-1") -> dict[str, object]:
    change = {"Keys": {"id": {"S": key}}, **({"NewImage": image} if image else {})}
    return {"eventName": name, "eventSource": "aws:dynamodb", "dynamodb": change}


REQUESTS = {
    "list_filtered": [
        _get(name="O'Brien"),
        _get(city="size", name="Smith & Sons"),
        _get(**{"a.b = :x OR": "1", "name": "select"}),
        _get(),
    ],
    "list_named": [
        _get(name="'", city="Cork"),
        _get(city="size"),
        _get(name="begins_with(name, :x)", other="y"),
    ],
    "page": [
        _get(),
        _get(limit="500", next=base64.urlsafe_b64encode(json.dumps({"id": "third-1"}).encode()).decode()),
    ],
    "single_table": [
        _post({"tenant": "acme", "email": "O'Brien@Example.org", "profile": {"bio": HTML}}),
        _post(
            {"tenant": "a#b", "email": "x+tag@b.co", "profile": {"SET": [1, {"S": "N"}], "note": JSON_TEXT}}
        ),
    ],
    "patch": [
        _post({"name": NAME, "size": "L", "city": None}),
        _post({"status": "SET #a = :b", "a.b": COMMENT, "REMOVE": "x", "total": -2.5}),
        _post({"city": None}),
        _post({"comment": MARKDOWN, "größe": "m", "_": "under"}),
    ],
    "counters": [{"paths": ["/", "/", "/a/b.html"]}, {"paths": ["/?q=o'x&y=[0]", "name", "#p = :one"]}],
    "projection": [{"id": "third-0", "fields": "name,cost"}, {"id": "third-1", "fields": "id,password,city"}],
    "partiql_batch": [{"ids": ["third-0", "third-2"]}, {"ids": ["it's", "?", COMPANY]}, {"ids": [TEMPLATE]}],
    "partiql_select": [rest("GET", "/x", ids={"id": one}) for one in ("third-0", "x' OR '1'='1", "id")],
    "shorten": [
        _post({"url": URL}),
        _post({"url": "https://example.org/?a=<b>&c='d'", "alias": "o'x"}),
        _post({"url": "https://example.org/" + "x" * 900}),
    ],
    "lock": [
        {"name": "nightly", "owner": "i-1", "until": 1781000600},
        {"name": "a OR b", "owner": "expires < :now", "until": "1"},
    ],
    "stream_copy": [
        {
            "Records": [
                _record(
                    "INSERT",
                    {
                        "id": {"S": "r-1"},
                        "note": {"S": COMMENT},
                        "tags": {"SS": ["a", "o'x"]},
                        "n": {"N": "-1.5"},
                    },
                )
            ]
        },
        {
            "Records": [
                _record(
                    "MODIFY",
                    {"id": {"S": "r/2"}, "m": {"M": {"$x": {"BOOL": True}, "l": {"L": [{"NULL": True}]}}}},
                ),
                _record("REMOVE", None),
            ]
        },
    ],
    "batch_load": [
        _post([{"name": NAME, "price": 1.25}, {"name": "", "x": None}]),
        _post([{"code": CODE, "size": 3}, {"text": LONG}]),
    ],
    "loose_filter": [
        _get(field="cost", op=">", value="5"),
        _get(field="cost", op="<", value="-1"),
        _get(field="cost", op="<>", value="99"),
    ],
    "condition_objects": [
        _post(
            [{"field": "cost", "op": "gt", "value": 0}, {"field": "name", "op": "contains", "value": "'B"}]
        ),
        _post([{"field": "city", "op": "in", "value": ["size", "x"]}]),
        _post([{"field": "name", "op": "eq", "value": UNICODE}]),
    ],
    "key_begins": [{"id": "third-0", "prefix": "O'"}, {"id": "x AND y", "prefix": "%"}],
}
