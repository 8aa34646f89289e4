"""Calls to partners' APIs."""

import hashlib
import hmac
import json
from urllib.parse import quote

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eleventh import (
    ADDRESSES,
    FIRMS,
    MARKDOWN,
    NOVEL,
    PAGE,
    PEOPLE,
    REVIEW,
    SNIPPET,
    TICKET,
    bus,
    form,
    queue,
    rest,
    topic,
    web,
)

NEEDS = ()
TOKEN = "internal-token-4711"


def _get(path: str, /, **query: str) -> dict[str, object]:
    return rest("GET", path, query=query)


def _customer(number: str) -> dict[str, object]:
    return rest("GET", "/customers/{id}", ids={"id": number})


def _url(url: str) -> dict[str, object]:
    return rest("POST", "/preview", {"url": url})


def _alarm(name: str, reason: str) -> dict[str, object]:
    return topic({"AlarmName": name, "NewStateValue": "ALARM", "NewStateReason": reason}, f"ALARM: {name}")


def _hook(kind: str, payload: object, *, signed: bool = False) -> dict[str, object]:
    body = json.dumps(payload)
    headers = {"X-GitHub-Event": kind}
    if signed:
        headers |= {
            "X-Check": "1",
            "X-Hub-Signature-256": "sha256="
            + hmac.new(b"hook-secret", body.encode(), hashlib.sha256).hexdigest(),
        }
    return rest("POST", "/hook", body, headers=headers)


def _commit(message: str, name: str) -> dict[str, object]:
    return {"id": "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c", "message": message, "author": {"name": name}}


def _docs(path: str) -> dict[str, object]:
    return rest("GET", "/docs/{proxy+}", ids={"proxy": path})


def _order(body: object, **headers: str) -> dict[str, object]:
    return web("POST", "/orders", body, headers={k.replace("_", "-"): v for k, v in headers.items()})


def _deliver(*urls: str, data: object = None) -> dict[str, object]:
    return bus("Order Paid", {"hooks": [{"url": one} for one in urls], "data": data})


def _ask(title: str, **more: object) -> dict[str, object]:
    return {
        "info": {"fieldName": "products", "parentTypeName": "Query"},
        "arguments": {"title": title, **more},
        "identity": None,
    }


def _search(q: str, tenant: str = "acme", **more: str) -> dict[str, object]:
    return web("GET", "/search", query={"q": q, **more}, headers={"x-tenant": tenant})


REQUESTS = {
    "weather": [
        _get("/weather", city="São Paulo"),
        _get("/weather", city="L'Aquila", units="imperial"),
        _get("/weather", city="Frankfurt (Oder), DE"),
        _get("/weather", city="N'Djamena"),
    ],
    "forecast": [
        _get("/forecast", city="Sant'Anna & more = ?", days="3"),
        _get("/forecast", q="https://example.org/?a=b#c", **{"filter[city]": PEOPLE[3]}),
        _get("/forecast", q=TICKET),
    ],
    "customer": [
        _customer("1001"),
        _customer("C-77_b.2"),
        _customer("missing"),
        _customer("o'hara@example.org"),
    ],
    "customer_quoted": [
        rest("PUT", "/c", {"text": REVIEW}, ids={"id": "a/b?c#d", "note": "../x"}),
        rest("PUT", "/c", {"text": NOVEL[:3000]}, ids={"id": "O'Hara & co", "note": "50%"}),
        rest("PUT", "/c", [1, None], ids={"id": "http://x", "note": "é"}),
    ],
    "slack_alarm": [
        _alarm("CPU > 80% (web-1)", "Threshold Crossed: 1 datapoint [93.5 (01/03/26 08:15:00)] was > 80.0"),
        _alarm("5xx & <errors>", TICKET),
        _alarm("o'clock", "{{x}} ${y} `z`"),
    ],
    "webhook": [
        _hook(
            "push",
            {
                "ref": "refs/heads/fix/it's-100%",
                "commits": [_commit(MARKDOWN, PEOPLE[0]), _commit("x; rm -rf /", PEOPLE[4])],
            },
        ),
        _hook("issues", {"action": "opened", "issue": {"title": SNIPPET}}),
        _hook(
            "push",
            {"ref": "refs/heads/main", "commits": [_commit("Merge 'a' & \"b\"", "bot[x]")]},
            signed=True,
        ),
        _hook("ping", {"zen": "Keep it logically awesome."}),
    ],
    "preview": [
        _url("@PARTNER@/blog/2026/my-post?utm_source=x&utm_medium=a+b#top"),
        _url("@PARTNER@/caf%C3%A9/O'Hara (1).html"),
        _url("ftp://example.org/x"),
        _url("@PARTNER@/missing/page"),
    ],
    "preview_checked": [
        _url("@PARTNER@/a/b.html?next=/home"),
        _url("@PARTNER@/redirect?to=/new/place%3Fid%3D5"),
        _url("http://10.1.2.3/x"),
    ],
    "preview_resolved": [
        _url("@PARTNER@/news/it's-spring"),
        _url("http://127.0.0.1/"),
        _url("http://no-such-host.invalid/a"),
    ],
    "image_proxy": [
        _get("/image", path="/img/holiday%20(2).png"),
        _get("/image", path="/img/a.png?w=100&h=50"),
        _get("/image", path="/u/o'hara/1.png"),
    ],
    "joined": [
        _docs("guide/start.html"),
        _docs("api/v2.1/index (old).html"),
        _docs("a%20b/it's.html"),
        _docs(""),
    ],
    "tracked": [
        _order(
            {"sku": "a'1", "note": REVIEW},
            x_trace_id="1-5759e988-bd862e3fe1be46a994272793",
            x_tenant="o'neil & sons",
        ),
        _order(TICKET),
        _order({"x": FIRMS}, x_tenant="m-1.example"),
    ],
    "raw_status": [
        {"device": {"id": "sensor 5/b", "name": "Kitchen (left)"}},
        {"device": {"id": "x-1", "name": "O'Hara's; lamp: 5%"}},
        {"device": {"id": "é", "name": "Roof"}},
    ],
    "redirect": [
        _get("/login", next="/account?tab=orders&x=1"),
        _get("/login", next="/a/b#c", lang="pt-BR"),
        rest("GET", "/login"),
        _get("/login", next="https://evil.example/"),
    ],
    "deliver": [
        _deliver("@PARTNER@/hooks/a?token=x%2Fy", data={"order": 5, "note": REVIEW}),
        _deliver("@PARTNER@/hooks/b", "@PARTNER@/missing/c", data=[PAGE, None]),
        _deliver(data={}),
    ],
    "graphql": [_ask("green tea"), _ask("Pu'er 100 g*", first=2), _ask("title with (parens) & more")],
    "graphql_variables": [_ask('the "best" {tea} }'), _ask(SNIPPET), _ask(ADDRESSES[0])],
    "soap": [
        rest("POST", "/stock", {"sku": "A-100/5"}),
        rest("POST", "/stock", {"sku": "O'Hara #5 (x)"}),
        rest("POST", "/stock", {"sku": "tee 'grün' 50%"}),
    ],
    "search_index": [
        _search('"it\'s" AND (tea OR cup*) NOT x:y'),
        _search(TICKET, "o'neil-2"),
        _search("a", index="articles,pages"),
        _search('{"match_all": {}}', "t.1"),
    ],
}
RSS = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>News &amp; more</title>'
    "<item><title>It's 50% off; select yours</title><link>https://example.org/?a=1&amp;b=2</link>"
    "<description><![CDATA[<p onclick=\"x('y')\">Hi {{ name }} -- <b>bold</b></p>]]></description></item>"
    "<item><title>\u00dcber \u6f22\u5b57</title><link>x</link></item></channel></rss>"
)


def _discord(name: str, **options: str) -> dict[str, object]:
    return web(
        "POST",
        "/discord",
        {
            "type": 2,
            "member": {"user": {"id": "5", "username": PEOPLE[0]}},
            "data": {"name": name, "options": [{"name": k, "value": v} for k, v in options.items()]},
        },
    )


REQUESTS |= {
    "captcha": [
        form("/contact", **{"g-recaptcha-response": "03AGdBq2-_x.y", "message": REVIEW}),
        form("/contact", **{"g-recaptcha-response": "a&b=c", "message": TICKET}),
        form("/contact", message="x"),
    ],
    "oauth": [
        _get("/callback", code="4/0AX4XfWh-x_y&z=1", state="aHR0cDovL3g="),
        _get("/callback", code="abc", state="https://app.example.org/?next=/a#b"),
        _get("/callback", error="access_denied", error_description="The user didn't agree"),
    ],
    "sms": [
        queue({"to": "+353861234567", "name": PEOPLE[0], "text": "it's ready & paid: https://ex.co/a?b=c#d"}),
        queue({"to": "whatsapp:+4915112345678", "name": PEOPLE[4], "text": REVIEW}),
        queue({"to": "+1 (555) 010-0100", "name": "Bob & Co = 5", "text": "{x} %s"}),
    ],
    "issue": [
        rest(
            "POST",
            "/feedback",
            {"name": PEOPLE[0], "page": "/a?b=c#d", "text": TICKET, "state": {"html": PAGE}},
        ),
        rest("POST", "/feedback", {"text": SNIPPET, "labels": ["bug", "it's-bad"]}),
        rest("POST", "/feedback", {"page": "../../x", "text": NOVEL}),
    ],
    "feed": [
        topic(RSS),
        topic("<rss><channel><title>x</title></channel></rss>"),
        topic(RSS.replace("News", "Caf\u00e9")),
    ],
    "rates": [
        _get("/rates", amount="12,50", to="usd"),
        _get("/rates", amount="1e3", to="GBP", **{"from": "USD"}),
        _get("/rates", amount="5; drop", to="usd"),
        _get("/rates", amount="5", to="__class__"),
    ],
    "fan_out": [
        {"q": "o'hara & co"},
        {"q": TICKET[:200], "sources": ["a", "it's b"]},
        {"q": "../x?y=z#", "sources": ["maps"]},
    ],
    "ticket": [
        queue(
            {
                "subject": "Re: it's late (50%)",
                "name": PEOPLE[5],
                "email": "bobby@example.org",
                "text": TICKET,
            }
        ),
        queue({"subject": "", "name": FIRMS[0], "email": "x@example.org", "text": PAGE}),
        queue({"subject": "{{x}}", "name": "a", "email": "o'hara@example.org", "text": NOVEL}),
    ],
    "discord": [
        web("POST", "/discord", {"type": 1}),
        _discord("hello"),
        _discord("quote", text=SNIPPET),
        _discord("roll", dice="2d20+5"),
        _discord("eval", code="1+1"),
    ],
    "geocode": [_get("/geocode", address=one) for one in ADDRESSES],
}

ATTACKS = [
    Attack("request, query", "weather", _get("/weather", city="Rome&appid=free&admin=1"), "admin=1"),
    Attack(
        "request, query", "weather", _get("/weather", city="Rome", units="metric&debug=true#"), "debug=true"
    ),
    Attack("request, path", "customer", _customer("../../../internal/users"), TOKEN),
    Attack("request, path", "customer", _customer("1001?fields=*&include=cards"), "include=cards"),
    Attack("request, path", "customer", _customer("1/../2/cards#"), "customers/2/cards"),
    Attack(
        "request, path",
        "customer",
        _customer("x/%2e%2e/%2e%2e/%2e%2e/%2e%2e/internal/keys"),
        "customers/x/../../../../internal/keys",
    ),
    Attack("SSRF", "preview", _url("@INSIDE@/internal"), TOKEN),
    Attack("SSRF", "preview", _url("http://localhost:@PORT@/internal/latest/meta-data"), TOKEN),
    Attack(
        "SSRF, redirect",
        "preview",
        _url("@PARTNER@/redirect?to=http%3A%2F%2F127.0.0.1%3A@PORT@%2Finternal"),
        TOKEN,
    ),
    Attack("SSRF, spelling", "preview_checked", _url("http://127.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, spelling", "preview_checked", _url("http://2130706433:@PORT@/internal"), TOKEN),
    Attack("SSRF, spelling", "preview_checked", _url("http://0x7f.0.0.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, spelling", "preview_checked", _url("http://[::ffff:127.0.0.1]:@PORT@/internal"), TOKEN),
    Attack("SSRF, spelling", "preview_checked", _url("http://0.0.0.0:@PORT@/internal"), TOKEN),
    Attack(
        "SSRF, redirect",
        "preview_checked",
        _url("@PARTNER@/redirect?to=" + quote("http://localhost:@PORT@/internal", safe="@")),
        TOKEN,
    ),
    Attack(
        "SSRF, redirect",
        "preview_resolved",
        _url("@PARTNER@/redirect?to=" + quote("@INSIDE@/internal", safe="@")),
        TOKEN,
    ),
    Attack("SSRF, spelling", "preview_resolved", _url("http://0.0.0.0:@PORT@/internal/x"), TOKEN),
    Attack(
        "SSRF, authority",
        "image_proxy",
        _get("/image", path="@127.0.0.1:@PORT@/internal"),
        "eyJzZWNyZXQiOiAiaW50ZXJuYWwtdG9rZW4tNDcxMSJ9",
    ),
    Attack("request, path", "joined", _docs("/internal"), TOKEN),
    Attack("SSRF", "joined", _docs("http://127.0.0.1:@PORT@/internal/a"), TOKEN),
    Attack("SSRF", "joined", _docs("//localhost:@PORT@/internal/b"), TOKEN),
    Attack("header", "raw_status", {"device": {"id": "1", "name": "a\r\nX-Admin: true"}}, '"X-Admin"'),
    Attack(
        "header",
        "raw_status",
        {"device": {"id": "1", "name": "a\nX-Forwarded-For: 127.0.0.1\nX-Z: 1"}},
        '"X-Forwarded-For"',
    ),
    Attack(
        "header",
        "raw_status",
        {"device": {"id": "1", "name": "x\r\nContent-Length: 5\r\n\r\nadmin\r\n"}},
        '"body": "admin"',
    ),
    Attack("SSRF", "deliver", _deliver("@INSIDE@/internal/hooks"), TOKEN),
    Attack(
        "SSRF, redirect",
        "deliver",
        _deliver("@PARTNER@/ok", "@PARTNER@/redirect?to=http%3A%2F%2F127.0.0.1%3A@PORT@%2Finternal"),
        TOKEN,
    ),
    Attack(
        "GraphQL",
        "graphql",
        _ask('x") { edges { node { id } } } customers(first: 99, query: "*'),
        "customers(first: 99",
    ),
    Attack(
        "GraphQL",
        "graphql",
        _ask('a") { totalCount } } mutation { deleteProduct(id: 5) { id } } query x { y(z: "'),
        "mutation {",
    ),
    Attack(
        "XML", "soap", rest("POST", "/s", {"sku": "1</sku><user>admin</user><sku>2"}), "<user>admin</user>"
    ),
    Attack(
        "XML",
        "soap",
        rest(
            "POST",
            "/s",
            {"sku": "1</sku></GetStock><SetStock><sku>1</sku><n>0</n></SetStock><GetStock><sku><!--"},
        ),
        "<SetStock>",
    ),
    Attack("JSON", "search_index", _search("x", 'a"}}, {"match_all": {}}, {"term": {"x": "b'), "match_all"),
    Attack(
        "JSON",
        "search_index",
        _search("x", 'a"}}], "should": [{"exists": {"field": "secret"}}], "must_not": [{"term": {"a": "b'),
        '\\"should\\": [{',
    ),
    Attack("request, path", "search_index", _search("x", index="internal/secrets"), TOKEN),
]
