"""Forged requests."""

import json

from tests.honest.corpus.cases import Attack

SECRET = "internal-token-4711"
ATTACKS = [
    Attack("SSRF", "preview", {"body": json.dumps({"link": "@INSIDE@/internal/a"})}, SECRET),
    Attack("SSRF", "preview", {"body": json.dumps({"link": "http://127.1:@PORT@/internal/a"})}, SECRET),
    Attack("SSRF", "posted", {"callback": "@INSIDE@/internal/a"}, SECRET),
    Attack("SSRF", "opener", {"feed": "@INSIDE@/internal/a"}, SECRET),
    Attack("SSRF", "in_threads", {"images": ["@PARTNER@/a.png", "@INSIDE@/internal/a"]}, SECRET),
    Attack("SSRF", "streamed", {"url": "http://localhost:@PORT@/internal/a"}, SECRET),
    Attack("SSRF", "tenant_domain", {"tenant": "127.0.0.1:@PORT@/internal/x#"}, SECRET),
    Attack("SSRF", "suffix_check", {"url": "@INSIDE@/internal/a?x=.json"}, SECRET),
    Attack("SSRF", "contains_check", {"url": "@INSIDE@/internal/a?x=@PARTNER_HOST@"}, SECRET),
    Attack("SSRF", "raw_socket", {"host": "127.0.0.1", "port": "@PORT@"}, SECRET),
    Attack("SSRF", "local_file", {"avatar": "file:///proc/self/environ"}, "AWS_SECRET_ACCESS_KEY"),
    Attack("SSRF, redirect", "redirected_session", {"next": "@INSIDE@/internal/a"}, SECRET),
    Attack("SSRF, redirect", "redirected_urllib3", {"next": "@INSIDE@/internal/a"}, SECRET),
    Attack("URL structure", "path_up", {"user": "../internal"}, SECRET),
    Attack("URL structure", "path_up", {"user": "../internal/x?"}, SECRET),
    Attack("URL structure", "path_of_connection", {"user": "../internal"}, "/users/../internal"),
    Attack("URL structure", "query_built", {"to": "bob&amount=999"}, "amount=999"),
    Attack("header", "header_split", {"lang": "de\r\nX-Admin: 1"}, "X-Admin"),
]
