"""Requests whose words go to a partner's API."""

import json

from tests.honest.samples.sample import TEXTS, http

ALARM = json.dumps(
    {
        "AlarmName": "orders-5xx",
        "NewStateValue": "ALARM",
        "NewStateReason": "3 datapoints > 1.0; see http://x/y",
    }
)
REQUESTS = {
    "in_path": [{"user": "ada"}, {"user": "o'brien & co/../x"}, {"user": "ada@example.org"}],
    "in_query": [{"q": "green tea"}, {"q": TEXTS["address"], "limit": "5"}, {"q": TEXTS["search"]}],
    "requests_params": [{"q": "tea", "tags": ["a", "b c"]}, {"q": "x&admin=true#y"}],
    "requests_path": [{"id": "o-17"}, {"id": "2026/11"}, {"id": 42}],
    "requests_json": [{"order": {"id": 1, "note": TEXTS["html"]}}, {"order": ["http://127.0.0.1/x"]}],
    "requests_form": [{"name": "Ada", "text": "a=b&c=d"}, {"name": "\u00e9", "text": TEXTS["lines"]}],
    "httpx_client": [{"id": "7", "fields": ["id", "name"]}, {"id": "a b", "fields": []}],
    "httpx_async": [{"ids": ["1", "2"]}, {"ids": ["x-y"]}],
    "pooled": [{"city": "London"}, {"city": "S\u00e3o Paulo"}],
    "raw_connection": [
        {"id": "n-1", "text": "hello"},
        {"id": "a/b", "text": "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
    ],
    "webhook": [
        {"callback": "@PARTNER@/hook/1?token=abc", "state": "done"},
        {"callback": "@PARTNER@/hook", "state": "http://127.0.0.1/"},
        {"callback": "http://127.0.0.1:9001/x", "state": "done"},
    ],
    "slack_text": [{"Records": [{"EventSource": "aws:sns", "Sns": {"Subject": "ALARM", "Message": ALARM}}]}],
    "with_headers": [
        {"headers": {"x-request-id": "r-1", "x-tenant": "acme"}},
        {"headers": {"x-tenant": "blue sky (eu); q=1"}},
    ],
    "by_region": [{"region": "eu"}, {"region": "us"}],
    "follow": [{"id": "3"}, {"id": 44}],
    "proxy": [
        http("GET", "/orders/1", expand="lines"),
        http("POST", "/orders", {"id": 1}),
        http("GET", "/a%20b"),
    ],
    "missing": [{"name": "x"}, {"name": "../y?z"}],
}
