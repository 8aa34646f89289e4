"""Texts and settings, by the standard library."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.twelfth import (
    CODE,
    COMPLAINT,
    CRON,
    GUIDE,
    LONG,
    MARKUP,
    NAMES,
    PATTERN,
    STREETS,
    api,
    chat,
    encoded,
    messages,
    rule,
)

NEEDS = ()
MASTER = "scribe-master-5512"
ROWS = [{"name": NAMES[0], "city": STREETS[2]}, {"name": NAMES[3], "city": "{Rome}"}]


def _phrase(phrase: str, **query: str) -> dict[str, object]:
    return api("GET", "/phrases", query={"phrase": phrase, **query})


def _part(part: str, **body: object) -> dict[str, object]:
    return api("POST", "/report/{part}", body, ids={"part": part})


def _merge(layout: str, *rows: object) -> dict[str, object]:
    return {"layout": layout, "rows": list(rows) or ROWS, "title": "It's May", "text": GUIDE}


def _formula(formula: str) -> dict[str, object]:
    return api("GET", "/calc", query={"formula": formula})


def _letter(action: str, **letter: object) -> dict[str, object]:
    return api("POST", "/letter", {"action": action, "letter": {"to": "zoe@example.net", **letter}})


def _user(**settings: object) -> dict[str, object]:
    return api("POST", "/ini", settings)


def _jobs(*jobs: tuple[str, object]) -> dict[str, object]:
    return rule("Jobs", {"jobs": [{"do": do, "with": what} for do, what in jobs]})


def _text(**body: object) -> dict[str, object]:
    return api("POST", "/text", body)


def _rule(text: str) -> dict[str, object]:
    return rule("Rates", {"rule": text})


REQUESTS = {
    "greet": [
        {"template": "Hi $name -- it's $today & ${place}!", "name": NAMES[0], "place": STREETS[0]},
        {"template": "Costs $5, {name} %(name)s $$ ${", "name": "x"},
        {"template": COMPLAINT, "name": MARKUP},
    ],
    "greet_file": [
        _phrase("hello", name=NAMES[4], place=STREETS[1]),
        _phrase("bye.txt", name="$name {name} `id`"),
        _phrase("good evening"),
        _phrase("grüß-gott"),
    ],
    "mail_merge": [
        _merge("Dear {name}, your parcel to {city} leaves on {today:%d.%m.%Y}."),
        _merge("{{not a field}} {name!r:>30} 100%", {"name": COMPLAINT}),
        _merge("{report.owner}: {name:.10}"),
        _merge("Hello!"),
    ],
    "mail_merge_strict": [
        _merge("Dear {name} of {city:>40}"),
        _merge("{name.__class__.__init__.__globals__}"),
        _merge("{} {0} {city[0]}"),
        _merge(GUIDE),
    ],
    "report_part": [
        _part("title", title="O'Brien's \"Q1\""),
        _part("lines", text=CODE),
        _part("owner"),
        _part("data", title=NAMES[5]),
    ],
    "letter_do": [
        _letter("shout", body=COMPLAINT),
        _letter("size", body=LONG, tags=["a'b", "--"], __class__="x"),
        _letter("__init__", body="x"),
        _letter("delete; drop"),
    ],
    "pipeline": [
        {"text": COMPLAINT, "steps": ["upper"]},
        {"text": CODE, "steps": ["upper", "words"]},
        {"text": NAMES[1], "steps": ["steps.upper:run"]},
        {"text": "", "steps": []},
    ],
    "pipeline_known": [
        {"text": MARKUP, "steps": ["strip", "escape", "wrap"]},
        {"text": GUIDE, "steps": ["dedent", "fold"]},
        {"text": "it's", "steps": ["__import__", "os.system", "title"]},
    ],
    "calculate": [
        _formula("2*pi*sqrt(16) + floor(3.7)"),
        _formula("(1 + 0.19) ** 10"),
        _formula("max(1, 2)"),
        _formula("hypot(3, 4) if 5 > 4 else e"),
        _formula("12,5 * 3"),
    ],
    "calculate_tree": [
        _formula("1 + 2*-3/4"),
        _formula("__import__('os').system('id')"),
        _formula("5 % 3; drop"),
        _formula("1/0"),
    ],
    "defaults": [
        {"value": "[1, 'two', (3.0, None)]"},
        {"value": "O'Hara; eval(x)"},
        {"value": "{'a': {'b': b'c'.decode()}}"},
        {"value": CRON},
    ],
    "ini_write": [
        _user(name=NAMES[3], theme="dark; # not light"),
        _user(signature="[x] = 'y' % (z)", url="https://example.net/?a=1&b=%20c#d"),
        _user(home=STREETS[3], note="role: none = unset"),
    ],
    "ini_read": [
        api(
            "POST",
            "/ini",
            encoded(
                "[db]\nhost = localhost ; main\nport: 5432\n[x]\nurl = http://${db:host}:${db:port}/a'b\n"
            ),
        ),
        api("POST", "/ini", encoded("[a]\nkey = ${missing}\n")),
        api("POST", "/ini", encoded("; just -- a comment\n[O'Hara & co]\nmultiline = one\n  two = 2\n")),
    ],
    "toml_write": [
        {"form": {"name": "my-app", "description": "It's a tool (v2) -- {fast}; 100% free"}},
        {"form": {"name": "Ünïcode 工具"}},
        {"form": {"name": 'the "best"', "description": "C:\\temp"}},
    ],
    "toml_read": [
        api("POST", "/t", "[tool.x]\nselect = ['E', \"it's\"]\nwhen = 2026-05-02T10:00:00Z\n"),
        api("POST", "/t", "a = 'unclosed; drop"),
        api("POST", "/t", 'text = """\n' + CODE.replace("\\", "") + '"""\n'),
    ],
    "table": [
        {"columns": ["name", "city"], "rows": ROWS},
        {"columns": ["a;b", 'c"d'], "rows": [{"a;b": '=HYPERLINK("http://x")', 'c"d': COMPLAINT}, {"z": 1}]},
        {"columns": ["x"], "rows": []},
    ],
    "log_level": [
        api("POST", "/log", {"level": "DEBUG"}),
        api("POST", "/log", {"level": "WARNING", "handler": {"level": "ERROR"}}),
        api("POST", "/log", {"level": "loud; o'clock"}),
    ],
    "log_event": [
        messages(COMPLAINT, {"a": "%s %d %(x)s"}),
        messages("{0.__class__} ${jndi:ldap://x}"),
        messages(LONG),
    ],
    "plural": [
        {"n": 1},
        {"n": 5, "rule": "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2"},
        {"n": 0, "rule": "n > 1"},
    ],
    "order_tasks": [
        {"needs": {"deploy": ["test", "build"], "test": ["build"]}},
        {"needs": {"a'b": ["drop table;"], "os.system": ["a'b"]}},
        {"needs": {"a": ["b"], "b": ["a"]}},
    ],
    "run_later": [
        _jobs(("note", 'call O\'Brien; ask -- "why"')),
        _jobs(("ring", NAMES[2]), ("note", CODE)),
        _jobs(("len", COMPLAINT)),
        _jobs(),
    ],
    "split_command": [
        {"text": "remind \"buy milk & eggs\" --at '17:30' --repeat=daily; ls"},
        {"text": "it's unbalanced `x` $(y)"},
        {"text": CODE},
    ],
    "plan_of": [
        api("GET", "/p", query={"plan": "team"}),
        api("GET", "/p", query={"plan": "PRO"}),
        api("GET", "/p", query={"plan": "__class__"}),
        api("GET", "/p", query={"plan": "' or 1=1"}),
    ],
    "grep_text": [
        _text(regex=PATTERN, text="+49 30-123\nAB-12; x\nno"),
        _text(glob="*.lo[gk]", text="a.log\nit's.lok\n../x.txt"),
        _text(regex="(unclosed [", text="x"),
        _text(regex=r"\bselect\b.*;$", text=CODE),
    ],
    "replace_words": [
        _text(words={"it's": "it is", "(x)": "\\1", "$": "USD"}, text="it's $5 (x)\nok"),
        _text(words={}, text=GUIDE),
        _text(words={"select": "<b>select</b>", ".*": "!"}, text=COMPLAINT),
    ],
    "diff": [
        {"old": GUIDE, "new": GUIDE.replace("eval", "int"), "word": "## How to rn it"},
        {"old": "a\nb", "new": "a\n'b' --"},
        {"old": MARKUP, "new": CODE},
    ],
    "mail_text": [
        {
            "subject": "Re: it's 100% done; \U0001f389",
            "to": "zoe@example.net",
            "text": COMPLAINT,
            "file": "bill (2).pdf",
        },
        {"subject": "a\r\nBcc: x@example.net", "to": "y@example.net", "text": "x"},
        {
            "subject": "",
            "to": "\"O'Brien, A\" <a.o'brien@example.net>",
            "text": LONG,
            "file": "../t.csv",
            "data": "a;b",
        },
    ],
    "month": [
        api("GET", "/m", query={"values": "1/3, 2.5,4", "year": "2024", "month": "2"}),
        api("GET", "/m", query={"values": "7", "url": "https://example.net/?q='x' or 1"}),
        api("GET", "/m", query={"month": "12"}),
    ],
    "source_line": [{"at": "app.py:1"}, {"at": "steps/words.py:4"}, {"at": "no such (file).py:7"}],
    "record_class": [
        {"csv": 'Name,Unit Price\nTea,3.5\n"it\'s; mug",9\n'},
        {"csv": f'id,note\n1,"{COMPLAINT[:60]}"\n2,import os\n'},
        {"csv": "größe\n5\n"},
    ],
    "record_safe": [
        {"csv": "Name;x,Unit-Price (€)\nTea,3.5\n"},
        {"csv": "import os,1st,'\n__import__,b,c\n"},
        {"csv": "class,x\n1,2\n"},
    ],
    "ratio": [_rule("9.5 if n < 10 else 8.0"), _rule("round(n * 1.19, 2)"), _rule("min(n, 50) * 2")],
    "networks": [
        {"address": "10.1.2.3", "networks": ["10.0.0.0/8", "192.168.0.1/24"]},
        {"address": "2001:db8::1", "networks": ["2001:db8::/32"]},
        {"address": "localhost; id", "networks": []},
    ],
    "cron_next": [
        {"schedule": CRON},
        {"schedule": "*/5 0-23/2 1,15 * MON"},
        {"schedule": "* * * * * ; rm -rf /"},
        {"schedule": "rate(5 minutes)"},
    ],
    "bot": [
        chat("/echo it's; $(id) `x` -- 5%"),
        chat("/remind 17:30 buy 'milk' & eggs"),
        chat("/__class__ x"),
        chat("/count " + COMPLAINT),
    ],
    "dispatch": [
        rule("Order Paid", {"id": "5; drop"}),
        rule("order-lost", {"id": "x", "why": COMPLAINT}),
        rule("__init__", {}),
        rule("os.system('id')", {"id": 1}),
    ],
    "rules": [
        {"record": {"n": 5, "name": "O'Brien; --"}, "rules": [["n", ">", 3], ["name", "==", "O'Brien; --"]]},
        {
            "record": {"tags": ["a'b"]},
            "rules": [["tags", "has", "a'b"], ["__class__", "==", "x"], ["n", "or 1=1", 1]],
        },
        {"record": {}, "rules": []},
    ],
    "paths": [
        {"document": {"a": [{"b'c": COMPLAINT}]}, "path": "a[0].b'c"},
        {"document": {"x": 1}, "path": "__class__.__mro__[1]"},
        {"document": [GUIDE], "path": "0"},
    ],
    "settings_out": [
        {"settings": {"name": NAMES[0], "url": "https://example.net/?a=%(b)s&c=${d}"}},
        {"settings": {"x\n[admin]": "y\n[admin]\nrole = root", "it's": 5}},
        {"settings": {"text": COMPLAINT}},
    ],
    "summary": [{"text": COMPLAINT}, {"text": LONG}, {"text": CODE}, {"text": NAMES[1]}],
    "typed_fields": [
        {"fields": {"n": ["int", "5"], "when": ["date", "2026-05-02"], "who": ["str", "O'Brien; --"]}},
        {"fields": {"x": ["eval", "1+1"], "y": ["int", "5; drop"], "z": ["__import__", "os"]}},
        {"fields": {"id": ["uuid", "{12345678-1234-5678-1234-567812345678}"], "b": ["bool", "on"]}},
    ],
}

ATTACKS = [
    Attack("path", "greet_file", _phrase("../secrets.ini"), MASTER),
    Attack("path", "greet_file", _phrase("/proc/self/../../etc/./host.conf"), "multi on"),
    Attack("path", "greet_file", _phrase("./.././phrases/../secrets.ini", name="x"), MASTER),
    Attack("format", "mail_merge", _merge("{report._config._sections[vault]}"), MASTER),
    Attack("format", "mail_merge", _merge("{report.__init__.__globals__[MASTER]._sections}"), MASTER),
    Attack(
        "format", "mail_merge", _merge("{report.title.__func__.__globals__[MASTER][vault][master]!s}"), MASTER
    ),
    Attack("attributes", "report_part", _part("_config._sections"), MASTER),
    Attack("attributes", "report_part", _part("lines.__func__.__globals__.keys"), "MASTER"),
    Attack(
        "import", "pipeline", {"text": "printf %s%s pwn -40", "steps": ["subprocess:getoutput"]}, "pwn-40"
    ),
    Attack(
        "import", "pipeline", {"text": "open('/etc/passwd').read()", "steps": ["builtins:eval"]}, "root:x:0:0"
    ),
    Attack("import", "pipeline", {"text": "/etc/passwd", "steps": ["linecache:getlines"]}, "root:x:0:0"),
    Attack(
        "eval",
        "calculate",
        _formula(
            "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['popen']('printf %s%s pwn -42').read()"
        ),
        "pwn-42",
    ),
    Attack(
        "eval",
        "calculate",
        _formula("sqrt.__self__.__loader__.load_module('os').popen('printf %s%s pwn -43').read()"),
        "pwn-43",
    ),
    Attack(
        "eval",
        "calculate",
        _formula(
            "[x for x in ().__class__.__bases__[0].__subclasses__() if x.__name__ == 'catch_warnings'][0]()._module.__builtins__['open']('/etc/host.conf').read()"
        ),
        "multi on",
    ),
    Attack("INI", "ini_write", _user(name="x\n[admin]\nowner = mallory"), 'owner\\": \\"mallory'),
    Attack("INI", "ini_write", _user(name="x", theme="a\r\nrole = superuser-9"), 'role\\": \\"superuser-9'),
    Attack(
        "TOML", "toml_write", {"form": {"name": 'x"\n[grants]\nadmin = true #'}}, '"grants": {"admin": true'
    ),
    Attack(
        "TOML",
        "toml_write",
        {"form": {"name": "x", "description": 'y"\nsudo = [1, 2]\nz = "'}},
        '"sudo": [1, 2]',
    ),
    Attack(
        "logging configuration",
        "log_level",
        api(
            "POST",
            "/log",
            {
                "handler": {
                    "class": "logging.handlers.QueueHandler",
                    "queue": {"()": "os.system", "command": "touch /tmp/scribe-mark-a"},
                }
            },
        ),
        "scribe-mark-a",
    ),
    Attack(
        "logging configuration",
        "log_level",
        api(
            "POST",
            "/log",
            {
                "handler": {
                    "class": "logging.handlers.QueueHandler",
                    "queue": {"()": "subprocess.getoutput", "cmd": "echo x > /tmp/scribe-mark-b"},
                }
            },
        ),
        "scribe-mark-b",
    ),
    Attack(
        "logging configuration",
        "log_level",
        api(
            "POST",
            "/log",
            {"handler": {"class": "logging.FileHandler", "filename": "/tmp/../tmp/scribe-mark-c"}},
        ),
        "scribe-mark-c",
    ),
    Attack(
        "look-up",
        "run_later",
        _jobs(("eval", "__import__('os').popen('printf %s%s pwn -44').read()")),
        "pwn-44",
    ),
    Attack(
        "look-up", "run_later", _jobs(("__import__", "wave"), ("eval", "MASTER['vault']['master']")), MASTER
    ),
    Attack("path", "source_line", {"at": "../../../../../../../../../../../../etc/host.conf:1"}, "multi on"),
    Attack("path", "source_line", {"at": "/etc/passwd:1"}, "root:x:0:0"),
    Attack("path", "source_line", {"at": "steps/../secrets.ini:2"}, MASTER),
    Attack(
        "exec", "record_class", {"csv": "a=os.popen('printf\t%s%s\tpwn\t-45').read();self.b\n1\n"}, "pwn-45"
    ),
    Attack(
        "exec, encoded",
        "record_class",
        {"csv": "\"x=eval(bytes.fromhex('" + b"os.popen('printf %s%s pwn -46').read()".hex() + "'))#\"\n1\n"},
        "pwn-46",
    ),
    Attack("eval", "ratio", _rule("__import__('subprocess').getoutput('printf %s%s pwn -47')"), "pwn-47"),
    Attack("eval", "ratio", _rule("MASTER.get('vault', 'master')"), MASTER),
    Attack(
        "eval",
        "ratio",
        _rule("().__class__ and globals()['pathlib'].Path('/etc/host.conf').read_text()"),
        "multi on",
    ),
]
