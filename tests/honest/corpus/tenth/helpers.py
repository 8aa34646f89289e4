"""Assistants, rules and formulas: dispatch by names, expressions, data frames."""

import json

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.tenth import (
    CSS,
    LETTER,
    LONG,
    MARKUP,
    PEOPLE,
    PLACES,
    TRACE,
    agent,
    alb,
    alexa,
    api,
    bus,
    graphql,
    http,
    queue,
    topic,
)

NEEDS = ("aws-http",)
KEY = "helper-key-2946"


def _tools(*calls: tuple[str, object]) -> dict[str, object]:
    return http(
        "POST",
        "/chat",
        {
            "tool_calls": [
                {
                    "id": f"call_{number}",
                    "type": "function",
                    "function": {"name": name, "arguments": json.dumps(arguments)},
                }
                for number, (name, arguments) in enumerate(calls)
            ]
        },
    )


def _item(price: object, quantity: object, discount: object = 0, sku: str = "T-1") -> dict[str, object]:
    return queue({"sku": sku, "price": price, "quantity": quantity, "discount": discount})


def _sales(**query: str) -> dict[str, object]:
    return api("GET", "/sales", query=query)


def _column(name: str, sign: str) -> dict[str, object]:
    return http("POST", "/column", {"name": name, "operator": sign})


def _merge(body: object) -> dict[str, object]:
    return api("PATCH", "/me/preferences", body)


def _rules(data: object, *rules: tuple[str, str, object]) -> dict[str, object]:
    return {"data": data, "rules": [{"field": field, "op": op, "value": value} for field, op, value in rules]}


def _mapping(columns: object, *rows: object) -> dict[str, object]:
    return topic({"columns": columns, "rows": list(rows)})


def _rule(key: str, threshold: object, title: str = "") -> tuple[str, dict[str, object]]:
    return ("save_rule", http("PUT", "/rules", {"id": key, "threshold": threshold, "title": title}))


REQUESTS = {
    "agent_action": [
        agent("get_weather", city="L'Aquila", unit="F"),
        agent("create_note", title="import os & more", text=MARKUP),
        agent("search", query="how do I eval('1+1') or __import__('os') in Python?", limit="10"),
        agent("no_such_tool", city=PLACES[0]),
    ],
    "openai_tools": [
        _tools(("get_weather", {"city": "São Paulo"}), ("search", {"query": 'it\'s "x" __class__'})),
        _tools(("create_note", {"title": PEOPLE[0], "text": LONG})),
        _tools(("tool_search", {"query": TRACE, "limit": "1"})),
    ],
    "voice": [
        alexa("OrderTea", kind="Earl Grey", name="Siobhán O'Connor"),
        alexa("OrderTea", kind="a 'green' one", name="system"),
        alexa("AMAZON.HelpIntent"),
    ],
    "attribute": [
        graphql("attribute", path="customer.name"),
        graphql("attribute", path="id"),
        graphql("attribute", path="customer.city"),
    ],
    "price_formula": [
        _item(4.5, 3),
        _item("12.00", "2", "0.15", "O'N-5 (x)"),
        _item(1e3, 1, 0.5, "import-7"),
        _item(-5, 2),
    ],
    "unit_convert": [
        alb("GET", "/u", query={"value": "5.5", "unit": "km/h"}),
        alb("GET", "/u", query={"value": "'it\\'s __import__'", "unit": "%"}),
        alb("GET", "/u", query={"value": "[1, (2, 'x'), {'a': None}]", "unit": "m²"}),
    ],
    "calculator": [
        http("POST", "/calc", {"expression": "2 * (3 + 4) ** 2"}),
        http("POST", "/calc", {"expression": "round(sqrt(2) * pi, 3)"}),
        http("POST", "/calc", {"expression": "abs(-5) // 2 if 1 < 2 else 0"}),
    ],
    "sales_report": [
        _sales(region="EMEA"),
        _sales(region="Côte d'Ivoire", min="5"),
        _sales(region="R&D (x) or y", min="2.5"),
    ],
    "sort_frame": [
        bus("Report", {"by": "name"}),
        bus("Report", {"by": ["points", "name"], "ascending": False, "agg": "mean"}),
        bus("Report", {"by": "points", "agg": "max", "title": MARKUP}),
    ],
    "derived_column": [_column("gross", "+"), _column("ratio_2", "/"), _column("größe", "-")],
    "export_rows": [
        {"format": "csv", "rows": [1, "O'Neil", None]},
        {"format": "json", "rows": [{"a": MARKUP}]},
        {"format": "csv", "rows": []},
    ],
    "load_class": [
        {"handler": "decimal.Decimal", "input": "5.50"},
        {"handler": "builtins.len", "input": LETTER},
        {"handler": "urllib.parse.quote", "input": "o'neil & more"},
    ],
    "preferences": [
        _merge({"language": "de", "theme": {"color": "#ff00aa"}}),
        _merge({"language": PEOPLE[6], "nickname": "O'Neil __init__", "tags": ["a", {"b": 1}]}),
        _merge(
            {"theme": {"size": 14, "fonts": {"body": "Inter, 'Helvetica'"}}, "address": {"street": PLACES[1]}}
        ),
    ],
    "validate": [
        graphql("validate", prefix="A.B(c)", codes=["A.B(c)-123", "x"]),
        graphql("validate", prefix="O'N", codes=["O'N-99", "O'N-1000"]),
        graphql("validate", prefix="größe+", codes=["größe+-555"]),
    ],
    "workflow_choice": [
        _rules({"status": "paid", "total": 50}, ("status", "==", "paid"), ("total", ">=", 20.5)),
        _rules(
            {"name": PEOPLE[0], "note": LETTER}, ("name", "!=", 'it\'s "x" or 1 == 1'), ("note", "!=", MARKUP)
        ),
        _rules(
            {"tags": "a", "vip": True},
            ("tags", "in", ["a", "b; import os"]),
            ("vip", "is", True),
            ("nothing", "==", None),
        ),
    ],
    "exec_mapping": [
        _mapping({"id": "ID", "name": "Customer Name"}, {"ID": 1, "Customer Name": PEOPLE[0]}, {"ID": 2}),
        _mapping({"it's": "Straße & Nr. (2)", "x\ny": "a.b"}, {"a.b": MARKUP, "Straße & Nr. (2)": PLACES[0]}),
        _mapping({"import": "from", "price €": "Price [€]"}, {"from": "x", "Price [€]": 5}),
    ],
    "log_level": [
        {"level": "debug", "time": "2026-12-01T08:00:00+00:00", "text": LETTER},
        {
            "level": "Warning",
            "time": "2026-12-01T08:00:00",
            "text": "it's",
            "format": "%d.%m.%Y um %H Uhr (%%)",
        },
        {"level": "verbose", "time": "2026-12-01", "text": CSS},
    ],
    "aggregate": [
        {"function": "mean", "values": [1, 2, 3.5]},
        {"function": "median", "values": ["5", "7"]},
        {"function": "std", "values": [1, 1]},
    ],
    "save_rule": [
        _rule("r1", 50, "It's 50% off")[1],
        _rule("r'2", "99.90", MARKUP)[1],
        _rule("ü", 0, PEOPLE[5])[1],
    ],
    "apply_rule": [
        {"rule": "r1", "total": 60},
        {"rule": "r'2", "total": 60.5},
        {"rule": "none", "total": 5},
        {"rule": "it's none", "total": 7.5},
        {"rule": "a/b c", "total": 0},
    ],
}
ESCAPE = "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['environ']['MODEL_KEY']"
ATTACKS = [
    Attack("dispatch", "openai_tools", _tools(("internal_shell", {"cmd": "printenv MODEL_KEY"})), KEY),
    Attack(
        "dispatch",
        "openai_tools",
        _tools(("search", {"query": "x"}), ("internal_shell", {"cmd": "printf $MODEL_KEY"})),
        KEY,
    ),
    Attack("dispatch", "openai_tools", _tools(("reload", {"name": "ctypes.util"})), "ctypes/util.py"),
    Attack("attribute", "attribute", graphql("attribute", path="tools.__self__.api_key"), KEY),
    Attack("attribute", "attribute", graphql("attribute", path="tools.__func__.__globals__"), KEY),
    Attack(
        "attribute", "attribute", graphql("attribute", path="customer.__class__.__mro__"), "class 'object'"
    ),
    Attack("code, eval", "price_formula", _item("MODEL_KEY or 1", 1), KEY),
    Attack(
        "code, eval",
        "price_formula",
        _item(1, "1 and __import__('os').popen('printenv MODEL_KEY').read() or 1"),
        KEY,
    ),
    Attack("code, eval, two fields", "price_formula", _item("(MODEL_KEY, '''", "''')[0] or 1"), KEY),
    Attack(
        "code, eval, SKU",
        "price_formula",
        queue(
            {
                "sku": "x",
                "price": "1",
                "quantity": "1",
                "discount": "0) and getattr(__import__('base64'), 'b64' + 'encode')(MODEL_KEY.encode()) or (1",
            }
        ),
        "aGVscGVyLWtleS0yOTQ2",
    ),
    Attack("code, sandbox", "calculator", http("POST", "/calc", {"expression": ESCAPE}), KEY),
    Attack(
        "code, sandbox",
        "calculator",
        http(
            "POST",
            "/calc",
            {"expression": "sqrt.__self__.__loader__.load_module('posix').environ[b'MODEL_KEY'].decode()"},
        ),
        KEY,
    ),
    Attack("code, pandas", "sales_report", _sales(region='x" or 1 == 1 or region == "'), "Ivoire"),
    Attack(
        "code, pandas",
        "sales_report",
        _sales(region="EMEA", min="0 or @pd.io.common.os.system('true') == 0"),
        "APAC",
    ),
    Attack("code, pandas", "sales_report", _sales(region='" or region.str.contains("A") or "" == "'), "APAC"),
    Attack("code, pandas", "derived_column", _column("x = net + vat\nnet", "* 0 +"), '\\"net\\": 1.9'),
    Attack("code, pandas", "derived_column", _column("x", "* 0 + 7331 * 3 + 0 *"), "21993"),
    Attack("import", "load_class", {"handler": "os.getenv", "input": "MODEL_KEY"}, KEY),
    Attack("import", "load_class", {"handler": "subprocess.getoutput", "input": "printenv MODEL_KEY"}, KEY),
    Attack(
        "import", "load_class", {"handler": "eval", "input": "__import__('os').environ['MODEL_KEY']"}, KEY
    ),
    Attack("import", "load_class", {"handler": "linecache.getlines", "input": "/var/task/app.py"}, KEY),
    Attack("pollution", "preferences", _merge({"__class__": {"role": "admin"}}), '\\"role\\": \\"admin\\"'),
    Attack(
        "pollution",
        "preferences",
        _merge({"__init__": {"__globals__": {"LIMITS": {"uploads": 7331}}}}),
        "7331",
    ),
    Attack(
        "pollution",
        "preferences",
        _merge(
            {
                "theme": {"color": "x"},
                "__class__": {"__init__": {"__globals__": {"LIMITS": {"uploads": "own7331"}}}},
            }
        ),
        "own7331",
    ),
    Attack("code, condition", "workflow_choice", _rules({"a": 1}, ("a", "== 2 or 7 ==", 7)), "[true]"),
    Attack(
        "code, condition",
        "workflow_choice",
        _rules(
            {"a": 1},
            ("x') or __import__('os').path.exists('/var/task/app.py') and not data.get('y", "and 1 <", 2),
        ),
        "[true]",
    ),
    Attack(
        "code, generated",
        "exec_mapping",
        _mapping({"a": "x') or __import__('os').getenv('MODEL_KEY"}, {}),
        KEY,
    ),
    Attack(
        "code, generated",
        "exec_mapping",
        _mapping({"a": "x')\n    import os\n    out['b'] = os.popen('printenv MODEL_KEY').read() # ('"}, {}),
        KEY,
    ),
    Attack(
        "code, generated",
        "exec_mapping",
        _mapping({"a": "x'); out['z'] = open('/proc/self/environ').read(); ('"}, {}),
        "PARTNER_URL",
    ),
    Attack(
        "code, second order",
        "apply_rule",
        {"rule": "e1", "total": 5},
        KEY,
        before=[_rule("e1", "0 and __import__('os').environ['MODEL_KEY']")],
    ),
    Attack(
        "code, second order",
        "apply_rule",
        {"rule": "e2", "total": 5},
        "21993",
        before=[_rule("e2", "1 and 7331 * 3")],
    ),
    Attack(
        "code, second order",
        "apply_rule",
        {"rule": "e3", "total": 5},
        KEY,
        before=[
            _rule(
                "e3",
                "-1 and [c for c in ().__class__.__base__.__subclasses__() if 'wrap_clo' in c.__name__][0].__init__.__globals__['environ']['MODEL_KEY']",
            )
        ],
    ),
]
