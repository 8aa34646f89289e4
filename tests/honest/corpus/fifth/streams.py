"""Queues, streams and steps."""

import base64
import pickle
import subprocess

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifth import (
    BLOB,
    EMOJI,
    ESSAY,
    IRISH,
    JAVA,
    LINK,
    MAIL_HTML,
    NESTED,
    PROSE,
    QUOTED,
    SCRIPTS,
    SNIPPET,
    TICKET,
    WINDOWS,
    bridge,
    gateway,
    kinesis,
    s3,
    sns,
    sqs,
)

NEEDS = ("aws-http",)
ID = "uid="


class _Popen:
    def __reduce__(self) -> tuple[object, ...]:
        return subprocess.check_output, (["id"],)


class _Eval:
    def __reduce__(self) -> tuple[object, ...]:
        return eval, ("__import__('os').popen('id').read()",)


def _pickled(value: object, protocol: int = 4) -> str:
    return base64.b64encode(pickle.dumps(value, protocol)).decode()


def _put(key: str, text: str) -> dict[str, object]:
    return gateway("POST", "/files", {"key": key, "text": text})


def _firehose(*texts: str) -> dict[str, object]:
    records = [
        {"recordId": str(number), "data": base64.b64encode(one.encode()).decode()}
        for number, one in enumerate(texts)
    ]
    return {
        "invocationId": "i",
        "deliveryStreamArn": "arn:aws:firehose:eu-west-1:1:deliverystream/x",
        "records": records,
    }


def _image(**values: str) -> dict[str, object]:
    image = {"id": {"S": "o-1"}, **{name: {"S": value} for name, value in values.items()}}
    record = {
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": {"Keys": {"id": {"S": "o-1"}}, "NewImage": image},
    }
    return {"Records": [record]}


def _alarm(reason: str) -> dict[str, object]:
    return {
        "AlarmName": "API 5xx > 1%; prod",
        "OldStateValue": "OK",
        "NewStateValue": "ALARM",
        "NewStateReason": reason,
    }


def _own(**query: str) -> dict[str, object]:
    return gateway("GET", "/orders", query=query)


REQUESTS = {
    "put_object": [
        _put("in/March report (final).txt", "a\nb\n"),
        _put("in/O'Brien & Söhne.csv", PROSE),
        _put("in/app-2026.05.04.log", TICKET),
    ],
    "count_lines": [s3("in/March report (final).txt"), s3("in/app-2026.05.04.log")],
    "index_object": [
        s3("in/O'Brien & Söhne.csv"),
        s3("in/March report (final).txt", "in/app-2026.05.04.log"),
    ],
    "orders_in": [
        sqs({"id": "A-1", "qty": 2}, {"id": "select -- 7", "qty": -1}),
        sqs({"id": PROSE, "qty": 3.5}),
    ],
    "orders_bound": [
        sqs(
            {"id": "O'Brien", "qty": "2", "note": SNIPPET},
            {"id": "x", "qty": "1); drop table orders"},
            "not json {",
        ),
        sqs({"id": "'), ('x', 1) --", "qty": 1, "note": ESSAY}, {"id": "null", "qty": 0}),
    ],
    "worker": [
        sqs({"task": "add", "args": _pickled((1, 2.5))}),
        sqs({"task": "mail", "args": _pickled((IRISH, TICKET))}, {"task": "add", "args": _pickled([7], 2)}),
    ],
    "alert": [
        sns(_alarm("Threshold Crossed: 1 out of 1 [7.0 (04/05/26)] > 1.0; see `runbook`")),
        sns(QUOTED, "it's; down"),
        sns(LINK),
    ],
    "rollup": [
        kinesis(
            {"device": "d'1; --", "value": 2},
            {"device": "d'1; --", "value": 3},
            {"device": "null", "value": -1.5},
        ),
        kinesis({"device": EMOJI, "value": 0}),
    ],
    "firehose": [
        _firehose(f"<o'brien@example.org> {JAVA}\n", MAIL_HTML),
        _firehose(SCRIPTS, BLOB, "a.b+select@x.co.uk"),
    ],
    "mirror": [
        _image(state="paid", note=TICKET, name=IRISH),
        _image(**{"order by": "x", "size": ":v0 = #n1", "a.b-c": NESTED, "set": "remove"}),
    ],
    "own_orders": [
        _own(value="paid"),
        _own(field="card", value="card-bob-93"),
        _own(value="x OR buyer = :p"),
    ],
    "archive": [
        bridge("OrderPlaced", {"text": PROSE, "name": IRISH, "path": WINDOWS}),
        bridge("x; y", [NESTED, None, -1.5], source="partner.O'Brien & co"),
    ],
    "step": [
        {"operation": "sum", "items": [1, "2.50", -0.1], "carry": {"note": "; drop", "$x": 1}},
        {"operation": "join", "items": ["a'b", "--", None]},
        {"operation": "unique", "items": ["..", "/etc/passwd", ".."]},
    ],
    "clean_up": [bridge("RunEnded", {"run": "a"}), bridge("RunEnded", {"run": "c; rm -rf x"})],
}
ATTACKS = [
    Attack(
        "shell, object key",
        "count_lines",
        s3("in/x'; id; echo 'y.txt"),
        ID,
        before=[("put_object", _put("in/x'; id; echo 'y.txt", "a\n"))],
    ),
    Attack(
        "shell, object key",
        "count_lines",
        s3("in/'$(id)'.txt"),
        ID,
        before=[("put_object", _put("in/'$(id)'.txt", "a\n"))],
    ),
    Attack("SQL", "orders_in", sqs({"id": "A", "qty": "1), ((SELECT k FROM keys), 2"}), "queue-key-512"),
    Attack(
        "SQL",
        "orders_in",
        sqs({"id": "A", "qty": 1}, {"id": "B', (SELECT k FROM keys)) --", "qty": 1}),
        "queue-key-512",
    ),
    Attack("pickle", "worker", sqs({"task": "x", "args": _pickled(_Popen())}), ID),
    Attack(
        "pickle",
        "worker",
        sqs({"task": "add", "args": _pickled((1,))}, {"task": "x", "args": _pickled([_Eval()], 0)}),
        ID,
    ),
    Attack("NoSQL, names", "own_orders", _own(field="phase = :v OR phase", value="paid"), "card-ann-93"),
    Attack(
        "NoSQL, names",
        "own_orders",
        _own(field="id = :v OR begins_with(id, :p) AND phase <> :v OR card", value="x"),
        "card-ann-93",
    ),
    Attack(
        "path, delete", "clean_up", bridge("RunEnded", {"run": "../keep"}), '["runs", "runs/a", "runs/b"]'
    ),
    Attack(
        "path, delete",
        "clean_up",
        bridge("RunEnded", {"run": "b/../../keep"}),
        '["runs", "runs/a", "runs/b"]',
    ),
]
