"""Requests to tables."""

from tests.honest.corpus.cases import rest
from tests.honest.samples.sample import TEXTS

NEEDS = ("aws-http",)
REQUESTS = {
    "put_and_get": [
        rest("POST", "/orders", {"id": "o-1", "name": "tea", "total": 3.5}),
        rest("POST", "/orders", {"id": "' OR 1=1", "note": TEXTS["search"], "$ne": "x"}),
        rest("POST", "/orders", {"id": "o-2", "nested": {"a": [1, {"b": TEXTS["template"]}]}}),
    ],
    "get_by_path": [rest("GET", "/o", ids={"id": "settings"}), rest("GET", "/o", ids={"id": "a/../b"})],
    "update_fields": [
        rest("PATCH", "/o", {"name": "tea", "state": "open"}, ids={"id": "u-1"}),
        rest("PATCH", "/o", {"note": "SET #name = :x", "id": "x"}, ids={"id": "u-1"}),
        rest("PATCH", "/o", {"total": 3}, ids={"id": "name"}),
    ],
    "update_any": [
        rest("PATCH", "/o", {"colour": "red", "size": "L"}),
        rest("PATCH", "/o", {"a.b": "x", "#n0": ":v0", "SET": "REMOVE"}),
    ],
    "scan_filter": [
        rest("GET", "/o", name="coffee"),
        rest("GET", "/o", **{"name.contains": "tea", "state": "open"}),
        rest("GET", "/o", **{"name.begins": "green", "colour": "x"}),
    ],
    "query_key": [{"id": "settings"}, {"id": "x", "limit": "1"}],
    "partiql_parameters": [{"id": "pq-1"}, {"id": "x' OR '1'='1"}],
    "conditional": [{"token": "abc"}, {"token": "attribute_not_exists(id)"}],
    "batch": [
        {"items": [{"id": "1", "name": "a"}, {"id": "2", "name": "b; c"}]},
        {"items": [{"id": "x/y", "name": ""}]},
    ],
    "counter": [{"steps": [1, 2]}, {"steps": ["5"]}],
    "stream": [
        {
            "Records": [
                {
                    "eventName": "INSERT",
                    "eventSource": "aws:dynamodb",
                    "dynamodb": {
                        "Keys": {"id": {"S": "1"}},
                        "NewImage": {"id": {"S": "1"}, "total": {"N": "3"}, "note": {"S": TEXTS["shell"]}},
                    },
                }
            ]
        },
        {
            "Records": [
                {
                    "eventName": "REMOVE",
                    "eventSource": "aws:dynamodb",
                    "dynamodb": {"Keys": {"id": {"S": "1"}}},
                }
            ]
        },
    ],
    "typed": [
        {"item": {"name": "x", "tags": ["a", "b"], "more": {"deep": None}}},
        {"item": {"S": "N", "ok": True}},
    ],
    "transaction": [{"names": ["tea", "coffee"]}, {"names": ["{'S': 'x'}"]}],
    "settings": [{"name": "discount"}, {"name": "missing"}],
    "sent": [{"kind": "order", "order": {"id": 1, "note": TEXTS["lines"]}}, {"kind": "String", "order": {}}],
}
