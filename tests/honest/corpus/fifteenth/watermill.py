"""Data in many formats, mostly by the standard library."""

import base64
import gzip
import json
import pickle
import struct

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifteenth import (
    CLIENTS,
    EMOJI,
    FENCED,
    LETTER,
    LINES,
    LONG,
    PLACES,
    PROSE,
    SHEET,
    TAGGED,
    b64,
    bus,
    get,
    queue,
    stream,
    topic,
    wrapped,
)

NEEDS = ()
KEY = "mill-race-3058"


class _Call:
    """Pickles as a call."""

    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple[object, ...]:
        return self.call[0], self.call[1:]


def _state(value: object, protocol: int = 4) -> dict[str, object]:
    return {"state": b64(pickle.dumps(value, protocol))}


def _raw(data: bytes) -> dict[str, object]:
    return {"state": b64(data)}


def _npy(kind: str, shape: str, data: bytes) -> dict[str, object]:
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust((len(header) + 74) // 64 * 64 - 11) + "\n"
    return {"array": b64(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)}


def _feed(xml: str) -> dict[str, object]:
    return bus("Feed", {"xml": xml})


def _typed(*values: object) -> dict[str, object]:
    return queue(*values)


def _rows(formula: str, column: str = "total", **more: object) -> dict[str, object]:
    rows = [{"name": CLIENTS[0], "price": 2.5, "qty": 4}, {"name": "x", "price": 10, "qty": 1}]
    return {"rows": rows, "column": column, "formula": formula, **more}


def _line(form: str, name: str = "O'Brien; --") -> dict[str, object]:
    return {"format": form, "number": 7, "name": name, "message": LETTER}


def _logs(*messages: str) -> dict[str, object]:
    data = {
        "logGroup": "/aws/lambda/it's",
        "logEvents": [{"id": str(n), "message": m} for n, m in enumerate(messages)],
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(data).encode(), mtime=0)).decode()}}


def _hose(*texts: str) -> dict[str, object]:
    return {
        "deliveryStreamArn": "arn:aws:firehose:x",
        "records": [{"recordId": str(n), "data": b64(t)} for n, t in enumerate(texts)],
    }


ORDERS = "<orders><order sku=\"a'1\">two &amp; three; -- it's</order><order sku='b'><![CDATA[<b>50%</b> {{x}}]]></order></orders>"
DTD = '<!DOCTYPE orders [<!ENTITY firm "Müller &#38; Söhne">]><orders><order sku="c">&firm;, 5 &lt; 6</order></orders>'
OUTSIDE = '<!DOCTYPE o [<!ENTITY x SYSTEM "%s">]><orders><order sku="1">&x;</order></orders>'

REQUESTS = {
    "xml_orders": [
        queue(ORDERS),
        topic(DTD),
        queue(ORDERS, DTD),
        queue("<orders>" + "<order sku='x'/>" * 3),
        queue("no XML; --"),
    ],
    "xml_orders_std": [
        queue(ORDERS),
        topic(TAGGED),
        queue("<a>" + EMOJI + "</a>"),
        queue(DTD.replace("orders", "o")),
    ],
    "sax_feed": [
        _feed(ORDERS),
        _feed(DTD),
        _feed("<a b=\"it's; --\" c='&quot;x&quot;'>t<i/>u</a>"),
        _feed("<a><b></a>"),
    ],
    "sax_feed_plain": [_feed(ORDERS), _feed(f"<x><![CDATA[{FENCED}]]></x>"), _feed("<a>&nothing;</a>")],
    "person": [
        get("/p", name="Pat O'Brien"),
        get("/p", name="it's; -- 'nobody' (50%)"),
        get("/p", name="a] | b [c"),
    ],
    "person_variable": [
        get("/p", name='Zoë "Z" Fröjd'),
        get("/p", name='x" or "1"="1'),
        get("/p", name=LETTER),
    ],
    "people_with": [get("/p", role="miller"), get("/p", role='the "old" one; --'), get("/p", role="carter")],
    "load_csv": [
        {"csv": 'name,kg,note\n"O\'Brien\'s; rye",5,"said ""now""; -- ok"\n'},
        {"csv": 'note,name\nit\'s,x\n50% off,"a\nb"\n'},
        {"csv": "name,weight\nx,1\n"},
        {"csv": "name\n" + "\n".join(f'"{t.replace(chr(34), chr(34) * 2)}"' for t in PROSE)},
    ],
    "load_csv_known": [
        {"csv": SHEET},
        {"csv": 'Name;KG;Other\nit\'s;5;x\n"a;b";6;y -- z\n'},
        {"csv": "name (old),kg\nx,1\n"},
        {"csv": "a"},
    ],
    "greeting": [
        {"ini": "[profile]\ngreeting = It's 50% off at ${mill:name}; -- come\n"},
        {"ini": "[profile]\nfirst = O'Brien\ngreeting = Hi ${first}, open ${mill:open}\n"},
        {"ini": "# note\n[other]\nx = 1\n"},
        {"ini": "[profile]\ngreeting = ${nothing}"},
        {"ini": "no section"},
    ],
    "greeting_raw": [
        {"ini": "[a b]\nx = ${mill:name} %(y)s; --\ny\n"},
        {"ini": "[x]\nx: it's\n  more = lines\n"},
        {"ini": "[x]\nx=1\nx=2"},
    ],
    "user_ini": [
        {"name": "Pat O'Brien; -- [miller]"},
        {"name": "a = b: c # d", "lang": "pt-BR"},
        {"name": EMOJI},
    ],
    "user_ini_written": [{"name": "x\ny = 5"}, {"name": LETTER}, {"name": "[vault]\r\nkey"}],
    "settings_toml": [
        {"toml": "[a]\nb = \"it's; --\"\nc = 1979-05-27T07:32:00Z\nd = '''\n${x} {{y}}'''\n"},
        {"toml": "x = [1, 2"},
        {"toml": "'it''s' = 1"},
    ],
    "state": [
        _state({"step": 3, "note": LETTER, "tags": ("it's", None, 1.5, [1, 2])}),
        _state([FENCED, {"os.system": "rm -rf /"}], 2),
        _state("cos\nsystem\n(S'id'\ntR.", 0),
        _state(b"\x80\x04bytes", 5),
    ],
    "state_checked": [
        _state({"a": [LETTER, None]}),
        _state([1, {"x": EMOJI}]),
        _raw(b"not a pickle"),
        _state({"x": EMOJI}, 0),
    ],
    "array": [
        _npy("<f8", "(3,)", struct.pack("<3d", 1, 2.5, -3)),
        _npy("<i4", "(2, 2)", struct.pack("<4i", 1, 2, 3, 4)),
        _npy("<U4", "(1,)", "it's".encode("utf-32-le")),
    ],
    "packed": [stream("\x05"), stream("\x01", "\x07"), stream("a")],
    "revived": [
        _typed({"price": {"__type__": "decimal.Decimal", "args": ["1.50"]}, "note": LETTER}),
        _typed(
            {"__type__": "datetime.date", "args": [2026, 3, 1]},
            {"__type__": "fractions.Fraction", "args": ["3/7"]},
        ),
        _typed({"a": [FENCED, {"b": None}]}, "not JSON; --"),
        wrapped({"id": {"__type__": "uuid.UUID", "args": ["12345678123456781234567812345678"]}}),
    ],
    "steps": [
        {"text": LETTER, "steps": ["clean", "slug"]},
        {"text": FENCED, "steps": ["upper_all"]},
        {"text": EMOJI, "steps": []},
        {"text": "x", "steps": ["it's; --"]},
    ],
    "steps_known": [
        {"text": LETTER, "steps": ["clean", "UPPER"]},
        {"text": TAGGED, "steps": ["slug"]},
        {"text": "x", "steps": ["reverse"]},
    ],
    "column": [
        _rows("price * qty * 1.19"),
        _rows("round(price / 3, 2) if qty > 1 else 0", "it's; --"),
        _rows("max(price, qty) - 50 % qty"),
        _rows("name + ' x ' + str"),
        _rows("price *"),
    ],
    "column_checked": [
        _rows("price * (qty + 1) - -2"),
        _rows("total(price)"),
        _rows("name.x"),
        _rows("qty / 0"),
        _rows("it's"),
    ],
    "frame": [
        {"rows": [{"price": 2.5, "qty": 4, "note": LETTER}], "formula": "total = price * qty"},
        {"rows": [{"a": 1, "b": 2}, {"a": 3, "b": 5}], "formula": "c = (a + b) / 2 > 2"},
        {"rows": [{"a": 1}], "formula": "d = nothing + 1"},
        {"rows": [{"a": 1}], "formula": "it's"},
    ],
    "harvest": [
        get("/h", city="Ulm"),
        get("/h", city="Aalen -- Ost"),
        get("/h", city='the "old" mill; (left) 50%'),
    ],
    "harvest_bound": [get("/h", city="L'Aquila"), get("/h", city="x' OR 1=1 --"), get("/h", city=CLIENTS[4])],
    "log_line": [
        _line("{levelname:>8} {job.number:03d} {job.name}: {message}"),
        _line("it's {job.name!r} -- {{x}} 50%"),
        _line("{nothing}"),
        _line(LETTER),
    ],
    "log_line_names": [_line("$number ${name} $$5 $other"), _line("{number} {name}"), _line(FENCED)],
    "note_search": [
        get("/n", q="stone OR water"),
        get("/n", q='"north stone"'),
        get("/n", q="title : water"),
        get("/n", q="sto* NOT may"),
        get("/n", q='"unclosed'),
    ],
    "note_search_quoted": [
        get("/n", q="can't turn"),
        get("/n", q="low; 50% -- of"),
        get("/n", q="' OR 1=1"),
        get("/n", q=FENCED),
        get("/n", q=" "),
    ],
    "env_file": [
        {"env": 'NAME="O\'Brien & co; --"\nexport PORT=8080 # x\nURL=http://${NAME}:${PORT}/a?b=c\n'},
        {"env": "# nothing\nNAME='it is $HOMELESS'\n"},
        {"env": 'TEXT="a\nb"\nPORT=\n'},
    ],
    "env_file_raw": [{"env": "A=${NAME}\nB=$(id)"}, {"env": "X='`y`'\nexport Z"}, {"env": f"Q={EMOJI}"}],
    "target_path": [
        {"pattern": "exports/{day}/O'Brien & co (1).csv"},
        {"pattern": "a/./b/../{day}.json.gz", "day": "2026-12-31"},
        {"pattern": "100% $ales; --/x.parquet"},
    ],
    "target_path_known": [
        {"pattern": "{tenant}/{day}/$HOME/{other}.csv", "tenant": "it's"},
        {"pattern": "${day}"},
        {"pattern": LETTER},
    ],
    "pipeline": [
        {"yaml": "name: it's; -- daily\nstages: [load, 'clean up', \"mail\"]\n"},
        {"yaml": "name: &n x\nstages:\n  - *n\n  - !!str 5\n  - >-\n    run\n    all\n"},
        {"yaml": "name: [unclosed"},
        {"yaml": f"name: |\n  {LINES[0]}\nstages: [2026-03-01, 1e3, ~]"},
    ],
    "pipeline_order": [
        {"needs": {"mail": ["load"], "load": ["it's; --"]}},
        {"needs": {"a": ["b"], "b": ["a"]}},
        {"needs": {}},
    ],
    "firehose": [
        _hose(json.dumps({"t": LETTER, "n": 5}), "no JSON; --"),
        _hose(json.dumps({"x": [FENCED]}), "[1]"),
        _hose(),
    ],
    "log_events": [
        _logs("ERROR: it's down; -- 'x'", "INFO ok", "WARN 50% full"),
        _logs(f"WARNING {FENCED}"),
        _logs(),
    ],
    "readings": [
        {"device": "mill's #1; --", "payload": b64(struct.pack("<HfHf", 1, 2.5, 2, -0.5))},
        {"device": EMOJI, "payload": b64(b"odd")},
        {"device": "x", "payload": ""},
    ],
    "masked": [
        {"pattern": r"\b[\w.+-]+@[\w-]+\.\w+\b", "texts": ["mail o'brien@example.org; --", LETTER]},
        {"pattern": r"(?i)(select|drop)\s+\w+|\d{4}-\d\d", "texts": [FENCED, "2026-03"]},
        {"pattern": "(", "texts": ["x"]},
    ],
    "picked": [
        {
            "path": "$.items[?(@.price > 5)].name",
            "data": {"items": [{"name": "it's", "price": 6}, {"name": LETTER, "price": 1}]},
        },
        {"path": "$..note", "data": {"a": {"note": FENCED}, "note": None}},
        {"path": "$[", "data": {}},
    ],
    "validated": [
        queue({"id": "it's-1", "kg": 2.5}, {"id": "x; --"}, "no JSON"),
        stream({"id": "a", "kg": -1}, {"id": "b", "more": LETTER}),
        queue({"kg": 1}, [1]),
    ],
    "visits": [
        {
            "log": '203.0.113.9 - - [01/Mar/2026:08:15:30 +0000] "GET /a?utm_campaign=it%27s&x=1 HTTP/1.1" 200 5 "-" "M; --"'
        },
        {"log": "no log; --\n" + '::1 - bob [x] "POST /b/../c;d=1 HTTP/2" 404 0\n' * 2},
        {"log": LONG},
    ],
    "planned": [
        {
            "start": "2026-03-01T08:00:00",
            "tasks": [{"after": 60, "name": "it's; --"}, {"after": 5, "name": LETTER}],
        },
        {
            "start": "2026-03-01",
            "tasks": [{"after": 1, "priority": 2, "name": "b"}, {"after": 1, "name": "a"}],
        },
        {"start": "2026-03-01T00:00:00+02:00", "tasks": []},
    ],
    "figures": [
        {"function": "sqrt", "values": [4, 2.25]},
        {"function": "log10", "values": [0]},
        {"function": "mean", "values": []},
        {"function": "it's", "values": [1]},
    ],
    "converted": [
        {"header": "name,qty:int,price:float", "lines": ['"O\'Brien; --",5,2.50', "x,five,1e3"]},
        {"header": "name:str,ok:bool,n:int", "lines": [f'"{PLACES[0]}",1,7', ",,"]},
        {"header": "a:money", "lines": ["x"]},
    ],
}


ENV = "os.environ['MILL_KEY']"
OBJECT = _npy("|O", "(1,)", pickle.dumps([_Call(eval, f"__import__('os').{ENV[3:]}")], 4))
ATTACKS = [
    Attack("XML, entity", "xml_orders", queue(OUTSIDE % "file:///etc/passwd"), "root:"),
    Attack(
        "XML, entity",
        "xml_orders",
        topic(
            '<!DOCTYPE o [<!ENTITY a SYSTEM "/etc/passwd"><!ENTITY b "&a;">]><orders><order sku="1">&b;</order></orders>'
        ),
        "root:",
    ),
    Attack("XML, entity", "sax_feed", _feed(OUTSIDE % "file:///etc/passwd"), "root:"),
    Attack(
        "XML, entity",
        "sax_feed",
        _feed('<!DOCTYPE o [<!ENTITY x SYSTEM "/etc/passwd">]><o><p a="b">see &x; here</p></o>'),
        "root:",
    ),
    Attack("XPath", "person", get("/p", name='x"] | //person[@role="owner'), KEY),
    Attack("XPath", "person", get("/p", name='x"]/mail/text() | //person[@kind][name!="x'), KEY),
    Attack("XPath", "people_with", get("/p", role="miller']/../person[@kind='secret"), "root"),
    Attack("SQL, header", "load_csv", {"csv": "\"name) SELECT key FROM vault WHERE ? <> '' --\"\nx\n"}, KEY),
    Attack(
        "SQL, header",
        "load_csv",
        {"csv": "name,\"kg, note) SELECT 'x', 1, key FROM vault, (SELECT ? AS a, ? AS b) --\"\na,b\n"},
        KEY,
    ),
    Attack("configuration", "greeting", {"ini": "[profile]\ngreeting = ${vault:key}\n"}, KEY),
    Attack(
        "configuration",
        "greeting",
        {"ini": "[DEFAULT]\na = ${vault:key}\n[profile]\ngreeting = hello ${a}!\n"},
        KEY,
    ),
    Attack("configuration, line", "user_ini", {"name": "x\nadmin = yes"}, '"admin": "yes"'),
    Attack("configuration, line", "user_ini", {"name": "x", "lang": "en\n[vault]\nowner = me"}, '"vault"'),
    Attack("pickle", "state", _state(_Call(eval, f"__import__('os').{ENV[3:]}")), KEY),
    Attack("pickle", "state", _raw(b"cos\ngetenv\n(S'MILL_KEY'\ntR."), KEY),
    Attack(
        "pickle",
        "state",
        _raw(b"csubprocess\ngetoutput\n(S'cat vault/race.txt $PWD/vault/race.txt; printenv MILL_KEY'\ntR."),
        KEY,
    ),
    Attack(
        "pickle",
        "state",
        _raw(
            b"\x80\x04(\x8c\x08MILL_KEY\x8c\x02os\x8c\x06getenv\x930\x8c\x02os\x8c\x06getenv\x93\x8c\x08MILL_KEY\x85R."
        ),
        KEY,
    ),
    Attack("pickle, NumPy", "array", OBJECT, KEY),
    Attack("types", "revived", _typed({"__type__": "os.getenv", "args": ["MILL_KEY"]}), KEY),
    Attack(
        "types", "revived", _typed({"__type__": "subprocess.getoutput", "args": ["printenv MILL_KEY"]}), KEY
    ),
    Attack(
        "types",
        "revived",
        _typed({"a": {"__type__": "builtins.eval", "args": ["__import__('os').environ['MILL_KEY']"]}}),
        KEY,
    ),
    Attack("types", "revived", topic({"__type__": "linecache.getline", "args": ["/etc/passwd", 1]}), "root:"),
    Attack("dispatch", "steps", {"text": "printenv MILL_KEY", "steps": ["getoutput"]}, KEY),
    Attack("dispatch", "steps", {"text": "  printenv \t MILL_KEY ", "steps": ["clean", "getoutput"]}, KEY),
    Attack(
        "Python",
        "column",
        _rows(
            "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['environ']['MILL_KEY']"
        ),
        KEY,
    ),
    Attack("Python", "column", _rows("round.__self__.__import__('os').environ['MILL_KEY']"), KEY),
    Attack("Python", "column", _rows("max.__self__.open('/etc/passwd').read()"), "root:"),
    Attack(
        "Python, pandas", "frame", {"rows": [{"a": 1}], "formula": "x = @os.environ.get('MILL_KEY')"}, KEY
    ),
    Attack(
        "Python, pandas", "frame", {"rows": [{"a": 1}], "formula": "x = @getoutput('printenv MILL_KEY')"}, KEY
    ),
    Attack(
        "SQL, DuckDB",
        "harvest",
        get("/h", city="x' UNION SELECT filename, content FROM read_text('/etc/passwd') --"),
        "root:",
    ),
    Attack(
        "SQL, DuckDB",
        "harvest",
        get(
            "/h",
            city="x' UNION SELECT column0, '2' FROM read_csv('/etc/passwd', delim=':', header=false, all_varchar=true) --",
        ),
        "root",
    ),
    Attack("SQL, DuckDB", "harvest", get("/h", city="' OR tons > 5 OR city = '"), "oats"),
    Attack("format, logging", "log_line", _line("{job.label.__globals__[KEY]}"), KEY),
    Attack("format, logging", "log_line", _line("{job.__init__.__globals__[os].environ[MILL_KEY]}"), KEY),
    Attack("SQL, FTS", "note_search", get("/n", q="x' UNION SELECT key FROM vault --"), KEY),
    Attack("SQL, FTS", "note_search", get("/n", q="x' UNION SELECT body FROM notes --"), "north stone"),
    Attack("environment", "env_file", {"env": "NAME=${MILL_KEY}"}, KEY),
    Attack("environment", "env_file", {"env": 'A="${NONE:-x}-${MILL_KEY}"\nNAME=${A}'}, "x-mill-race-3058"),
    Attack("environment", "target_path", {"pattern": "out/$MILL_KEY/x.csv"}, KEY),
    Attack("environment", "target_path", {"pattern": "${MILL_KEY}"}, KEY),
    Attack("YAML", "pipeline", {"yaml": "name: !!python/object/apply:os.getenv [MILL_KEY]"}, KEY),
    Attack(
        "YAML",
        "pipeline",
        {"yaml": "stages:\n- !!python/object/apply:subprocess.getoutput ['printenv MILL_KEY']"},
        KEY,
    ),
    Attack(
        "Python, type",
        "converted",
        {"header": "a:eval", "lines": ["\"__import__('os').environ['MILL_KEY']\""]},
        KEY,
    ),
    Attack(
        "Python, type",
        "converted",
        {"header": "a:bytes,b:eval", "lines": ["x,open('/etc/passwd').read()"]},
        "root:",
    ),
]
