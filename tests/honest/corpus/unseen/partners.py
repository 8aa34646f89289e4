"""Requests whose words go to partners."""

from tests.honest.corpus.cases import rest
from tests.honest.samples.sample import TEXTS, http

REQUESTS = {
    "sdk": [
        {"id": "o-1"},
        {"id": "a/b?c", "params": {"expand": "x&y"}},
        {"id": 7, "params": {"q": TEXTS["address"]}},
    ],
    "endpoint_table": [{"what": "orders"}, {"what": "refund", "id": "o/../7"}, {"what": "refund", "id": 9}],
    "weather": [
        rest("GET", "/w", city="London"),
        rest("GET", "/w", city="New York,US"),
        rest("GET", "/w", city="Zürich"),
    ],
    "geocode": [{"address": "10 Downing St, London"}, {"address": "a=b&c#d"}],
    "basic": [{"user": "ada", "password": "p@ss:word/1"}, {"user": "o'brien", "password": "x\ty"}],
    "telegram": [
        http("POST", "/bot", {"message": {"chat": {"id": 5}, "text": "/start"}}),
        http("POST", "/bot", {"message": {"chat": {"id": 5}, "text": TEXTS["address"]}}),
    ],
    "slash_command": [
        {
            "body": "user_name=ada&text=deploy+now&response_url=@PARTNER@/actions/T1/2",
            "isBase64Encoded": False,
        },
        {"body": "user_name=bob&response_url=@PARTNER@/actions/T1/3%3Fx%3D1", "isBase64Encoded": False},
    ],
    "checked_hook": [
        {"url": "@PARTNER@/in?k=1", "payload": {"a": 1}},
        {"url": "http://127.0.0.1:8080/x", "payload": {}},
        {"url": "ftp://example.org/x", "payload": {}},
    ],
    "registered_hook": [
        {"tenant": "acme", "payload": {"url": "http://169.254.169.254/"}},
        {"tenant": "blue", "payload": [1]},
    ],
    "oauth_token": [{"code": "4/0AX4-x_y"}, {"code": "a&client_secret=b"}],
    "graphql": [{"id": "o-1"}, {"id": '") { total } x: order(id: "'}],
    "soap_call": [{"item": "tea"}, {"item": TEXTS["html"]}],
    "uploaded_form": [{"name": "a.txt", "text": "hello"}, {"name": 'x"; filename="y', "text": "--b--\r\n"}],
    "many": [{"tenant": "acme", "ids": [1, 2, "x"]}],
    "paged": [{"tag": "green tea", "pages": "2"}, {"tag": "a&b", "pages": 1}],
    "tenant_host": [{"region": "eu", "tenant": "acme"}, {"region": "us", "tenant": "blue-sky"}],
    "moved_permanently": [{"link": "home"}, {"link": "shop"}],
    "proxied": [
        {**rest("GET", "/api/orders/1", ids={"proxy": "api/orders/1"}, expand="lines")},
        {**rest("POST", "/api/notes", {"text": TEXTS["lines"]}, ids={"proxy": "api/notes"})},
        {**rest("GET", "/a b/c", ids={"proxy": "a b/c;d=1"})},
    ],
    "conditional": [
        {"headers": {"if-none-match": '"abc"', "accept-language": "de-AT,de;q=0.9"}},
        {"headers": {}},
    ],
    "dns_name": [{"name": "localhost"}, {"name": "example.org"}],
    "timed_out": [{"id": "1"}, {"id": "a b"}],
}
