"""A town's small services."""

import hmac
import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventh import (
    COMPANY,
    EMOJI,
    HTML_TALK,
    JSON_TALK,
    LETTER,
    LONG,
    NAMES,
    NESTED_URL,
    PATH_TALK,
    PYTHON_TALK,
    SHELL_TALK,
    SQL_TALK,
    STREET,
    TEMPLATE_TALK,
    XML_TALK,
    appsync,
    b64,
    bus,
    form,
    http,
    jwt,
    kinesis,
    rest,
    sns,
)

KEY = "town-signing-key-of-1889-and-some-more"
HIDDEN = "hidden-minutes-1066"
TOWN_KEYS = "town-keys-1889"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def _sms(text: str, sender: str = "+353871234567") -> dict[str, object]:
    return form("/sms", {"From": sender, "To": "+353612345", "Body": text, "NumMedia": "0"})


def _socket(route: str, connection: str, body: object = None, **query: str) -> dict[str, object]:
    event: dict[str, object] = {
        "requestContext": {
            "routeKey": route,
            "connectionId": connection,
            "stage": "prod",
            "domainName": "ws.example.org",
        }
    }
    if query:
        event["queryStringParameters"] = query
    if body is not None:
        event["body"] = json.dumps(body, ensure_ascii=False)
    return event


def _mail(identity: str, raw: str) -> dict[str, object]:
    return {
        "Records": [{"eventSource": "aws:ses", "ses": {"mail": {"messageId": identity, "raw": b64(raw)}}}]
    }


def _token(**claims: object) -> dict[str, object]:
    token = jwt({"sub": "u'1", **claims}, KEY)
    return {
        "type": "TOKEN",
        "authorizationToken": "Bearer " + token,
        "methodArn": "arn:aws:execute-api:x:1:a/prod/GET/it's",
    }


def _authors(*authors: str) -> dict[str, object]:
    return {**rest("GET", "/board"), "multiValueQueryStringParameters": {"author": list(authors)}}


def _alarm(name: str, state: str, reason: str) -> dict[str, object]:
    return sns(
        {"AlarmName": name, "NewStateValue": state, "NewStateReason": reason, "Region": "EU (Ireland)"},
        f'{state}: "{name}"',
    )


def _signed(body: object) -> dict[str, object]:
    text = json.dumps(body, ensure_ascii=False)
    return http(
        "POST",
        "/hook",
        text,
        headers={"x-signature": hmac.new(KEY.encode(), text.encode(), "sha256").hexdigest()},
    )


def _page(name: str) -> dict[str, object]:
    return http("GET", "/pages/{page+}", ids={"page": name})


def _sensor(**query: str) -> dict[str, object]:
    return http("GET", "/sensors", query=query)


_WITH_FILES = (
    "From: Zoë O'Brien <z@example.org>\nSubject: Photos of the fair; it's \"great\"\nMIME-Version: 1.0\n"
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n"
    f'{SHELL_TALK}\n--b\nContent-Disposition: attachment; filename="O\'Brien & co (1).csv"\n\na,b\n--b--\n'
)
_FEED = "<rss><channel><item><title>{}</title><link>{}</link></item><item><title>Fair &amp; fun</title></item></channel></rss>"

NEEDS = ("aws-http",)
REQUESTS = {
    "shorten": [
        http("POST", "/links", {"url": NESTED_URL}),
        http("POST", "/links", {"url": "https://ünï.example.org/🍵?q=a'b&x=<y>#z"}),
        http("POST", "/links", {"url": "call me"}),
        http("GET", "/{code}", ids={"code": "no'such"}),
    ],
    "text_message": [
        _sms(f"POST {LETTER}"),
        _sms(f"post {EMOJI}"),
        _sms(SQL_TALK),
        _sms("", 'Café "O\'Brien"'),
    ],
    "chat": [
        _socket("$connect", "Zx1'=", room="it's a room; x", name=NAMES[0]),
        _socket("$connect", "Ab/2==", room="it's a room; x", name="<b>"),
        _socket(
            "sendmessage", "Zx1'=", {"action": "sendmessage", "room": "it's a room; x", "text": HTML_TALK}
        ),
        _socket("$disconnect", "Ab/2=="),
        _socket(
            "sendmessage", "Zx1'=", {"action": "sendmessage", "room": "it's a room; x", "text": PYTHON_TALK}
        ),
    ],
    "inbound_mail": [
        _mail("m-1", _WITH_FILES),
        _mail("m/2..x", f"From: a@example.org\nSubject: {STREET}\n\n{LETTER}\n"),
        _mail("m-3", f"From: bo@example.org\nContent-Type: text/html; charset=utf-8\n\n{HTML_TALK}\n"),
    ],
    "contact": [
        http("POST", "/contact", {"name": "Siobhán O'Brien", "email": "s@example.org", "message": LONG}),
        http(
            "POST",
            "/contact",
            {"name": COMPANY, "email": "x+y@example.org", "message": TEMPLATE_TALK + SQL_TALK},
        ),
        http("POST", "/contact", {"name": "x", "message": ""}),
    ],
    "authorizer": [
        _token(name="O'Brien"),
        _token(scope="read:x write:/a/../b"),
        {**_token(), "authorizationToken": "Bearer a.b.c"},
    ],
    "board": [
        http("GET", "/board"),
        http("GET", "/board", query={"q": "it's market", "n": "5"}),
        http("GET", "/board", query={"q": SQL_TALK}),
        http("GET", "/board", query={"q": "100% _day_ [x]"}),
    ],
    "board_by_author": [_authors("Ann"), _authors("Ann", "Bo & co -- (x)", "select"), _authors("李; 1=1")],
    "vote": [
        {"poll": "Where's the fair?", "voter": "ann", "choice": "St. John's (left)"},
        {"poll": "Where's the fair?", "voter": "bo", "choice": 'DROP it; the "Green"'},
        {"poll": "Where's the fair?", "voter": "ann", "choice": EMOJI},
    ],
    "telemetry": [
        kinesis(
            {"sensor": "O'Brien's well", "at": "2024-05-03", "value": "2.25"},
            {"sensor": "mill", "at": "x", "value": 8},
        ),
        kinesis({"sensor": "=cmd|x; {y}", "at": "2024", "value": -1}),
    ],
    "costs": [
        {"csv": 'who,amount\n"O\'Brien, Zoë",12.5\n=1+1,3\n"O\'Brien, Zoë",1\n', "by": "who"},
        {"csv": f'what;amount\n"{SHELL_TALK}";"1,005"\n', "by": "what", "delimiter": ";"},
    ],
    "calendar": [
        http(
            "POST", "/ics", [{"title": "AGM; it's on, finally", "start": "2024-05-01T19:00", "place": STREET}]
        ),
        http("POST", "/ics", [{"title": f"{NAMES[1]}\n{JSON_TALK}", "start": "2024-05-02"}]),
    ],
    "book_hall": [
        http("POST", "/halls", {"place": "St. Mary's", "who": NAMES[3], "note": SQL_TALK}),
        http("POST", "/halls", {"place": 'the "green"', "who": "D'Souza & Söhne", "note": PATH_TALK}),
        http("POST", "/halls", {"place": "100%_hall", "who": "x"}),
    ],
    "alarm_to_chat": [
        _alarm(
            "CPU > 90% on 'web-1'",
            "ALARM",
            "Threshold Crossed: 1 datapoint [93.1 (01/05/24 10:00:00)] > (90.0) & more",
        ),
        _alarm("Disk $HOME/<x>", "OK", SHELL_TALK),
    ],
    "build_status": [
        bus("Build", {"project-name": "o'brien--web.app", "commit": "6dcb09b", "build-status": "SUCCEEDED"}),
        bus(
            "Build",
            {
                "project-name": "zoë--it/s",
                "commit": "refs/heads/a..b?x=1#2",
                "build-status": "FAILED",
                "context": "ci/`lint` & test",
            },
        ),
    ],
    "weather": [
        http("GET", "/weather"),
        *(
            http("GET", "/weather", query={"town": one})
            for one in ("St. John's, NL", "København & x=1", "北京")
        ),
    ],
    "digest": [
        {"feed": _FEED.format("It&apos;s fair; &lt;b&gt;", "https://example.org/?a=1&amp;b='2'")},
        {"feed": "<?xml-stylesheet href='x'?>" + _FEED.format("<![CDATA[" + SQL_TALK + "]]>", "")},
    ],
    "place_on_map": [
        http(
            "POST",
            "/map",
            {
                "geometry": {"type": "Point", "coordinates": [-8.5, 52.75]},
                "properties": {"name": "O'Brien's; \"x\"", "note": XML_TALK},
            },
        ),
        http("POST", "/map", {"geometry": {"type": "Line", "coordinates": []}, "properties": {}}),
    ],
    "page": [_page("home"), _page("about us (new)"), _page("o'brien/x.y")],
    "translate": [
        appsync("Query", "texts", language="ga-IE", name="Ólafur {x}"),
        appsync("Query", "texts", language="xx'; --", name=TEMPLATE_TALK),
    ],
    "upload_picture": [
        http(
            "POST",
            "/pictures",
            {"picture": f"data:image/png;base64,{PIXEL}", "title": "../O'Brien's day (1)/é.png"},
        ),
        http("POST", "/pictures", {"picture": f"data:image/png;base64,{PIXEL}", "title": SHELL_TALK}),
        http("POST", "/pictures", {"picture": f"data:;base64,{PIXEL}"}),
    ],
    "signed_hook": [
        _signed({"action": "echo", "data": {"code": PYTHON_TALK, "sql": SQL_TALK}}),
        _signed({"action": "count", "data": LONG}),
        _signed({"action": "remind me; it's 5", "data": None}),
        http("POST", "/hook", "{}", headers={"x-signature": "00"}),
    ],
    "remind": [
        bus(
            "Reminders",
            {"reminders": [{"at": "10:00", "text": LETTER}, {"at": "09:30", "text": f"{NAMES[5]}\n{EMOJI}"}]},
        ),
        bus("Reminders", {"reminders": []}),
    ],
    "sensors": [
        _sensor(sensor="well"),
        _sensor(sensor="O'Brien's; x", order="desc"),
        _sensor(sensor="well", since="2024-05-02", order="DESC"),
    ],
    "archive_mail": [
        {"subject": "Re: it's 50% off; see C:\\x", "year": 2024, "text": HTML_TALK},
        {"subject": NAMES[4], "year": "2023", "text": JSON_TALK},
    ],
}
ATTACKS = [
    Attack("SQL, list", "board_by_author", _authors("x') OR hidden = 1 --"), HIDDEN),
    Attack(
        "SQL, list",
        "board_by_author",
        _authors("x", "y') OR id IN (SELECT id FROM posts WHERE hidden) OR author IN ('z"),
        "Clerk",
    ),
    Attack(
        "SQL, list",
        "board_by_author",
        _authors("\\", "') OR (1=1) UNION SELECT 'all', group_concat(body) FROM posts --"),
        HIDDEN,
    ),
    Attack(
        "SQL, order",
        "sensors",
        _sensor(sensor="well", order="LIMIT (SELECT hidden FROM posts WHERE body LIKE 'hidden-m%')"),
        '"[[\\"2024-05-01\\", 3.5]]"',
    ),
    Attack(
        "SQL, order",
        "sensors",
        _sensor(
            sensor="well",
            order=", (SELECT CASE WHEN body LIKE 'hidden-m%' THEN abs(-9223372036854775808) END FROM posts WHERE hidden)",
        ),
        "integer overflow",
    ),
    Attack("path, replaced", "page", _page("..../keys.txt"), TOWN_KEYS),
    Attack("path, absolute", "page", _page("/etc/passwd"), "root:x:0"),
    Attack(
        "path, joined", "page", _page("..../../../../../../../proc/self/environ"), "AWS_SECRET_ACCESS_KEY"
    ),
]
