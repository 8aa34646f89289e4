"""Requests through web frameworks."""

from tests.honest.corpus.cases import rest
from tests.honest.samples.sample import TEXTS, http

NEEDS = ("aws-http",)
REQUESTS = {
    "fast": [
        http("GET", "/goods", sort="price", direction="desc", limit="2"),
        http("GET", "/goods", sort="name"),
        http("GET", "/goods", sort="price; DROP TABLE goods"),
        http("GET", "/goods/t1"),
        http("GET", "/goods/x' OR '1'='1"),
        http("POST", "/orders", {"goods": "t1", "quantity": 2, "note": TEXTS["search"]}),
        http("POST", "/orders", {"goods": "t1", "quantity": "many"}),
        http("POST", "/form", {"a": 1, "__class__": 2}),
        http("GET", "/page", title="Hello"),
        http("GET", "/go", to="t2"),
    ],
    "flasked": [
        {"path": "/hello/ada", "method": "GET"},
        {"path": "/hello/{{7*7}}", "method": "GET", "query": {"q": "{{ config }}"}},
        {"path": "/notes", "method": "POST", "json": {"title": "x", "text": TEXTS["html"], "other": 1}},
        {"path": "/nowhere", "method": "GET"},
    ],
    "bottle_page": [{"name": "Ada", "items": ["x"]}, {"name": "{{7*7}}", "items": ["% import os"]}],
    "falconed": [{"path": "/things/tea"}, {"path": "/things/a-b", "query": "q=1%27--"}],
    "powered": [
        {**rest("GET", "/goods/t1"), "resource": "/goods/{good}"},
        {**rest("GET", "/goods/zz"), "resource": "/goods/{good}"},
        rest("GET", "/search", q="tea"),
        rest("GET", "/search", q="' or name like '%"),
        rest("POST", "/goods", {"id": "x", "text": TEXTS["template"]}),
    ],
    "powered_typed": [
        http("GET", "/sum", a="1", b="2"),
        http("GET", "/sum", a="x"),
        http("POST", "/orders", {"goods": "t1", "note": TEXTS["forum"]}),
    ],
    "discounted": [{"name": "discount", "price": 200}],
}
for _event in REQUESTS["powered"]:
    _event["multiValueHeaders"] = {}
