"""Requests to other services, webhooks and previews."""

import hashlib
import hmac
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventeenth import (
    JSONISH,
    MAILS,
    NAMES,
    NOTES,
    PLACES,
    SEARCHES,
    SNIPPET,
    TEMPLATEISH,
    TICKET,
    get,
    http,
    post,
)

NEEDS = ()
KEY = "internal-token-4711"


def _hook(body: object, event: str = "issues", key: bytes = b"postroom-signing-19") -> dict[str, object]:
    text = json.dumps(body, ensure_ascii=False)
    sign = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return http("POST", "/", text, headers={"x-github-event": event, "x-hub-signature-256": "sha256=" + sign})


def _numbers(port: str = "@PORT@") -> list[str]:
    return [f"http://{host}:{port}/internal" for host in ("2130706433", "0x7f000001", "127.1", "127.0.0.2")]


REQUESTS = {
    "weather": [get(city=c) for c in ("Oslo", "L'Aquila; IT", "São Paulo & Rio", "北京", "50% cloud")],
    "weather_joined": [get(city=c) for c in ("Oslo", "St. John's (NL)", "Łódź #2", "a/../b?c=d")],
    "customer": [get(), get(id="4711"), get(id="12'; --"), get(id="../2")],
    "customer_path": [get(), get(id="4711"), get(id="O'Brien"), get(id="acme-gmbh_2")],
    "file_proxy": [get(path=p) for p in ("a/b.pdf", "O'Hara/bill (1) 50%.pdf", "../größe/x.txt", "a?b#c")],
    "ticket": [post(subject=s, text=t) for s, t in zip(SEARCHES, (TICKET, NOTES, SNIPPET), strict=False)]
    + [post(text="no subject")],
    "form_post": [post(name=n, mail=m, home=p) for n, m, p in zip(NAMES, MAILS, PLACES, strict=False)],
    "graphql": [get(name=n) for n in (NAMES[0], NAMES[7], '") { id } }', TEMPLATEISH)],
    "graphql_text": [get(name=n) for n in ("Ana", NAMES[1], "Müller (2)", "O'Neill -- Jr.")],
    "signed": [post(id=1, text=TICKET), post(id=2, text=JSONISH), post(note="it's <ok> & 5%")],
    "webhook_in": [
        _hook({"title": "Don't drop table lamps"}),
        _hook({"title": NOTES}, "push"),
        _hook({"title": "x"}, key=b"wrong"),
        _hook({"title": TEMPLATEISH}),
    ],
    "slack": [post(text=t) for t in (TICKET, NOTES, "<@U1> 5 > 3 && it's `ok`")],
    "preview": [
        get(url="@PARTNER@/news?id=5&title=it's"),
        get(url="@PARTNER@/a%20b/(c).html"),
        get(url="no address at all"),
        get(url="@PARTNER@/missing/page"),
    ],
    "preview_urllib": [get(url="@PARTNER@/feed.xml?a=1"), get(url="@PARTNER@/missing"), get(url="example")],
    "preview_httpx": [get(url="@PARTNER@/x?y='z'"), get(url="https://example.org/"), get(url="@PARTNER@/é")],
    "preview_listed": [
        get(url="@PARTNER@/p?q=50%25"),
        get(url="http://localhost:8080/"),
        get(url="@PARTNER@/O'Hara"),
    ],
    "preview_prefix": [get(url="@PARTNER@/q?x=1"), get(url="https://example.org/@PARTNER_HOST@"), get()],
    "preview_safe": [
        get(url="@PARTNER@/q?x='1'"),
        get(url="ftp://example.org/x"),
        get(url="http://127.0.0.1:80/x"),
        get(url="mailto:o'hara@example.org"),
    ],
    "callback": [
        post(callback="@PARTNER@/done?job=7", job="7"),
        post(callback="@PARTNER@/hook/O'Hara", job="it's; done"),
        post(job="8"),
    ],
    "hook_save": [post(name="main", url="@PARTNER@/h1"), post(name="it's", url="@PARTNER@/h2?a=b&c=d")],
    "hook_fire": [get(name="main", note=TICKET), get(name="it's", note="50% -- ok"), get(name="none")],
    "region": [
        get(),
        get(region="us", note=SEARCHES[0]),
        get(region="eu", note="O'Hara"),
        get(region="ap; x"),
    ],
    "tenant": [get(), get(host="no such host"), get(host="")],
    "header_pass": [get(), get(trace="1-67891233-abcdef012345678912345678"), get(trace="it's; a=b, c (d)")],
    "raw_request": [get(), get(user="ana.silva+shop@example.org"), get(user="O'Hara; (x)")],
    "cached": [get(), get(path="/docs/O'Hara?x=1"), get(path="docs"), get(path="/50%25/a b")],
}

ATTACKS = [
    Attack("SSRF", "preview", get(url="@INSIDE@/internal"), KEY),
    Attack("SSRF", "preview", get(url="http://localhost:@PORT@/internal/keys"), KEY),
    Attack("SSRF, redirect", "preview", get(url="@PARTNER@/redirect?to=@INSIDE@/internal"), KEY),
    Attack("SSRF, user", "preview", get(url="http://www.example.org@127.0.0.1:@PORT@/internal"), KEY),
    *(Attack("SSRF, number", "preview", get(url=u), KEY) for u in _numbers()),
    Attack("SSRF", "preview_urllib", get(url="@INSIDE@/internal"), KEY),
    Attack("SSRF, file", "preview_urllib", get(url="file:///etc/passwd"), "root:"),
    Attack("SSRF, file", "preview_urllib", get(url="file://localhost/proc/self/../../etc/passwd"), "root:"),
    Attack("SSRF, data", "preview_urllib", get(url="data:text/plain;base64,aW5qZWN0ZWQtNDI="), "injected-42"),
    Attack("SSRF, redirect", "preview_urllib", get(url="@PARTNER@/redirect?to=@INSIDE@/internal"), KEY),
    Attack("SSRF, redirect", "preview_httpx", get(url="@PARTNER@/redirect?to=@INSIDE@/internal"), KEY),
    Attack(
        "SSRF, redirect",
        "preview_httpx",
        get(url="@PARTNER@/redirect?to=http%3A%2F%2F2130706433%3A@PORT@%2Finternal"),
        KEY,
    ),
    Attack("SSRF, path", "preview_httpx", get(url="@PARTNER@/internal/admin"), KEY),
    *(Attack("SSRF, number", "preview_listed", get(url=u), KEY) for u in _numbers()),
    Attack("SSRF, redirect", "preview_listed", get(url="@PARTNER@/redirect?to=@INSIDE@/internal"), KEY),
    Attack("SSRF, redirect", "preview_prefix", get(url="@PARTNER@/redirect?to=@INSIDE@/internal/1"), KEY),
    Attack("SSRF", "callback", post(callback="@INSIDE@/internal", job="1"), KEY),
    Attack("SSRF, number", "callback", post(callback="http://127.1:@PORT@/internal/x", job="1"), KEY),
    Attack(
        "SSRF, second order",
        "hook_fire",
        get(name="evil"),
        KEY,
        before=[("hook_save", post(name="evil", url="@INSIDE@/internal/hook"))],
    ),
    Attack(
        "SSRF, second order",
        "hook_fire",
        get(name="evil2"),
        KEY,
        before=[("hook_save", post(name="evil2", url="http://0x7f.1:@PORT@/internal"))],
    ),
    Attack("SSRF, host", "tenant", get(host="127.0.0.1:@PORT@/internal?"), KEY),
    Attack("SSRF, host", "tenant", get(host="x@127.0.0.1:@PORT@/internal#"), KEY),
    Attack("path", "customer_path", get(id="../internal/keys?x="), KEY),
    Attack("path", "customer_path", get(id="1/../../internal#"), KEY),
    Attack("path", "cached", get(path="/internal/keys"), KEY),
    Attack("SSRF, host", "cached", get(path="//127.0.0.1:@PORT@/internal"), KEY),
    Attack("header, CRLF", "raw_request", get(user="x\r\nX-Admin: yes"), "X-Admin"),
    Attack("GraphQL", "graphql_text", get(name='x") { id } keys: secrets(all: "1'), "secrets(all"),
]
