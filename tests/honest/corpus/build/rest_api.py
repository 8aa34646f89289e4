"""Requests to an API: texts that look like code, SQL and templates among plain ones."""

import hashlib
import hmac
import json
from base64 import b64encode, urlsafe_b64encode

from tests.honest.corpus.cases import rest
from tests.honest.samples.sample import TEXTS, http


def with_headers(event, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return {**event, "headers": {**event["headers"], **names}}


HOOK = json.dumps({"action": "opened", "title": "rm -rf /; $(reboot)"})
SIGNATURE = hmac.new(b"0123456789abcdef0123456789abcdef", HOOK.encode(), hashlib.sha256).hexdigest()
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJzY29wZSI6InJlYWQgd3JpdGUiLCJpYXQiOjF9.aaaa"
REQUESTS = {
    "hello": [rest("GET", "/hello", name=text) for text in (TEXTS["name"], TEXTS["forum"], TEXTS["template"])]
    + [rest("GET", "/hello")],
    "router": [
        rest("GET", "/orders", state="open", page="2", size="3"),
        rest("GET", "/orders", sort="total", order="desc"),
        {**rest("GET", "/orders/o-3", ids={"id": "o-3"}), "resource": "/orders/{id}"},
        {**rest("GET", "/orders/x", ids={"id": "../../etc/passwd"}), "resource": "/orders/{id}"},
        rest("POST", "/orders", {"product": "tea", "quantity": 2, "note": TEXTS["search"]}),
        rest("POST", "/orders", {"product": "tea"}),
        rest("DELETE", "/orders"),
    ],
    "validated": [
        rest("POST", "/customers", {"name": "Ada", "email": "ada@example.org", "age": 36, "tags": ["vip"]}),
        rest("POST", "/customers", {"name": TEXTS["html"][:70], "email": "x", "age": "many"}),
        rest("POST", "/customers", {"name": "__import__('os')", "email": "a@b", "age": 0}),
    ],
    "from_fields": [
        rest("POST", "/notes", {"title": "Shopping", "body": "milk", "labels": ["home"]}),
        rest("POST", "/notes", {"title": TEXTS["shell"], "colour": "red"}),
    ],
    "form": [
        http("POST", "/form", "email=ada%40example.org&text=" + "Hello+%26+welcome"),
        {
            **http("POST", "/form", b64encode(b"email=a%40b.c&q=%27+OR+1%3D1").decode()),
            "isBase64Encoded": True,
        },
        http("POST", "/form", "email=nobody"),
    ],
    "bearer": [
        with_headers(http("GET", "/me"), authorization=f"Bearer {TOKEN}"),
        with_headers(http("GET", "/me"), authorization="Bearer not.a.token"),
    ],
    "issue_token": [
        http("POST", "/token", {"user": "ada", "scopes": ["read", "write"]}),
        http("POST", "/token", {"user": "eve'); --", "scopes": []}),
    ],
    "signed_hook": [
        with_headers(http("POST", "/hook", HOOK), x_hub_signature_256=f"sha256={SIGNATURE}"),
        with_headers(http("POST", "/hook", HOOK), x_hub_signature_256="sha256=0"),
    ],
    "cookies": [
        with_headers(http("GET", "/", theme="dark"), cookie="session=abc; theme=light"),
        with_headers(http("GET", "/"), cookie="a=1"),
    ],
    "redirected": [
        http("GET", "/login", next="/account?tab=orders"),
        http("GET", "/login", next="https://shop.example.org/basket"),
        http("GET", "/login", next="https://evil.example.com/"),
    ],
    "translated": [
        with_headers(http("GET", "/", name="Ada"), accept_language="de-DE,de;q=0.9"),
        with_headers(http("GET", "/", name="{0.__class__}"), accept_language="fr"),
        with_headers(http("GET", "/", name="name"), accept_language="xx"),
    ],
    "flags": [http("GET", "/flags", user="ada"), http("GET", "/flags", user="o'brien")],
    "cursor_page": [
        http("GET", "/items"),
        http("GET", "/items", cursor=urlsafe_b64encode(b'{"at": 8}').decode()),
    ],
    "money": [
        http("POST", "/sum", {"lines": [{"price": 3.35, "quantity": 3}, {"price": "1.10", "quantity": 1}]}),
        http("POST", "/sum", {"lines": [], "currency": "usd"}),
    ],
    "calendar": [
        http("GET", "/day", date="2026-11-30"),
        http("GET", "/day", date="2026-02-01", format="de"),
        http("GET", "/day", date="2026-02-01", format="us"),
    ],
    "authorizer": [
        {
            "type": "TOKEN",
            "authorizationToken": "allow-me",
            "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1/prod/GET/orders",
        },
        {
            "type": "TOKEN",
            "authorizationToken": "' or 1=1",
            "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1/prod/GET/x",
        },
    ],
    "balancer": [
        {
            "requestContext": {
                "elb": {
                    "targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/t/1"
                }
            },
            "httpMethod": "GET",
            "path": "/",
            "queryStringParameters": {"q": "tea+and+biscuits", "lang": "en"},
            "headers": {"host": "x"},
            "body": "",
            "isBase64Encoded": False,
        },
        {
            "requestContext": {
                "elb": {
                    "targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/t/1"
                }
            },
            "httpMethod": "GET",
            "path": "/",
            "queryStringParameters": {"q": "%3Cb%3E%24%28id%29"},
            "headers": {"host": "x"},
            "body": "",
            "isBase64Encoded": False,
        },
    ],
    "graph": [
        http("POST", "/graphql", {"query": "query { orders { id total } }", "variables": {"first": 3}}),
        http("POST", "/graphql", {"query": "{ order(id: $id) { id } }", "variables": {"id": "o-7"}}),
    ],
    "patch_json": [
        http(
            "PATCH",
            "/me",
            [
                {"op": "replace", "path": "/address/city", "value": "Paris"},
                {"op": "add", "path": "/tags/-", "value": "b"},
            ],
        ),
        http(
            "PATCH",
            "/me",
            [{"op": "remove", "path": "/name"}, {"op": "add", "path": "/__class__", "value": "x"}],
        ),
    ],
    "cors": [
        with_headers(http("OPTIONS", "/"), origin="https://shop.example.org"),
        with_headers(http("OPTIONS", "/"), origin="https://evil.example.com"),
    ],
    "echo_all": [
        rest("POST", "/echo", {"text": TEXTS["template"]}, q="x"),
        rest("POST", "/echo", {"text": TEXTS["unicode"]}),
    ],
}
