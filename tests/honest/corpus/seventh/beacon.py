"""A company's outgoing calls."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from urllib.parse import urlencode

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventh import (
    COMPANY,
    EMOJI,
    HTML_TALK,
    INTERNAL,
    JSON_TALK,
    LETTER,
    LONG,
    NAMES,
    NESTED_URL,
    PYTHON_TALK,
    SHELL_TALK,
    SQL_TALK,
    STREET,
    TEMPLATE_TALK,
    XML_TALK,
    appsync,
    b64,
    bus,
    connect,
    http,
    jwt,
)

INSIDE = "@INSIDE@/internal/keys"


def _slash(text: str, url: str) -> dict[str, object]:
    # The address stays as it is: this run's servers are put in for its names.
    body = urlencode({"command": "/find", "text": text, "user_name": "zoe.d'souza"}) + "&response_url=" + url
    return http("POST", "/slack", body, headers={"content-type": "application/x-www-form-urlencoded"})


def _slack(body: object) -> dict[str, object]:
    text = json.dumps(body, ensure_ascii=False)
    sign = "v0=" + hmac.new(b"slack-signing-1", f"v0:1700000000:{text}".encode(), hashlib.sha256).hexdigest()
    headers = {"x-slack-request-timestamp": "1700000000", "x-slack-signature": sign}
    return http("POST", "/slack/events", text, headers=headers)


def _stripe(charge: object) -> dict[str, object]:
    text = json.dumps(
        {"id": "evt_1", "object": "event", "type": "charge.succeeded", "data": {"object": charge}}
    )
    sign = hmac.new(b"whsec_test_1", f"1700000000.{text}".encode(), hashlib.sha256).hexdigest()
    return http("POST", "/stripe", text, headers={"stripe-signature": f"t=1700000000,v1={sign}"})


def _push(repository: str, message: str) -> dict[str, object]:
    url = f"https://api.github.com/repos/{repository}/statuses/{{sha}}"
    text = json.dumps(
        {"after": "6dcb09b5", "head_commit": {"message": message}, "repository": {"statuses_url": url}}
    )
    sign = "sha256=" + hmac.new(b"github-hook-1", text.encode(), hashlib.sha256).hexdigest()
    return {
        **http("POST", "/github", headers={"x-hub-signature-256": sign}),
        "body": b64(text),
        "isBase64Encoded": True,
    }


def _feed(url: str) -> dict[str, object]:
    return http("POST", "/feeds", {"feed": url})


def _page(page: str) -> dict[str, object]:
    return appsync("Query", "page", page=page)


def _hook(target: str, **headers: str) -> dict[str, object]:
    return http("POST", "/hooks", {"target": target, "secret": "it's; a $ecret", "headers": headers})


def _token(tenant: str, **more: str) -> dict[str, object]:
    token = jwt({"iss": "https://idp.example.org", "sub": "o'brien|7", "tid": tenant, **more}, "any key")
    return http("GET", "/me", headers={"authorization": "Bearer " + token})


def _signed_by(place: str) -> dict[str, object]:
    parts = [{"alg": "HS256", "typ": "JWT", "jku": place}, {"iss": "https://idp.example.org", "sub": "x"}]
    token = ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return http("GET", "/me", headers={"authorization": f"Bearer {token}.AAAA"})


def _find(words: str) -> dict[str, object]:
    return http("GET", "/find", query={"q": words})


_INCLUDE = "<rates xmlns:xi='http://www.w3.org/2001/XInclude'><r currency='X'><xi:include href='{}' parse='text'/></r></rates>"
REQUESTS = {
    "slash_command": [
        _slash('tea & "mugs"; O\'Brien', "@PARTNER@/commands/T1/7'8?x=1"),
        _slash(SHELL_TALK, "@PARTNER@/commands/T1/9"),
        _slash("http://127.0.0.1/admin", "@PARTNER@/commands/T2/1"),
    ],
    "slack_event": [
        _slack({"type": "url_verification", "challenge": "3eZbrw1aB' <x>"}),
        _slack(
            {
                "type": "event_callback",
                "event": {
                    "text": LETTER,
                    "links": [{"domain": "pages.example.org", "url": "https://pages.example.org/a?b='c'#d"}],
                },
            }
        ),
        _slack(
            {
                "type": "event_callback",
                "event": {
                    "text": SHELL_TALK,
                    "links": [{"domain": "localhost", "url": "http://localhost/x"}],
                },
            }
        ),
    ],
    "stripe_event": [
        _stripe(
            {
                "id": "ch_1/../2",
                "amount": 1999,
                "description": f"{COMPANY}: {SQL_TALK}",
                "metadata": {"u'r l": NESTED_URL},
            }
        ),
        _stripe({"id": "ch_?x=1#y", "amount": 0, "description": None}),
        http("POST", "/stripe", "{}", headers={"stripe-signature": "t=1,v1=00"}),
    ],
    "github_event": [_push("o-brien/x.y", f"fix: `{HTML_TALK}`"), _push("Zoë/it's-mine", PYTHON_TALK)],
    "read_feed": [
        _feed("@PARTNER@/feed.xml?u=http://127.0.0.1/x&q=it%27s"),
        _feed("@PARTNER@/missing/feed"),
    ],
    "read_page": [
        _page("about/team.html"),
        _page("../shop?item=7&ref='a'"),
        _page("?q=a//b:c@d"),
        _page("#top; x"),
    ],
    "endpoint": [
        bus("Order", {"order": {"id": "A-7"}, "note": SQL_TALK}),
        bus("Order", {"order": {"id": 7, "name": TEMPLATE_TALK, "version": "v3"}, "note": NESTED_URL}),
        bus("Order", {"order": {"id": "7;a=b", "url": "http://127.0.0.1/x"}}),
    ],
    "subscribe": [
        _hook("@PARTNER@/hooks/o%27brien?next=http://10.0.0.1/", **{"X-Customer": "a;b=c 'd'"}),
        _hook("not a url"),
        _hook("@PARTNER@/redirect?to=/hooks/8"),
    ],
    "identity": [_token("t-7"), _token("o'brien (1)", name=NESTED_URL), _token("9c1e..x", note=SQL_TALK)],
    "sheet": [
        {"source": "@PARTNER@/sheets/Q1%20(O'Brien).csv"},
        {"source": "@PARTNER@/s?gid=0&format=csv", "separator": "~"},
    ],
    "rates_xml": [
        {"rates": "<rates><r currency='EUR'>1.1</r><r currency='O&apos;X'>&lt;2&gt;</r></rates>"},
        {"rates": "<rates><!-- http://localhost/ --><r currency='USD'>file:///etc/passwd</r></rates>"},
    ],
    "validated": [
        {"schema": '{"type": "object", "required": ["a\'b"]}', "document": {"c": SQL_TALK}},
        {"schema": '{"$ref": "#/$defs/x", "$defs": {"x": {"pattern": "^[a-z]+$"}}}', "document": "It's"},
        {"schema": '{"format": "uri", "$comment": "file:///etc/passwd"}', "document": "http://127.0.0.1/"},
    ],
    "user_search": [
        _find("O'Brien"),
        _find(NAMES[2]),
        _find("a AND (b OR c) -d [1 TO 2]"),
        _find("{{7*7}} $x; y"),
    ],
    "user_search_built": [_find(JSON_TALK), _find('size "100" {cm}'), _find(LONG), _find(XML_TALK)],
    "register_device": [
        {"state": {"reported": {"name": "O'Brien's phone", "model": "a&b=c #1"}}},
        {"state": {"reported": {"name": EMOJI.replace("&", "+"), "model": SHELL_TALK}}},
    ],
    "soap": [connect(street=STREET, town="São Paulo <SP>"), connect(street=XML_TALK, town="$town ${x} $$")],
    "probe": [{"target": "@PARTNER_HOST@"}, {"target": "@PARTNER_HOST@", "note": "http://127.0.0.1:22"}],
}
ATTACKS = [
    Attack("SSRF", "slash_command", _slash("x", INSIDE), INTERNAL),
    Attack(
        "SSRF, redirect", "slash_command", _slash("x", "@PARTNER@/redirect?to=@INSIDE@/internal"), INTERNAL
    ),
    Attack("SSRF, spelling", "read_feed", _feed("http://127.1:@PORT@/internal"), INTERNAL),
    Attack("SSRF, spelling", "read_feed", _feed("http://0:@PORT@/internal"), INTERNAL),
    Attack("SSRF, spelling", "read_feed", _feed("http://017700000001:@PORT@/internal"), INTERNAL),
    Attack("SSRF, spelling", "subscribe", _hook("http://①②⑦.⓪.⓪.①:@PORT@/internal"), INTERNAL),
    Attack(
        "SSRF, redirect",
        "read_feed",
        _feed("@PARTNER@/redirect?to=http://127.0.0.1:@PORT@/internal/a"),
        INTERNAL,
    ),
    Attack("SSRF, file", "read_feed", _feed("file://127.1/etc/passwd"), "root:x:0"),
    Attack("SSRF, joined", "read_page", _page("//127.0.0.1:@PORT@/internal"), INTERNAL),
    Attack("SSRF, joined", "read_page", _page("HTTP://localhost:@PORT@/internal/x"), INTERNAL),
    Attack("SSRF, path", "read_page", _page("../internal"), INTERNAL),
    Attack(
        "SSRF, key", "endpoint", bus("Order", {"order": {"id": "a", "base": "@INSIDE@/internal"}}), INTERNAL
    ),
    Attack("SSRF, path", "endpoint", bus("Order", {"order": {"id": "../../internal/a"}}), INTERNAL),
    Attack(
        "SSRF, key", "endpoint", bus("Order", {"order": {"id": "x", "version": "../internal?"}}), INTERNAL
    ),
    Attack("SSRF", "subscribe", _hook(INSIDE), INTERNAL),
    Attack("SSRF, spelling", "subscribe", _hook("http://[::ffff:7f00:1]:@PORT@/internal"), INTERNAL),
    Attack("SSRF, redirect", "subscribe", _hook("@PARTNER@/redirect?to=@INSIDE@/internal"), INTERNAL),
    Attack("SSRF, token", "identity", _token("../internal?"), INTERNAL),
    Attack("SSRF, token", "identity", _signed_by("file:///etc/passwd"), "root:x:0"),
    Attack("SSRF", "sheet", {"source": INSIDE}, INTERNAL),
    Attack("SSRF, file", "sheet", {"source": "/etc/passwd"}, "root:x:0"),
    Attack(
        "SSRF, file",
        "sheet",
        {"source": "file:///proc/self/environ", "separator": "~"},
        "AWS_SECRET_ACCESS_KEY",
    ),
    Attack("XXE, include", "rates_xml", {"rates": _INCLUDE.format("/etc/passwd")}, "root:x:0"),
    Attack(
        "SSRF, schema",
        "validated",
        {"schema": '{"$ref": "@INSIDE@/internal#/nowhere"}', "document": 1},
        INTERNAL,
    ),
    Attack(
        "NoSQL, body",
        "user_search",
        _find(
            'x"}}], "should": [{"match_all": {}}], "filter": [], "boost": 9191}}, "x": {"y": {"z": [{"a": {"b": "'
        ),
        "9191",
    ),
    Attack(
        "NoSQL, body",
        "user_search",
        _find('x"}}]}}, "script_fields": {"a": {"script": "1"}}, "b": {"c": {"d": [{"e": {"f": "'),
        "script_fields",
    ),
    Attack("parameter", "register_device", {"state": {"reported": {"name": "x&role=admin-77"}}}, "admin-77"),
    Attack(
        "SSRF", "probe", {"target": "127.0.0.1:@PORT@", "send": "GET /internal HTTP/1.0\r\n\r\n"}, INTERNAL
    ),
    Attack(
        "SSRF",
        "probe",
        {"target": "[::ffff:127.0.0.1]:@PORT@", "send": "GET /internal HTTP/1.0\r\n\r\n"},
        INTERNAL,
    ),
]
