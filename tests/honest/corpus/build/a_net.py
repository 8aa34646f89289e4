"""Requests forged on the server's side, by address, host, path, query, redirect and header."""

from tests.honest.corpus.cases import Attack, rest
from tests.honest.samples.sample import sqs

SECRET = "internal-token-4711"
ATTACKS = [
    Attack("SSRF", "by_urllib", {"url": "@INSIDE@/internal/token"}, SECRET),
    Attack("SSRF", "by_urllib", {"url": "http://localhost:@PORT@/internal/token"}, SECRET),
    Attack("SSRF", "by_urllib", {"url": "http://0x7f000001:@PORT@/internal/token"}, SECRET),
    Attack("SSRF", "by_requests", rest("GET", "/fetch", url="@INSIDE@/internal/token"), SECRET),
    Attack(
        "SSRF", "by_requests", rest("GET", "/fetch", url="http://2130706433:@PORT@/internal/token"), SECRET
    ),
    Attack("SSRF", "by_httpx", {"image": "@INSIDE@/internal/token"}, SECRET),
    Attack("SSRF", "by_httpx_async", {"url": "@INSIDE@/internal/token"}, SECRET),
    Attack("SSRF", "by_urllib3", {"url": "@INSIDE@/internal/token"}, SECRET),
    Attack("SSRF", "by_host", {"host": "127.0.0.1:@PORT@"}, SECRET),
    Attack("SSRF", "by_connection", {"host": "127.0.0.1:@PORT@"}, SECRET),
    Attack("SSRF", "prefix_check", {"url": "@PARTNER@@127.0.0.1:@PORT@/internal/token"}, SECRET),
    Attack("SSRF", "userinfo", {"tenant": "127.0.0.1:@PORT@/internal/x?"}, SECRET),
    Attack("SSRF, redirect", "redirect_followed", {"to": "@INSIDE@/internal/token"}, SECRET),
    Attack("SSRF, redirect", "redirect_urllib", {"to": "@INSIDE@/internal/token"}, SECRET),
    Attack("SSRF, redirect", "redirect_httpx", {"to": "@INSIDE@/internal/token"}, SECRET),
    Attack("URL structure", "path_up", {"page": "../internal/x"}, "/public/../internal/x"),
    Attack("URL structure", "path_up_requests", {"page": "../internal/x"}, SECRET),
    Attack("URL structure", "query_added", {"q": "x&user=admin"}, "user=me&q=x&user=admin"),
    Attack("SSRF", "file_scheme", {"url": "file:///etc/passwd"}, "root:"),
    Attack("header", "raw_header", {"tenant": "a\r\nX-Admin: true"}, "X-Admin"),
    Attack("SSRF", "queue", sqs({"callback": "@INSIDE@/internal/token"}), SECRET),
]
