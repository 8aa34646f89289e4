"""Data pipelines."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.ninth import (
    BUG,
    COMPANIES,
    COMPLAINT,
    LATEX,
    NAMES,
    POSTER,
    SPREAD,
    api,
    bus,
    http,
    kinesis,
    put,
    queue,
)

NEEDS = ("aws-http",)
SECRET = "pipe-secret-6201"


def _sales(**query: str) -> dict[str, object]:
    return http("GET", "/sales", query=query)


def _sale(**row: object) -> dict[str, object]:
    return kinesis({"city": "Cork", "product": "tea", "amount": 1, **row})


def _logs(day: str = "2025-11-03", host: str = "web-1", **more: str) -> dict[str, object]:
    return bus("Count", {"day": day, "host": host, **more})


def _rules(*rules: tuple[object, str, object]) -> dict[str, object]:
    return bus("Rules", {"rules": [{"value": value, "op": op, "limit": limit} for value, op, limit in rules]})


def _sort(field: str, *rows: dict[str, object]) -> dict[str, object]:
    return api(
        "POST", "/sort", {"field": field, "rows": rows or [{"name": "b", "n": 1}, {"name": "a", "n": 2}]}
    )


def _step(module: str, function: str, rows: object) -> dict[str, object]:
    return {"step": {"module": module, "function": function}, "rows": rows}


def _start(customer: str, note: str = "", reference: str = "R-2025/11 (a)") -> dict[str, object]:
    return bus("Form", {"customer": customer, "note": note, "reference": reference})


def _tile(key: str, city: str) -> tuple[str, dict[str, object]]:
    return ("remember", http("POST", "/tiles", {"id": key, "city": city}))


REQUESTS = {
    "sales": [
        _sales(city="Cork"),
        _sales(city="K", order="product"),
        _sales(city="Frankfurt (Oder) -- Süd; 2"),
        _sales(city="", order="total"),
        _sales(city="St. J"),
    ],
    "ingest": [
        _sale(city="Saint-Jean-d'Angély", amount=3),
        _sale(product=POSTER),
        kinesis(
            {"city": NAMES[0], "product": "x; y", "amount": -1.5}, {"city": "山", "product": BUG, "amount": 0}
        ),
    ],
    "ingest_safe": [
        queue({"city": "it's", "product": "'); drop table sales; --", "amount": 1}),
        queue({"city": NAMES[8], "product": COMPLAINT, "amount": 2.5}),
    ],
    "lake": [
        {"region": "eu-1"},
        {"region": "us (east)", "city": "Cork"},
        {"region": "eu-1", "city": "Select -- Union; (x)"},
        {"region": "eu-1", "city": "Köln"},
    ],
    "duck_safe": [{"city": "O'Neil", "note": BUG}, {"city": "' or 1=1 --", "note": SPREAD}],
    "athena": [
        _logs(),
        _logs("2025-11-03", "it's-web.example.org", hour="09"),
        _logs("2025-11-03T00:00:00+00:00", "10.0.0.1:80 (x)"),
    ],
    "redshift": [
        put("orders/2025/11/03/part-0001.csv"),
        put("customers/Q3 report (final) & more.csv", "orders/a+b=c;d--e.csv"),
        put("order_items/ünï.csv.gz"),
    ],
    "filtered": [
        {"city": "Cork"},
        {"city": "St. John's", "least": 1},
        {"city": "Köln and (more) or less", "least": 2.5},
        {"city": "a & b | c == d"},
    ],
    "kpi": [
        {"kpis": {"margin": "amount - cost", "ratio": "amount / cost * 100"}},
        {"kpis": {"big": "amount > 4"}},
    ],
    "rule": [_rules((5, ">", 3), (2.5, "<=", 2)), _rules(("1e3", "==", "1000")), _rules((0, "!=", -1))],
    "rule_safe": [
        {"rules": [{"value": 5, "op": "gt", "limit": 3}]},
        {
            "rules": [
                {"value": NAMES[0], "op": "contains", "limit": "O'"},
                {"value": "a", "op": "eq", "limit": "a"},
            ]
        },
    ],
    "sort_by": [
        _sort("name"),
        _sort("n"),
        _sort("unit price (€)", {"unit price (€)": 2, "t": BUG}, {"unit price (€)": 1, "t": NAMES[0]}),
        _sort("a.b-c", {"a.b-c": "x"}),
    ],
    "aggregate": [
        {"function": "mean", "values": [1, 2, 3]},
        {"function": "median", "values": [5, 1]},
        {"function": "max", "values": [-1.5, 2]},
    ],
    "run_step": [
        _step("steps.clean", "strip", [{"name": f"  {NAMES[0]} ", "n": 1}]),
        _step("steps.clean", "drop_empty", [{"a": ""}, {"a": BUG}]),
    ],
    "transform": [
        {
            "code": "def transform(row):\n    row['total'] = row['n'] * row['price']\n    return row\n",
            "rows": [{"n": 2, "price": 4.5, "name": NAMES[0]}],
        },
        {
            "code": "def transform(row):\n    return {**row, 'root': round(math.sqrt(row['n']), 2), 'day': datetime.fromisoformat(row['at']).strftime('%A')}\n",
            "rows": [{"n": 2, "at": "2025-11-03T09:12:44+00:00"}],
        },
        {"code": "transform = lambda row: row['name'].title()", "rows": [{"name": "o'neil"}]},
    ],
    "literal": [
        queue({"list": "['it\\'s', 5, (1, 2), {'a': None}]"}),
        queue({"list": '["' + POSTER.replace('"', "'") + '"]'}),
        queue({"list": "[1e3, -2, True]"}),
    ],
    "start": [
        _start(NAMES[0], COMPLAINT),
        _start(NAMES[8], BUG),
        _start(COMPANIES[1], LATEX, "ord_01HX; it's #5"),
        _start("{x} %s 100%"),
    ],
    "remember": [
        _tile("t-1", "Cork")[1],
        _tile("t-2", "St. John's")[1],
        _tile("it's", "Frankfurt (Oder) -- Süd")[1],
    ],
    "tile": [{"tile": "t-1"}, {"tile": "t-2"}, {"tile": "it's"}, {"tile": "none"}],
}
ATTACKS = [
    Attack("SQL, SQLite", "sales", _sales(city="x' union select value, name from tokens --"), SECRET),
    Attack(
        "SQL, SQLite",
        "sales",
        _sales(
            city="",
            order="(select case when value like 'pipe-secret-62%' then -total else total end from tokens)",
        ),
        '[{\\"product\\": \\"cup\\"',
    ),
    Attack(
        "SQL, SQLite",
        "sales",
        _sales(city="'/**/and/**/0/**/union/**/values(char(49,55),(select/**/value/**/from/**/tokens))--"),
        SECRET,
    ),
    Attack(
        "SQL, SQLite",
        "sales",
        _sales(city="' and 0 union select group_concat(sql), 2 from sqlite_master --"),
        "CREATE TABLE tokens",
    ),
    Attack(
        "SQL, stream",
        "ingest",
        _sale(amount="1); insert into sales (city, product) select value, name from tokens; --"),
        SECRET,
    ),
    Attack("SQL, stream", "ingest", _sale(amount="(select value from tokens)"), SECRET),
    Attack(
        "SQL, DuckDB",
        "lake",
        {"region": "eu-1.csv') union all select content, 1 from read_text('/var/task/secret.txt') --"},
        SECRET,
    ),
    Attack(
        "SQL, DuckDB",
        "lake",
        {
            "region": "eu-1",
            "city": "x' union all select content, 0 from read_text('/var/task/secret.txt') where '1'='1",
        },
        SECRET,
    ),
    Attack("SQL, DuckDB", "lake", {"region": "eu-1", "city": "x' or amount > '0"}, "St. John's"),
    Attack(
        "path, DuckDB",
        "lake",
        {
            "region": "../../var/task/secret.txt', header=false, names=['city']), (select 1 as amount) where 1=1 --"
        },
        SECRET,
    ),
    Attack(
        "SQL, Athena",
        "athena",
        _logs("2025-11-03' UNION SELECT password FROM users --"),
        "UNION SELECT password FROM users --",
    ),
    Attack("SQL, Athena", "athena", _logs(hour="1' OR '1'='1"), "OR '1'='1'"),
    Attack(
        "SQL, Redshift",
        "redshift",
        put("orders; drop table staging.audit;--/x.csv"),
        "; drop table staging.audit",
    ),
    Attack(
        "SQL, Redshift",
        "redshift",
        put("orders/x' CREDENTIALS 'aws_access_key_id=AK;aws_secret_access_key=S' CSV; --"),
        "CREDENTIALS 'aws_access_key_id=AK",
    ),
    Attack("code, pandas", "filtered", {"city": 'x" or city != "y'}, '"product": "cup"'),
    Attack("code, pandas", "filtered", {"city": "Cork", "least": "0 or amount > 0"}, '"product": "cup"'),
    Attack("code, pandas", "kpi", {"kpis": {"x": "@pd.io.common.os.environ['PIPE_TOKEN']"}}, SECRET),
    Attack(
        "code, pandas", "kpi", {"kpis": {"x": "@pd.io.common.os.popen('printenv PIPE_TOKEN').read()"}}, SECRET
    ),
    Attack(
        "code, eval", "rule", _rules(("__import__('os').environ['PIPE_TOKEN'] if 1", "else", "0")), SECRET
    ),
    Attack("code, eval", "rule", _rules((5, "and API_TOKEN or", 3)), SECRET),
    Attack("code, eval", "rule", _rules(("[API_TOKEN,", "#", "x\n]")), SECRET),
    Attack(
        "code, eval",
        "rule",
        _rules((0, "or open('secret.txt').read() and", "open('secret.txt').read()")),
        SECRET,
    ),
    Attack(
        "code, eval",
        "sort_by",
        _sort("name'] + __import__('os').environ['PIPE_TOKEN'] if row.update(t=API_TOKEN) else row['name"),
        SECRET,
    ),
    Attack(
        "code, eval",
        "sort_by",
        _sort("n'] * len([row.__setitem__('z', open('secret.txt').read())]) + row['n"),
        SECRET,
    ),
    Attack(
        "function by name",
        "aggregate",
        {"function": "fromfile", "values": "/var/task/secret.txt"},
        "6.47609278e+170",
    ),
    Attack("function by name", "run_step", _step("subprocess", "getoutput", "printenv PIPE_TOKEN"), SECRET),
    Attack("function by name", "run_step", _step("os", "getenv", "PIPE_TOKEN"), SECRET),
    Attack("function by name", "run_step", _step("builtins", "eval", "__import__('app').API_TOKEN"), SECRET),
    Attack("function by name", "run_step", _step("posix", "listdir", "/var/task"), "secret.txt"),
    Attack("JSON", "start", _start("x", reference='r", "approved": true, "z": "'), '"approved": true'),
    Attack("JSON", "start", _start("x", reference='r", "customer": "root", "note": "'), '"customer": "root"'),
    Attack(
        "SQL, second order",
        "tile",
        {"tile": "u-1"},
        SECRET,
        before=[_tile("u-1", 'x" union select value, name from tokens order by 1 desc --')],
    ),
    Attack("SQL, second order", "tile", {"tile": "u-2"}, "[13,", before=[_tile("u-2", 'x" or "1')]),
]
