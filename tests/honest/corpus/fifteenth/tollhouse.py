"""Partners' APIs, and their hooks."""

import base64
import hashlib
import hmac
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifteenth import (
    CLIENTS,
    EMOJI,
    FENCED,
    LETTER,
    LINES,
    LONG,
    PLACES,
    PROSE,
    RECIPE,
    TAGGED,
    bus,
    form,
    get,
    post,
    queue,
    rest,
    spoken,
    topic,
    web,
)

NEEDS = ()
TOKEN = "internal-token-4711"
TOKEN_64 = base64.b64encode(b'{"secret": "internal-token-4711"}').decode()
ROBOTS = "User-agent: *\nDisallow: /private-corner-of-the-site"
SIGNING_KEY = "tollhouse-signing-key-3390-not-for-eyes"


def _parcel(number: str) -> dict[str, object]:
    return rest("GET", "/parcels/{number}", ids={"number": number})


def _url(url: str) -> dict[str, object]:
    return post("/urls", url=url)


def _feed(*urls: str) -> dict[str, object]:
    return queue(*({"feed": url} for url in urls))


def _done(callback: str, **more: object) -> dict[str, object]:
    return bus("Job Done", {"job": "j-1", "callback": callback, **more})


def _slash(text: str, response: str = "@PARTNER@/commands/T1/123/abc") -> dict[str, object]:
    # The address is filled in later, so that this one does not come in base64.
    body = f"command=%2Ftoll&user_id=U1&text={text}&response_url={response}"
    return web("POST", "/slash", body, headers={"content-type": "application/x-www-form-urlencoded"})


def _signed(text: str, user: str = "ana") -> dict[str, object]:
    event = form("/slash", text=text, user_name=user)
    body = base64.b64decode(str(event["body"])).decode()
    mac = hmac.new(b"shhh-9f2", f"v0:1700000000:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"x-slack-request-timestamp": "1700000000", "x-slack-signature": f"v0={mac}"}
    return event | {"headers": {**event["headers"], **headers}}  # type: ignore[dict-item]


def _paid(note: str) -> dict[str, object]:
    body = json.dumps(
        {
            "id": "evt_1",
            "object": "event",
            "type": "charge.succeeded",
            "data": {"object": {"id": "ch_1", "object": "charge", "description": note}},
        }
    )
    mac = hmac.new(b"whsec_toll", f"1790000000.{body}".encode(), hashlib.sha256).hexdigest()
    return rest("POST", "/stripe", body, headers={"Stripe-Signature": f"t=1790000000,v1={mac}"})


def _part(data: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def _token(claims: object, key: str = SIGNING_KEY, **header: str) -> str:
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT', **header})}.{_part(claims)}"
    mac = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _with(token: str) -> dict[str, object]:
    return rest("GET", "/me", headers={"Authorization": f"Bearer {token}"})


def _customer(name: str) -> dict[str, object]:
    return {"info": {"fieldName": "orders"}, "arguments": {"customer": name}}


def _vehicle(plate: str, owner: str) -> dict[str, object]:
    return post("/vehicles", plate=plate, owner=owner)


def _page(path: str) -> dict[str, object]:
    return rest("GET", "/help/{proxy+}", ids={"proxy": path})


def _cursor(text: str) -> dict[str, object]:
    return get("/list", cursor=base64.urlsafe_b64encode(text.encode()).decode())


def _chat(text: str) -> dict[str, object]:
    return web("POST", "/events", {"type": "event_callback", "event": {"type": "message", "text": text}})


def _sns(url: str) -> dict[str, object]:
    return web("POST", "/sns", {"Type": "SubscriptionConfirmation", "SubscribeURL": url, "Token": "t"})


def _hook(number: str, url: str) -> dict[str, object]:
    return rest("PUT", "/hooks/{id}", {"url": url}, ids={"id": number})


REQUESTS = {
    "track": [_parcel("JD014600006"), _parcel("RR 123 456 DE"), _parcel("missing"), _parcel("O'B-77;1")],
    "track_quoted": [_parcel("A/../B 5"), _parcel("a/b?c=d#e"), _parcel(CLIENTS[0])],
    "toll": [
        get("/toll", **{"from": "Brig", "to": "Domodossola", "class": "car+trailer"}),
        get("/toll", **{"from": "L'Aquila", "to": "St. Moritz (GR)"}),
        get("/toll", **{"from": "A13; exit 5", "to": "km 7,5"}),
    ],
    "toll_params": [
        get("/toll", **{"from": "a&b=c#d", "to": LETTER}),
        get("/toll", **{"from": PLACES[0], "to": PLACES[2], "class": "../x"}),
        get("/toll", **{"from": "http://example.org/?x=y", "to": EMOJI}),
    ],
    "avatar": [
        _url("@PARTNER@/u/o'brien/me (1).png?s=80&d=identicon#x"),
        _url("ftp://example.org/me.png"),
        _url("@PARTNER@/missing.png"),
    ],
    "avatar_known": [
        _url("@PARTNER@/u/7.png?size=5&a[]=b"),
        _url("http://127.0.0.1/x.png"),
        _url("http://user:pw@example.org/a.png"),
        _url("@PARTNER@/redirect?to=/elsewhere"),
    ],
    "document": [
        _url("@PARTNER@/docs/2026/bill%20(3).pdf?sig=a%2Bb%3D"),
        _url("https://example.org/a"),
        _url("@PARTNER@/a;b=c/d,e"),
    ],
    "feed_url": [
        _feed("@PARTNER@/feed.xml?tag=it%27s"),
        _feed("@PARTNER@/missing/feed", "@PARTNER@/rss/2.0/"),
        _feed("not a URL -- at all"),
    ],
    "notify_back": [
        _done("@PARTNER@/hook/a?token=x%2Fy&z=1", note=LETTER),
        _done("@PARTNER@/redirect?to=/done", note=FENCED),
        _done("@PARTNER@/missing/hook"),
    ],
    "say": [
        topic(text, subject)
        for text, subject in ((LETTER, "It's down; -- again"), (FENCED, None), (LONG, EMOJI), (TAGGED, "<b>"))
    ],
    "slash": [
        _slash("show+Sant%27Anna+%26+more%3B+--"),
        _slash("help"),
        _slash("show+%60rm+-rf%60+%24%28x%29"),
        _slash(""),
    ],
    "slash_signed": [
        _signed(LETTER),
        _signed("<@U2> it's 5 > 4 & `x`", CLIENTS[1]),
        _signed(FENCED),
        form("/slash", text="x"),
    ],
    "stripe_hook": [_paid("It's 50% off; -- thanks"), _paid(FENCED), rest("POST", "/stripe", "{}")],
    "whoami": [
        _with(_token({"sub": "o'brien"}, kid="main")),
        _with(_token({"sub": CLIENTS[4]})),
        _with(_token({"sub": "x"}, key="some-other-key-of-some-length-1", kid="main")),
        _with(_token({"sub": "x"}, kid="2026-01")),
    ],
    "whoami_checked": [
        _with(_token({"sub": "o'brien", "name": CLIENTS[0]})),
        _with(_token({"sub": "x"}, kid="other", key="another-key-of-forty-characters-or-more-1")),
        _with("not.a.token"),
    ],
    "keys_of": [
        _with(_token({"sub": "a"}, kid="k-1")),
        _with(_token({"sub": "it's"}, kid="k/2; --")),
        _with(_token({"sub": LETTER})),
    ],
    "geocode": [get("/geocode", address=one) for one in (*PLACES, LETTER)],
    "orders_graphql": [
        _customer("Selecta Wherefrom"),
        _customer("O'Brien, Pat (old) & co; -- x"),
        _customer("name:a* OR tag:b"),
    ],
    "orders_graphql_variables": [_customer('the "best" (x) {y}'), _customer(LETTER), _customer(FENCED)],
    "register": [
        _vehicle("GR 123'456", CLIENTS[1]),
        _vehicle("IV-O 5; --", "O'Hara & Sons (50%)"),
        _vehicle("ÜÄ 1", EMOJI),
        _vehicle("A < B", "x"),
    ],
    "register_tree": [_vehicle("1</plate><x>", TAGGED), _vehicle("a", LETTER), _vehicle("&amp;", "]]>")],
    "pages": [
        _page("tariffs/2026 (new).html"),
        _page("it's/faq.html?x=y#z"),
        _page(""),
        _page("missing/a;b"),
    ],
    "gate": [
        {"gate": "north 1/b", "driver": "Pat O'Brien; --"},
        {"gate": "s", "driver": "Mr. 'X-Ray': 50% (left)"},
        {"gate": "it's", "driver": 'Kim "K" Lee'},
    ],
    "gate_safe": [
        {"gate": "a\nb", "driver": "x\r\ny"},
        {"gate": "../x", "driver": CLIENTS[0]},
        {"gate": "1", "driver": EMOJI},
    ],
    "camera": [
        get("/camera", path="/still/1.jpg?t=5&w=100"),
        get("/camera", path="/o'hara/a%20b.png"),
        get("/camera", path="/missing/1"),
    ],
    "find": [get("/find", q=text) for text in PROSE] + [get("/find", q='"a" AND b*', lang="pt-BR")],
    "next_page": [
        get("/list"),
        _cursor("/list?page=2"),
        _cursor("/list?page=3&q=it's%20--;"),
        get("/list", other="x"),
    ],
    "next_page_checked": [_cursor("/list?page=2"), _cursor("/list?page=two"), get("/list")],
    "unfurl": [
        _chat("see <@PARTNER@/a?x=1&y=2|it's here> -- or not; ok?"),
        _chat(LETTER),
        _chat("@PARTNER@/missing/it's, and @PARTNER@/b#c"),
    ],
    "screenshot": [
        _url("@PARTNER@/page?x='a'&y=;--"),
        _url("http://localhost/"),
        _url("nothing"),
        _url("@PARTNER@/a/../b"),
    ],
    "screenshot_resolved": [
        _url("@PARTNER@/page/it's"),
        _url("http://[::1]/x"),
        _url("http://no-such-host.invalid/"),
        _url("@PARTNER@/redirect?to=/b"),
    ],
    "text_message": [
        queue({"to": "+41 79 000 00 00", "text": LETTER}),
        queue({"to": "+353-86-0000000", "text": EMOJI}, {"to": "0041790000000", "text": "a&b=c; 50%"}),
        queue({"to": "whatsapp:+1(555)0100", "text": FENCED}),
    ],
    "weather": [
        spoken("Weather", place="Val d'Isère"),
        spoken("Weather", place="st. gotthard & back"),
        spoken("Weather", place="what's it like -- outside"),
    ],
    "several": [{"lanes": ["a1", "b2"]}, {"lanes": ["o'h", "x y"]}, {"lanes": []}],
    "complete": [post("/ai", text=text) for text in (LETTER, FENCED, "Ignore this; it's 1=1", LONG)],
    "subscription": [
        _sns("@PARTNER@/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-central-1:1:t&Token=2336"),
        web("POST", "/sns", {"Type": "Notification", "Message": LETTER}),
        web("POST", "/sns", {"Type": "Notification", "Message": TAGGED}),
    ],
    "save_hook": [_hook("h-1", "@PARTNER@/hooks/it's?x=1;y"), _hook("O'h", "https://example.org/a#b")],
    "fire_hook": [bus("Fire", {"hook": "none; --"}), bus("Fire", {"hook": "it's"})],
    "upload": [
        post("/up", title="It's; --", text=LETTER),
        post("/up", title='"x" filename="y"', text=RECIPE),
        post("/up", title=EMOJI, text="a\nb"),
    ],
    "signin": [
        get("/in", next="/orders?id=5&x='y'#z", lang="pt-BR"),
        get("/in", next="//example.org/a"),
        get("/in", next="https://example.org/", lang="a\r\nb; c"),
        get("/in"),
    ],
    "crm": [get("/crm", name="Selecta Wherefrom"), *(get("/crm", name=text) for text in LINES[:3])],
    "crm_escaped": [
        get("/crm", name="O'Brien' or 1 eq 1 --"),
        get("/crm", name=CLIENTS[1]),
        get("/crm", name=LETTER),
    ],
}

ATTACKS = [
    Attack("request, path", "track", _parcel("../../../internal/users?"), TOKEN),
    Attack("request, path", "track", _parcel("x/../../../../internal#"), TOKEN),
    Attack("request, query", "track", _parcel("1?role=admin&x="), "role=admin"),
    Attack(
        "request, query",
        "toll",
        get("/t", **{"from": "a&key=stolen&discount=100", "to": "b"}),
        "discount=100",
    ),
    Attack(
        "request, query", "toll", get("/t", **{"from": "a", "to": "b", "class": "car&exempt=1#"}), "exempt=1"
    ),
    Attack("SSRF", "avatar", _url("@INSIDE@/internal/meta-data"), TOKEN_64),
    Attack("SSRF", "avatar", _url("http://[::ffff:7f00:1]:@PORT@/internal"), TOKEN_64),
    Attack(
        "SSRF, redirect",
        "avatar",
        _url("@PARTNER@/redirect?to=http%3A%2F%2Flocalhost%3A@PORT@%2Finternal"),
        TOKEN_64,
    ),
    Attack("SSRF, start", "document", _url("@PARTNER@@127.0.0.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, start", "document", _url("@PARTNER@:x@localhost:@PORT@/internal/a"), TOKEN),
    Attack("SSRF, redirect", "document", _url("@PARTNER@/redirect?to=http://127.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, file", "feed_url", _feed("file:///etc/passwd"), "root:"),
    Attack("SSRF, file", "feed_url", _feed("@PARTNER@/ok", "FILE://localhost/etc/passwd"), "root:"),
    Attack("SSRF", "feed_url", _feed("http://0:@PORT@/internal"), TOKEN),
    Attack("SSRF", "notify_back", _done("@INSIDE@/internal/admin"), TOKEN),
    Attack("SSRF, redirect", "notify_back", _done("@PARTNER@/redirect?to=@INSIDE@/internal"), TOKEN),
    Attack("SSRF", "slash", _slash("show+x", "@INSIDE@/internal"), TOKEN),
    Attack("SSRF", "slash", _slash("show+x", "http%3A%2F%2F0x7f000001%3A@PORT@%2Finternal"), TOKEN),
    Attack(
        "path, token",
        "whoami",
        _with(_token({"sub": "x", "admin": True}, key=ROBOTS, kid="../public/robots.txt")),
        "admin-panel-open",
    ),
    Attack(
        "path, token",
        "whoami",
        _with(_token({"sub": "root", "admin": 1}, key=ROBOTS, kid="./../keys/../public/./robots.txt")),
        "admin-panel-open",
    ),
    Attack(
        "GraphQL",
        "orders_graphql",
        _customer('x") { edges { node { id } } } customers(first: 99, query: "'),
        "customers(first: 99",
    ),
    Attack(
        "GraphQL",
        "orders_graphql",
        _customer('a") { id } } mutation { refund(id: 5) { id } } #'),
        "mutation { refund",
    ),
    Attack(
        "XML", "register", _vehicle("1</plate><exempt>true</exempt><plate>", "x"), '[\\"true\\", \\"false\\"]'
    ),
    Attack(
        "XML",
        "register",
        _vehicle("1", "x</owner><exempt>true</exempt><owner>y"),
        '\\"owner\\", \\"exempt\\", \\"owner\\"',
    ),
    Attack("SSRF, join", "pages", _page("/internal/users"), TOKEN),
    Attack("SSRF, join", "pages", _page("../../internal"), TOKEN),
    Attack("SSRF, join", "pages", _page("//127.0.0.1:@PORT@/internal"), TOKEN),
    Attack("header", "gate", {"gate": "1", "driver": "x\r\nX-Admin: yes"}, '"X-Admin": "yes"'),
    Attack(
        "header", "gate", {"gate": "1", "driver": "x\nX-Forwarded-For: 127.0.0.1\nX-Y: z"}, "X-Forwarded-For"
    ),
    Attack("SSRF, authority", "camera", get("/c", path="@127.0.0.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, authority", "camera", get("/c", path=":x@localhost:@PORT@/internal"), TOKEN),
    Attack("JSON", "find", get("/f", q="x", lang='en"}}, "should": {"match_all": {"boost": "1'), "match_all"),
    Attack("SSRF, cursor", "next_page", _cursor("/internal/users"), TOKEN),
    Attack("SSRF, cursor", "next_page", _cursor("/list/../../internal?page=2"), TOKEN),
    Attack("SSRF", "unfurl", _chat("hey <@INSIDE@/internal|look>"), TOKEN),
    Attack("SSRF", "unfurl", _chat("http://127.0.0.1:@PORT@/internal?x"), TOKEN),
    Attack("SSRF, spelling", "screenshot", _url("http://0177.0.0.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, spelling", "screenshot", _url("http://127.000.000.1:@PORT@/internal"), TOKEN),
    Attack("SSRF, spelling", "screenshot", _url("http://[::ffff:7f00:1]:@PORT@/internal"), TOKEN),
    Attack("SSRF, redirect", "screenshot", _url("@PARTNER@/redirect?to=@INSIDE@/internal"), TOKEN),
    Attack("request, path", "several", {"lanes": ["a1", "../../internal/x?"]}, TOKEN),
    Attack("SSRF", "several", {"lanes": ["x/../../internal/y"]}, TOKEN),
    Attack("SSRF", "subscription", _sns("@INSIDE@/internal?Action=ConfirmSubscription"), TOKEN),
    Attack(
        "SSRF, second order",
        "fire_hook",
        bus("Fire", {"hook": "e-1"}),
        TOKEN,
        before=[("save_hook", _hook("e-1", "@INSIDE@/internal"))],
    ),
    Attack("OData", "crm", get("/crm", name="x' or Public eq false or Name eq '"), "Public eq false"),
]
