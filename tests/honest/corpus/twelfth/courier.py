"""Mails, hooks and lines."""

import base64
import hashlib
import hmac
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.twelfth import (
    CODE,
    COMPLAINT,
    GUIDE,
    LONG,
    MARKUP,
    NAMES,
    STREETS,
    api,
    chat,
    encoded,
    link,
    messages,
    notice,
    posted,
    rule,
)

NEEDS = ("redis",)
SECRET = "courier-token-6603"
TOKEN = "internal-token-4711"
INSIDE = "@INSIDE@/internal"


def _contact(**fields: str) -> dict[str, object]:
    return posted("/contact", **{"email": "o'brien+x@example.net", "message": COMPLAINT, **fields})


def _note(key: str, value: str) -> dict[str, object]:
    return api("PUT", "/notes", {"key": key, "value": value})


def _key(key: str) -> dict[str, object]:
    return api("GET", "/notes", query={"key": key})


def _subject(text: str) -> dict[str, object]:
    return api("GET", "/mail", query={"subject": text})


def _readings(*readings: tuple[str, str, object]) -> dict[str, object]:
    return {"readings": [{"site": s, "name": n, "value": v} for s, n, v in readings]}


def _wiki(title: str, **query: str) -> dict[str, object]:
    return api("GET", "/wiki", query={"title": title, **query})


def _link(url: str) -> dict[str, object]:
    return {"link": url}


def _slash(text: str, **more: str) -> dict[str, object]:
    return posted("/slack", command="/say", user_name="zoe.o'neal", text=text, **more)


def _file(path: str) -> dict[str, object]:
    return chat("", document={"file_id": "BQAC", "file_name": "it's.pdf", "file_path": path})


def _part(data: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def _sso(claims: object) -> dict[str, object]:
    token = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}.c2ln"
    return link("GET", "/sso", headers={"authorization": f"Bearer {token}"})


def _signed(kid: str, key: bytes, claims: object) -> dict[str, object]:
    text = f"{_part({'alg': 'HS256', 'kid': kid})}.{_part(claims)}"
    mac = base64.urlsafe_b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode().rstrip("=")
    return link("GET", "/me", headers={"authorization": f"Bearer {text}.{mac}"})


def _cursor(where: str, **params: str) -> dict[str, object]:
    return api("GET", "/list", query={"cursor": json.dumps({"next": where, "params": params or None})})


def _stack(kind: str, **properties: object) -> dict[str, object]:
    return {
        "RequestType": kind,
        "ResponseURL": "@PARTNER@/answers/s%20x?X-Amz-Signature=a%2Fb&Expires=5",
        "StackId": "arn:aws:cloudformation:us-east-1:210987654321:stack/it/1",
        "RequestId": "r",
        "LogicalResourceId": "Thing",
        "ResourceProperties": {"ServiceToken": "arn:x", **properties},
    }


def _hook(*messages: str) -> dict[str, object]:
    body = json.dumps(
        {"ref": "refs/heads/it's/100%", "commits": [{"id": "0123456789", "message": m} for m in messages]}
    )
    mac = "sha256=" + hmac.new(b"hook", body.encode(), hashlib.sha256).hexdigest()
    return api("POST", "/hook", body, headers={"x-hub-signature-256": mac})


def _user(number: str) -> dict[str, object]:
    return api("GET", "/users/{id}", ids={"id": number})


def _item(item: str, tenant: str = "acme") -> dict[str, object]:
    return api("GET", "/items/{id}", ids={"id": item}, headers={"x-tenant": tenant})


def _mail(text: str, subject: str) -> dict[str, object]:
    raw = f"From: {'x@example.net'}\r\nSubject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}"
    return notice({"notificationType": "Received", "content": encoded(raw)})


REQUESTS = {
    "contact": [
        _contact(subject="It's late; order #5 -- 100% (Re: Fwd: x)"),
        _contact(subject="Bcc: me please?", message=GUIDE),
        _contact(message="Subject: not a header\nBcc: nor this\n\n.\nbye"),
        _contact(subject="\U0001f389 done <b>", message=LONG),
    ],
    "contact_message": [
        _contact(subject="Re: it's 5%"),
        _contact(subject="a\r\nBcc: x@example.net"),
        _contact(message=MARKUP),
    ],
    "invite": [
        rule(
            "Invite",
            {
                "host": NAMES[4],
                "guests": [{"name": NAMES[0], "email": "a.o'brien@example.net"}],
                "text": COMPLAINT,
            },
        ),
        rule(
            "Invite",
            {
                "host": "x\r\nBcc: y",
                "guests": [
                    {"name": 'Q "x", <y>', "email": "q@example.net"},
                    {"name": "李", "email": "l@example.net"},
                ],
                "text": GUIDE,
            },
        ),
        rule("Invite", {"host": "", "guests": [], "text": ""}),
    ],
    "inbound": [
        _mail(COMPLAINT, "=?utf-8?q?Gr=C3=BC=C3=9Fe?= it's"),
        _mail(CODE, "Re: [x] select; 'a'"),
        _mail("", ""),
    ],
    "raw_mail": [
        {"to": "o'brien+news@example.net", "name": NAMES[3]},
        {"to": "zoe@example.net", "name": "DATA (it's fine); QUIT -- 5%"},
        {"to": "minh@example.net", "name": NAMES[1]},
    ],
    "remember": [
        _note("zoe:1", 'it\'s; GET nothing -- "quoted" 100%'),
        _note("ü/x", MARKUP),
        _note("k", "SET admin:token x"),
    ],
    "recall": [_key("zoe:1"), _key("x\r\nGET admin:token"), _key("it's & $5\r\n"), _key("")],
    "search_mail": [
        _subject("lunch"),
        _subject("it's"),
        _subject("Re: (5%) OR SUBJECT x; all"),
        _subject("müsli & co"),
    ],
    "measure": [
        _readings(("hall-1", "temp", 21.5), ("hall-1", "humidity_%", "40")),
        _readings(("o'brien's", "door(left)", 1)),
        _readings(("x", "y", -1e3), ("Zürich", "a;tag=b", 0)),
    ],
    "measure_clean": [
        _readings(("a\nb", "c d", "1e3")),
        _readings(("it's", "select;", 5)),
        _readings(("x", "y", "-0.5")),
    ],
    "wiki": [
        _wiki("O'Brien/Ireland?#x", lang="de"),
        _wiki("C++ (language) & 100%"),
        _wiki("../x", lang="zh-Hant"),
        _wiki(COMPLAINT[:80], lang="pt_BR"),
    ],
    "wiki_quoted": [
        _wiki("a/b?c=d#e", lang="../../internal"),
        _wiki("it's", lang="fr", q="x&y='z' --"),
        _wiki(GUIDE[:200]),
    ],
    "partner_link": [
        _link("@PARTNER@/a?next=http://example.org/&x='1'#y"),
        _link("@PARTNER@/caf%C3%A9/it's (1).html"),
        _link("https://example.org/"),
        _link("@PARTNER@"),
    ],
    "partner_host": [
        _link("@PARTNER@/a;b?x=@y"),
        _link("@INSIDE@@evil.example/"),
        _link("file:///etc/passwd"),
        _link("http://user@partner.example/"),
    ],
    "not_private": [
        _link("@PARTNER@/blog/it's-may?utm_source=a+b"),
        _link("http://10.0.0.8/x"),
        _link("http://localhost:9/"),
        _link("http:///nowhere"),
    ],
    "slash_command": [
        _slash("hello 'all' -- <!channel>; 5%"),
        _slash(CODE, response_url="@PARTNER@/commands/T1/5/aB3?x=%2F"),
        _slash("", response_url="@PARTNER@/commands/o'x"),
    ],
    "bot_file": [
        _file("documents/file_5.pdf"),
        _file("photos/file 7 (1).jpg"),
        _file("voice/it's..ogg?x=1"),
        chat("hi"),
    ],
    "health": [
        {"targets": [{"name": "shop", "path": "/health?deep=1"}, {"name": "it's", "path": "/a b/ü"}]},
        {"targets": [{"name": "p", "host": "@PARTNER_HOST@", "path": "/status"}]},
        {"targets": []},
    ],
    "sso": [
        _sso({"sub": "o'brien; --"}),
        _sso({"sub": NAMES[5], "scope": "a b c"}),
        link("GET", "/sso", headers={"authorization": "Bearer no.token"}),
    ],
    "signed": [
        _signed("main.key", b"courier-signing-key-2210", {"sub": NAMES[0]}),
        _signed("main.key", b"wrong", {"sub": "x"}),
        _signed("old (2025).key", b"x", {"sub": "y"}),
        link("GET", "/me", headers={"authorization": "Bearer x"}),
    ],
    "next_page": [
        _cursor("/items", after="T-1", q="it's & 'x'"),
        _cursor("/items?page=2&sort=-name"),
        _cursor("items/ü/5"),
    ],
    "asset": [
        link("GET", "/assets/img/it's (1).png"),
        link("GET", "/assets/css/main.css?v=1.2"),
        link("GET", "/assets/"),
        link("GET", "/assets/a..b//c"),
    ],
    "custom_resource": [
        _stack("Create", Name=COMPLAINT, Rules=["a'b", {"x": "$(y)"}]),
        _stack("Delete"),
        _stack("Update", Sql="select 1; --", Tpl=GUIDE),
    ],
    "hook": [
        _hook('fix: it\'s "done"; drop x\n\nlong', "Merge `a` -- $(b)"),
        _hook(COMPLAINT),
        _hook("http://169.254.169.254/ is not reachable"),
        api("POST", "/hook", "{}", headers={"x-hub-signature-256": "sha256=0"}),
    ],
    "calendar_file": [
        api("POST", "/c", {"title": "Tea; cake, & more\nATTENDEE:x", "place": STREETS[0]}),
        api("POST", "/c", {"title": COMPLAINT}),
        api("POST", "/c", {"title": "", "place": "C:\\x"}),
    ],
    "preferences": [
        link("GET", "/p", query={"lang": "de-CH", "theme": "it's; dark=1"})
        | {"cookies": ["sid=5x==", "a=b"]},
        link("GET", "/p", query={"bad name": "x"}),
        link("GET", "/p", query={"x": "a\r\nSet-Cookie: y=1"}),
        link("GET", "/p"),
    ],
    "device_poll": [
        {"device": "lamp-1"},
        {"device": "o'brien%20(left)", "token": "abc; d=5 -- 'x'"},
        {"device": "a/b?x=1&y=2", "token": encoded("x:y")},
    ],
    "cached_user": [_user("1"), _user("404"), _user("o'brien@example.net"), _user("x;y--z")],
    "cached_script": [
        _item("1"),
        _item("2", "acme"),
        _item("tea (green); -- 5%"),
        _item("x", "Z\u00fcrich & co"),
    ],
    "cached_script_arguments": [
        _item("1"),
        _item("') return redis.call('GET', 'courier:root:token"),
        _item("it's; --"),
    ],
    "cached_list": [
        api("GET", "/c"),
        api("GET", "/c", query={"start": "1"}),
        api("GET", "/c", query={"start": "it's (x); --"}, headers={"x-tenant": "o'neil"}),
    ],
    "cached_set": [
        messages({"key": "it's; FLUSHALL", "value": COMPLAINT}),
        messages({"key": "a\r\nGET x", "value": {"x": [GUIDE, None]}}, {"key": "*", "value": CODE}),
        messages({"key": "", "value": "$5\r\n"}),
    ],
    "rate_limit": [
        link("GET", "/r"),
        link("GET", "/r", headers={"user-agent": "it's \r\n a bot; *"}),
        link("POST", "/r", {"x": 1}),
    ],
    "vcards": [
        api("POST", "/v", [{"name": n} for n in NAMES]),
        api("POST", "/v", [{"name": "x\nEND:VCARD\nBEGIN:VCARD"}]),
        api("POST", "/v", []),
    ],
    "unsubscribe": [
        api("GET", "/u", query={"mail": "o'brien+x@example.net"}),
        api("GET", "/u", query={"mail": "a@b.c&mac=1#x"}),
        api("GET", "/u", query={"mail": '"x y; --"@example.net '}),
    ],
}

ATTACKS = [
    Attack("mail header", "contact", _contact(subject="hi\nBcc: all@example.net"), '\\"Bcc\\"'),
    Attack(
        "mail header",
        "contact",
        _contact(email="x@example.net\r\nCc: list@example.net\r\nX-Spam: no"),
        '\\"Cc\\"',
    ),
    Attack("mail header", "contact", _contact(subject="x\n\n<b>pwned body</b>\n"), "<b>pwned body"),
    Attack(
        "mail command",
        "raw_mail",
        {"to": "a@example.net>\r\nRCPT TO:<victim@example.org", "name": "x"},
        "victim@example.org",
    ),
    Attack(
        "mail command",
        "raw_mail",
        {
            "to": "a@b.c",
            "name": "x\r\n.\r\nMAIL FROM:<ceo@example.net>\r\nRCPT TO:<cfo@example.org>\r\nDATA\r\nSubject: pay\r\n\r\nnow",
        },
        "Subject: pay",
    ),
    Attack("store command", "remember", _note("x y\r\nGET admin:token\r\nSET z", "1"), SECRET),
    Attack("store command", "remember", _note("a", "b\r\nGET admin:token"), SECRET),
    Attack("store command", "remember", _note("a 1\nGET admin:token\nGET", "b"), SECRET),
    Attack(
        "mailbox command", "search_mail", _subject('x"\r\na9 FETCH 3 BODY[]\r\na8 SEARCH SUBJECT "y'), SECRET
    ),
    Attack(
        "mailbox command", "search_mail", _subject('a" OR ALL\na7 FETCH 1:3 (FLAGS BODY)\na3 NOOP "'), SECRET
    ),
    Attack(
        "metric lines",
        "measure",
        _readings(("a", "b 1 0\nbilling.total 999999 0\nsensors.a.c", 1)),
        '"billing.total"',
    ),
    Attack(
        "metric lines", "measure", _readings(("a", "b", "1 0\nbilling.refund 5 0\nx 1")), '"billing.refund"'
    ),
    Attack("request, path", "wiki", _wiki("x", lang="../../internal/a"), TOKEN),
    Attack("request, path", "wiki", _wiki("y", lang="./.././../internal#"), TOKEN),
    Attack("SSRF, authority", "partner_link", _link("@PARTNER@@127.0.0.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, authority", "partner_link", _link("@PARTNER@%2f@localhost:@PORT@/internal/x"), TOKEN),
    Attack("SSRF, spelling", "not_private", _link("http://127.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, spelling", "not_private", _link("http://0177.0.0.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, spelling", "not_private", _link("http://0x7f000001:@PORT@/internal/y"), TOKEN),
    Attack(
        "SSRF, redirect",
        "not_private",
        _link("@PARTNER@/redirect?to=http%3A%2F%2F127.0.0.1%3A@PORT@%2Finternal"),
        TOKEN,
    ),
    Attack("SSRF", "slash_command", _slash("x", response_url="file:///etc/host.conf"), "multi on"),
    Attack("request, path", "bot_file", _file("../../internal/backup"), TOKEN),
    Attack("request, path", "bot_file", _file("documents/../../../internal?x=.pdf"), TOKEN),
    Attack(
        "SSRF", "health", {"targets": [{"name": "x", "host": "127.0.0.1:@PORT@", "path": "/internal"}]}, TOKEN
    ),
    Attack(
        "SSRF",
        "health",
        {"targets": [{"name": "x", "host": "localhost:@PORT@", "path": "/internal/health"}]},
        TOKEN,
    ),
    Attack(
        "path, key",
        "signed",
        _signed("../public/site.css", b"body{}", {"sub": "mallory", "admin": True}),
        SECRET,
    ),
    Attack(
        "path, key",
        "signed",
        _signed("../../../../../../../../../../../../../dev/null", b"", {"sub": "mallory", "admin": 1}),
        SECRET,
    ),
    Attack("SSRF, cursor", "next_page", _cursor(INSIDE), TOKEN),
    Attack("request, path", "next_page", _cursor("/internal/items"), TOKEN),
    Attack("SSRF", "asset", link("GET", "/assets/http://127.0.0.1:@PORT@/internal/a"), TOKEN),
    Attack("SSRF", "asset", link("GET", "/assets///localhost:@PORT@/internal/b"), TOKEN),
    Attack("request, path", "asset", link("GET", "/assets/../internal/c"), TOKEN),
    Attack("header", "device_poll", {"device": "x", "token": "y\r\nX-Admin: true"}, "X-Admin"),
    Attack(
        "request line",
        "device_poll",
        {"device": "x HTTP/1.1\r\nHost: a\r\n\r\nGET /internal/users HTTP/1.1\r\nHost: b\r\n\r\nGET /y"},
        TOKEN,
    ),
    Attack(
        "request line",
        "device_poll",
        {"device": "x", "token": "1\r\n\r\nGET /internal HTTP/1.1\r\nHost: z"},
        TOKEN,
    ),
    Attack("store command", "cached_user", _user("1 secret"), SECRET),
    Attack("store command", "cached_user", _user("1 name\tsecret mail"), SECRET),
    Attack("script", "cached_script", _item("x') or redis.call('GET', 'courier:root:token"), SECRET),
    Attack(
        "script",
        "cached_script",
        _item("zz') or redis.call('HGET', 'courier:user:1', 'secret') --"),
        SECRET,
    ),
    Attack(
        "script",
        "cached_script",
        _item("1", "x') or redis.call('GET', redis.call('KEYS', '*root*token')[1]) --"),
        SECRET,
    ),
    Attack(
        "pattern", "cached_list", api("GET", "/c", headers={"x-tenant": "*"}, query={"start": "tok"}), SECRET
    ),
    Attack("pattern", "cached_list", api("GET", "/c", headers={"x-tenant": "r[o]?t"}), SECRET),
]
