"""Calls to partners, hooks and bots."""

from urllib.parse import quote

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixteenth import (
    AWKWARD,
    GUESTS,
    HTML,
    PROSE,
    api,
    b64,
    form,
    rule,
    sns,
    sqs,
    url,
)

NEEDS = ()
TOKEN = "internal-token-4711"
IN = "@INSIDE@/internal/keys"


def _get(**query: str) -> dict[str, object]:
    return api("GET", "/", query=query)


def _name(name: str) -> dict[str, object]:
    return api("GET", "/users/{name}", ids={"name": name})


def _post(**body: object) -> dict[str, object]:
    return url("POST", "/", body)


def _card(address: str) -> dict[str, object]:
    return api("GET", "/cards/{token}", ids={"token": b64(address).rstrip("=")})


def _proxy(path: str, **query: str) -> dict[str, object]:
    return url("GET", path, query=query)


def _tenant(name: str) -> dict[str, object]:
    return api("GET", "/status", headers={"X-Tenant": name})


REQUESTS = {
    "weather": [_get(city=one) for one in ("São Paulo", "Coeur d'Alene, ID", "x&units=imperial#", *AWKWARD)],
    "weather_text": [_get(city=one) for one in ("Oslo", "Saint-Denis (93)", "Coeur d'Alene,US", "L'Aquila")],
    "user": [_name(one) for one in ("zoe", "o'hara", "zoe.k-2", "李雷")],
    "user_quoted": [_name(one) for one in ("zoe", *AWKWARD)],
    "user_twice": [_name(one) for one in ("zoe", "o%27hara", "Ana%20Mar%C3%ADa", "zoe@example.org")],
    "tenant": [_tenant("acme"), _tenant("o-hara.2"), _tenant("@")],
    "fetch": [
        sqs({"id": 1, "url": "@PARTNER@/pictures/a%20b.png?w=10&h='2'"}),
        sqs({"id": 2, "url": "@PARTNER@/a/(b);c=1/--.gif"}, {"id": 3, "url": "@PARTNER@/x.png#top"}),
    ],
    "fetch_listed": [
        _post(url="@PARTNER@/articles/o'hara?select=1;drop"),
        _post(url="https://example.org/?u=@PARTNER@"),
        _post(url="@PARTNER@/a/b%2Fc?next=http://127.0.0.1/"),
    ],
    "fetch_prefix": [
        _get(url="@PARTNER@/public/a.png"),
        _get(url="@PARTNER@/public/o'b (1).png?x=1;y=2"),
        _get(url="http://x/"),
    ],
    "fetch_numbers": [
        _get(url="@PARTNER@/feed.xml?page=2&sort=-date"),
        _get(url="http://127.0.0.1/"),
        _get(url="@PARTNER@/it's--here"),
    ],
    "follow": [
        _post(link="@PARTNER@/s/abc?utm=it's"),
        _post(link="@PARTNER@/redirect?to=@PARTNER@/landing"),
        _post(link="http://y/"),
    ],
    "assembled": [
        rule("Device", {"host": "127.0.0.1", "port": "@PORT@"}),
        rule("Device", {"host": "127.0.0.1", "port": "@PORT@", "path": "/state?of=pump's"}),
    ],
    "callback": [
        {"callback": "jobs/5", "note": PROSE},
        {"callback": "/hooks/o'hara?x=1;y=--", "state": "it's failed"},
        {"callback": "./done", "note": HTML},
    ],
    "card": [_card("pictures/zoe.png"), _card("pictures/o'hara (2).png?size=5"), _card("@PARTNER@/p/ü.png")],
    "search": [_get(q=one, sort="-date", limit="5") for one in AWKWARD]
    + [_get(**{"from": "2026-01-01T00:00:00+02:00", "to": "now"})],
    "pass_on": [_proxy("/items/5"), _proxy("/items/o'hara/notes", q="it's; -- x"), _proxy("/a.b-c_d~e")],
    "pay": [
        _post(amount=5.25, text=PROSE),
        _post(amount="10.00", currency="USD", text=GUESTS[0]),
        _post(amount=0, text=AWKWARD[2]),
    ],
    "raw_header": [
        rule("Print", {"job": "label 5 -- it's (ready); ok"}),
        rule("Print", {"job": "a=1&b=2: <x>"}),
    ],
    "soap": [
        _post(id="A-1", note="It's here -- select (one)"),
        _post(id=5, note="5 o'clock; 100% sure"),
        _post(id="O'Hara 7"),
    ],
    "soap_safe": [_post(id=one, note=HTML) for one in AWKWARD],
    "link": [
        _get(key=one, name=one)
        for one in ("2026/report's.pdf", "a b--(1);.csv", "../x/y.txt", GUESTS[3], AWKWARD[3])
    ],
    "slash": [form("/slash", text=one, channel="c-1") for one in AWKWARD],
    "hooks": [
        sns({"hook": "@PARTNER@/services/T0/B-1", "text": PROSE}),
        sns({"hook": "http://else/", "text": "x"}),
    ],
    "redirect": [
        _get(next="/orders?id=5&sort=name'--"),
        _get(next="https://app.example.org/a?b=c#d", lang="pt-BR"),
        _get(),
    ],
    "mail": [_post(subject=one, text=PROSE) for one in (*AWKWARD, "two\r\nlines: x")],
    "mail_raw": [
        _post(name=GUESTS[0], subject="It's -- late; (5)", text=PROSE),
        _post(name=GUESTS[3], subject="Re: Re: x", text=HTML + "\r\n\r\nBcc: no"),
    ],
}

ATTACKS = [
    Attack("URL, parameters", "weather_text", _get(city="Oslo&key=stolen&units=x"), "key=stolen"),
    Attack("URL, fragment", "weather_text", _get(city="x&admin=true#"), "admin=true"),
    Attack("URL, path", "user", _name("../../internal/keys"), TOKEN),
    Attack("URL, path", "user", _name("x/../../admin/users?all=1"), "/admin/users?all=1"),
    Attack("URL, query", "user", _name("zoe?role=admin&x="), "?role=admin"),
    Attack("URL, path decoded twice", "user_twice", _name("%2e%2e%2f%2e%2e%2finternal%2fkeys%3f"), TOKEN),
    Attack("URL, path decoded twice", "user_twice", _name("zoe%3frole%3dadmin%23"), "/users/zoe?role=admin"),
    Attack("URL, host", "tenant", _tenant("127.0.0.1:@PORT@/internal/keys?"), TOKEN),
    Attack("URL, host", "tenant", _tenant("x@127.0.0.1:@PORT@/internal/#"), TOKEN),
    Attack("SSRF, file", "fetch", sqs({"id": 1, "url": "file:///etc/passwd"}), "root:"),
    Attack("SSRF, file", "fetch", sqs({"id": 1, "url": "FiLe://localhost/%65tc/p%61sswd"}), "root:"),
    Attack("SSRF, data", "fetch", sqs({"id": 1, "url": IN}), TOKEN),
    Attack("SSRF, loopback", "fetch", sqs({"id": 2, "url": "http://0x7f.1:@PORT@/internal"}), TOKEN),
    Attack("URL, path", "fetch_prefix", _get(url="@PARTNER@/public/../internal/keys"), TOKEN),
    Attack("URL, path", "fetch_prefix", _get(url="@PARTNER@/public/%2e%2e/internal"), "/public/../internal"),
    Attack("SSRF, number", "fetch_numbers", _get(url="http://2130706433:@PORT@/internal"), TOKEN),
    Attack("SSRF, short", "fetch_numbers", _get(url="http://127.1:@PORT@/internal/x"), TOKEN),
    Attack("SSRF, unspecified", "fetch_numbers", _get(url="http://0.0.0.0:@PORT@/internal/x"), TOKEN),
    Attack("SSRF, octal", "fetch_numbers", _get(url="http://0177.0.0.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, redirect", "follow", _post(link="@PARTNER@/redirect?to=" + quote(IN, safe="@")), TOKEN),
    Attack(
        "SSRF, redirect", "fetch_numbers", _get(url="@PARTNER@/redirect?to=" + quote(IN, safe="@")), TOKEN
    ),
    Attack(
        "SSRF, fields",
        "assembled",
        rule("Device", {"host": "127.0.0.1", "port": "@PORT@/internal?", "path": "x"}),
        TOKEN,
    ),
    Attack(
        "SSRF, fields",
        "assembled",
        rule("Device", {"host": "u", "port": "p@127.0.0.1:@PORT@", "path": "/internal/a"}),
        TOKEN,
    ),
    Attack("SSRF, joined", "callback", {"callback": IN}, TOKEN),
    Attack("SSRF, joined", "callback", {"callback": "//127.0.0.1:@PORT@/internal"}, TOKEN),
    Attack("URL, path joined", "callback", {"callback": "../../../internal/x"}, TOKEN),
    Attack("URL, in base64", "card", _card("x/../internal/k"), TOKEN),
    Attack("header, CRLF", "raw_header", rule("Print", {"job": "1\r\nX-Admin: yes"}), '"X-Admin": "yes"'),
    Attack("header, LF", "raw_header", rule("Print", {"job": "1\nX-Role: root\nX-Z: 1"}), '"X-Role": "root"'),
    Attack("XML, elements", "soap", _post(id="1</Id><Role>admin</Role><Id>2"), "<Role>admin</Role>"),
    Attack(
        "XML, comment",
        "soap",
        _post(id="1</Id><Role>admin</Role><!--", note="--><Note>"),
        "<Role>admin</Role><!--",
    ),
    Attack(
        "SSRF, pattern",
        "hooks",
        sns(
            {
                "hook": "http://127.0.0.1:@PORT@?x@PARTNER_HOST@"[:0]
                + "http://@PARTNER_HOST@@127.0.0.1:@PORT@/internal",
                "text": "x",
            }
        ),
        TOKEN,
    ),
    Attack(
        "redirect, script", "redirect", _get(next="javascript:alert(document.cookie)"), "javascript:alert"
    ),
    Attack("redirect, no host", "redirect", _get(next="https:evil.example/x"), "https:evil.example"),
    Attack("redirect, backslash", "redirect", _get(next="/\\evil.example"), "evil.example"),
    Attack(
        "mail, CRLF",
        "mail_raw",
        _post(name="Zoe", subject="Hi\r\nBcc: all@example.net", text="x"),
        "\\\\r\\\\nBcc: all@example.net",
    ),
    Attack(
        "mail, CRLF",
        "mail_raw",
        _post(name="Zoe\nReply-To: evil@example.net\nX-A:", subject="Hi", text="x"),
        "Reply-To: evil",
    ),
]
