"""An agency and the APIs of its partners."""

import base64
import hashlib
import hmac
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fourteenth import (
    ESSAY,
    FOLK,
    GRUMBLE,
    HTML,
    LISTING,
    NOTES,
    PATTERN,
    SPOTS,
    api,
    bus,
    get,
    one,
    post,
    sns,
)

NEEDS = ()
TOKEN = "internal-token-4711"


def _chat(text: str) -> dict[str, object]:
    return {"type": "message", "channel": "C1", "message": {"user": "U7", "text": text}}


def _proxy(path: str, method: str = "GET", body: object = None, **query: str) -> dict[str, object]:
    return api(method, "/proxy/{proxy+}", body, ids={"proxy": path}, query=query)


def _hook(kind: str, **data: object) -> dict[str, object]:
    body = json.dumps({"type": kind, "data": data})
    signature = hmac.new(b"ferry-hook-6610", body.encode(), hashlib.sha256).hexdigest()
    return api("POST", "/hook", body, headers={"X-Signature": signature})


def _tool(**arguments: object) -> dict[str, object]:
    return {"tool_call": {"id": "call_1", "type": "function", "arguments": json.dumps(arguments)}}


def _bearer(**claims: object) -> dict[str, object]:
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.new(b"ferry-jwt-secret-which-is-long-enough-01", signed, hashlib.sha256).digest()
    token = signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")
    return api("GET", "/me", headers={"Authorization": "Bearer " + token.decode()})


REQUESTS = {
    "timetable": [
        get("/timetable", **{"from": "Dún Laoghaire", "to": "Holyhead (St. Cybi's)"}),
        get("/timetable", **{"from": "A & B", "to": "x=1?y#z", "day": "2026-05-04"}),
        get("/timetable", **{"from": "Pier 3/4", "to": GRUMBLE, "day": "it's -- any"}),
    ],
    "port": [
        one("/ports/{code}", code="IEDUB"),
        one("/ports/{code}", code="Dún-Laoghaire"),
        one("/ports/{code}", code="St. John's"),
        one("/ports/{code}", code="missing"),
    ],
    "port_checked": [one("/p", code="iedub"), one("/p", code="dublin port"), one("/p", code="O'H")],
    "boat": [
        one("/b", name="M/V O'Hara & Sons"),
        one("/b", name="Stena ?x=1#2; 50%"),
        one("/b", name="Fáilte 3/4"),
    ],
    "fares": [
        get("/fares", route="DUB-HOL"),
        get("/fares", route="Rosslare Europort", **{"class": "1st"}),
        get("/fares", route="O'Connell-quay(b)"),
    ],
    "book": [
        post("/bookings", name=FOLK[0], seats="3", remarks=GRUMBLE),
        post("/bookings", name=FOLK[5], remarks=LISTING),
        post("/bookings", name='Anne "Annie" O\'Toole, "gold": 5', seats=2),
    ],
    "book_text": [
        bus("Booked", name=FOLK[0], remarks="window seat; it's for my mum -- thanks"),
        bus("Booked", name='Robert "Bob" Drop', remarks="50% child, {2} dogs"),
        bus("Booked", name=FOLK[7], remarks="Ärger & Café: 'x'"),
    ],
    "manifest": [
        post("/m", boat="Celtic Mist", people=["Siobhán O'Donoghue", 'Bob "B" Smith']),
        post("/m", boat="M/V Select 2", people=["Ana; née L'Hôte -- x", "王小明"]),
        post("/m", boat="x", people=[]),
    ],
    "manifest_escaped": [
        post("/m", boat="O'Hara's <b>", people=list(FOLK)),
        post("/m", boat='"x" & y', people=["Smith <jr>", "[[A]]> B", "A&B &amp; Co"]),
        post("/m", boat="x", people=[HTML, GRUMBLE]),
    ],
    "link_card": [
        _chat("look: @PARTNER@/blog/it's-here?utm_source=a&b=c#d nice!"),
        _chat("no links; just -- text <b>"),
        _chat("<@PARTNER@/missing/page|dead> and @PARTNER@/img/a%20b(1).png"),
    ],
    "logo": [
        post("/logo", logo_url="@PARTNER@/brand/logo.png?v=2&size=64x64"),
        post("/logo", logo_url="@PARTNER@/u/O'Hara/logo (1).svg"),
        post("/logo", logo_url="ftp://example.org/x.png"),
        post("/logo", logo_url="@PARTNER@/missing.png"),
    ],
    "logo_strict": [
        post("/logo", logo_url="@PARTNER@/brand/logo.png?x=1"),
        post("/logo", logo_url="@PARTNER@/o'hara.png"),
        post("/logo", logo_url="http://no-such-host.invalid/logo.png"),
        post("/logo", logo_url="no url; at all"),
    ],
    "subscribe": [
        post("/subscribe", callback="@PARTNER@/hooks/o'hara?token=a%2Fb&x=1", challenge="it's -- x"),
        post("/subscribe", callback="@PARTNER@/missing/hook"),
        post("/subscribe", callback="https://other.example/x"),
    ],
    "gateway": [
        _proxy("v1/boats/7"),
        _proxy("v1/ports/IE DUB", q="O'Connell & co", sort="-name"),
        _proxy("v1/fares", "POST", {"text": NOTES}),
        _proxy("v2/boats/7"),
    ],
    "passthrough": [
        _proxy("boats/O'Hara & Sons/photos (2).jpg"),
        _proxy("boats/7//photos/./1", q="next/prev"),
        _proxy("x%2Fy?z#1"),
    ],
    "webhook": [
        _hook("charge.succeeded", id="ch_1", description="Order #5; it's paid -- O'Neill"),
        _hook("customer.updated", id="cus_9", description=HTML),
        api("POST", "/hook", '{"type": "x"}', headers={"X-Signature": "0" * 64}),
    ],
    "notify": [
        sns({"AlarmName": "CPU > 90% on 'web-1'", "NewStateReason": "Threshold Crossed: 3 > 2; see $(docs)"}),
        sns(GRUMBLE, "Disk is full"),
        sns(LISTING),
    ],
    "old_box": [
        {"box": 3, "caption": "Gate 5 opens at 10:00; don't run -- 50% wet"},
        {"box": "7", "caption": 'Zoë\'s <b>boat</b>: "late"'},
        {"box": 1, "caption": ""},
    ],
    "download": [
        get("/d", name="ticket 12.pdf"),
        get("/d", name="O'Hara; (copy).pdf"),
        get("/d", name='"Reise/Plan: 5".pdf'),
    ],
    "short_link": [
        api("GET", "/go"),
        get("/go", to="/book?boat=7&x=it's#seats"),
        get("/go", to="https://www.ferry.example/a?b=c"),
        get("/go", to="https://other.example/"),
    ],
    "weather": [
        _tool(city="L'Aquila"),
        _tool(city="São Paulo & x=1", units="imperial"),
        _tool(city=NOTES[:200]),
    ],
    "open_page": [
        _tool(url="@PARTNER@/docs/page?x=1&y=it's"),
        _tool(url="@PARTNER@/a/b%20c.html#top"),
        _tool(url="not a url; sorry"),
        _tool(url="@PARTNER@/missing"),
    ],
    "who": [
        _bearer(sub="o'hara; x", scope="read write:all"),
        _bearer(sub="u-1"),
        api("GET", "/me", headers={"Authorization": "Bearer a.b.c"}),
    ],
    "translate": [
        post("/t", texts=["It's 50% & more; {x}", HTML], lang="DE"),
        post("/t", texts=[NOTES, "日本語"]),
        post("/t", texts=[ESSAY[:5000]]),
    ],
    "search_docs": [
        get("/s", q='"it\'s" } AND {', size="3"),
        get("/s", q=GRUMBLE),
        get("/s", q=PATTERN, size="10"),
    ],
    "upload_report": [
        bus("Report", name="Report (May); O'Hara.txt", text=ESSAY[:3000], folder="/a b/c's"),
        bus("Report", name='x".txt', text="--b\r\nContent-Disposition: x"),
        bus("Report", name="é/ü.txt", text=SPOTS[3]),
    ],
    "status_page": [
        {"sites": ["http://@PARTNER_HOST@/health?x=it's", "http://@PARTNER_HOST@/missing"]},
        {"sites": ["@PARTNER_HOST@/a%20b;c"]},
        {"sites": []},
    ],
}

ATTACKS = [
    Attack("request, path", "port", one("/p", code="../../internal/ports"), TOKEN),
    Attack("request, path", "port", one("/p", code="x/../../../internal?"), TOKEN),
    Attack("request, path", "port", one("/p", code="IEDUB?admin=true&fields=*#"), "admin=true"),
    Attack("request, path", "port", one("/p", code="IEDUB/../../users/1"), "/users/1"),
    Attack("request, query", "fares", get("/f", route="DUB&price=0&agent=root"), "agent=root"),
    Attack("request, query", "fares", get("/f", route="x", **{"class": "std&debug=1#"}), "debug=1"),
    Attack("JSON", "book_text", bus("B", name="x", remarks='", "paid": true, "z": "'), '"paid": true'),
    Attack("JSON", "book_text", bus("B", name="x", remarks='a", "discount": 100, "b": "c'), '"discount": 100'),
    Attack("JSON", "book_text", bus("B", name="x", remarks='","passenger":"Admin","r":"'), '"passenger": "Admin"'),
    Attack("XML", "manifest", post("/m", boat="x", people=["a</p><agent>admin</agent><p>b"]), "<agent>admin</agent>"),
    Attack("XML", "manifest", post("/m", boat="x' paid='yes", people=[]), "paid='yes'"),
    Attack("XML", "manifest", post("/m", boat="x'/><manifest boat='y", people=["z"]), "<manifest boat='x'/><manifest"),
    Attack("SSRF", "link_card", _chat("hi @INSIDE@/internal"), TOKEN),
    Attack("SSRF", "link_card", _chat("see http://localhost:@PORT@/internal/latest/meta-data/iam please"), TOKEN),
    Attack("SSRF, redirect", "link_card", _chat("@PARTNER@/redirect?to=http%3A%2F%2F127.0.0.1%3A@PORT@%2Finternal"), TOKEN),
    Attack("SSRF, spelling", "link_card", _chat("http://user:pw@0177.0.0.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, spelling", "logo", post("/l", logo_url="http://127.0.0.2:@PORT@/internal"), "eyJzZWNyZXQi"),
    Attack("SSRF, spelling", "logo", post("/l", logo_url="http://0:@PORT@/internal"), "eyJzZWNyZXQi"),
    Attack("SSRF, spelling", "logo", post("/l", logo_url="http://2130706433:@PORT@/internal"), "eyJzZWNyZXQi"),
    Attack("SSRF, spelling", "logo", post("/l", logo_url="http://[::ffff:7f00:1]:@PORT@/internal"), "eyJzZWNyZXQi"),
    Attack("SSRF, redirect", "logo", post("/l", logo_url="@PARTNER@/redirect?to=http://localhost:@PORT@/internal"), "eyJzZWNyZXQi"),
    Attack("SSRF, prefix", "subscribe", post("/s", callback="@PARTNER@/redirect?to=http://127.0.0.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, prefix", "subscribe", post("/s", callback="@PARTNER@@127.0.0.1:@PORT@/internal"), TOKEN),
    Attack("request, path", "gateway", _proxy("v1/boats/../../internal/x"), TOKEN),
    Attack("request, path", "gateway", _proxy("v1/fares/../../v1/../internal"), TOKEN),
    Attack("request, path", "gateway", _proxy("v1/boats/%2e%2e/%2e%2e/internal/7", "DELETE"), "/v1/boats/../../internal/7"),
    Attack("header", "old_box", {"box": 1, "caption": "x\r\nX-Admin: 1"}, "X-Admin"),
    Attack("header", "old_box", {"box": 1, "caption": "x\nX-Forwarded-For: 127.0.0.1"}, "X-Forwarded-For"),
    Attack("header", "old_box", {"box": 1, "caption": "\r\nX-Role: admin\r\nX-Z: "}, "X-Role"),
    Attack("header", "download", get("/d", name="x.pdf\r\nSet-Cookie: session=evil"), "session=evil"),
    Attack("header", "download", get("/d", name="x\nLocation: https://evil.example"), "evil.example"),
    Attack("redirect", "short_link", get("/go", to="https://evilferry.example/login"), "evilferry"),
    Attack("redirect", "short_link", get("/go", to="https:evil.example/x"), "https:evil.example"),
    Attack("SSRF", "open_page", _tool(url="http://127.0.0.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, file", "open_page", _tool(url="file:///etc/passwd"), "root:x:0:0"),
    Attack("SSRF, file", "open_page", _tool(url="file://localhost/proc/self/environ"), "PARTNER_URL"),
    Attack("SSRF, file", "open_page", _tool(url="URL:FiLe:/etc/passwd"), "root:x:0:0"),
    Attack("JSON", "search_docs", get("/s", q="x", size='9, "_source": ["secret"], "script_fields": {}'), "script_fields"),
    Attack("JSON", "search_docs", get("/s", q="x", size='1, "aggs": {"all": {"terms": {"field": "password"}}}'), '\\"password\\"'),
    Attack("SSRF", "status_page", {"sites": ["127.0.0.1:@PORT@/internal"]}, TOKEN),
    Attack("SSRF", "status_page", {"sites": ["http://localhost:@PORT@/internal/health"]}, TOKEN),
    Attack("SSRF", "status_page", {"sites": ["http://[::ffff:127.0.0.1]:@PORT@/internal"]}, TOKEN),
]  # fmt: skip
