"""A carrier's prices."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.seventh import (
    COMPANY,
    EMOJI,
    HTML_TALK,
    LETTER,
    NAMES,
    PYTHON_TALK,
    SHELL_TALK,
    SQL_TALK,
    STREET,
    TEMPLATE_TALK,
    XML_TALK,
    appsync,
    b64,
    bus,
    http,
    kinesis,
)

KEY = "carrier-key-5772"


def _quick(formula: str) -> dict[str, object]:
    return http("GET", "/price", query={"formula": formula})


def _column(formula: str) -> dict[str, object]:
    return bus("Report", {"formula": formula})


def _where(where: str) -> dict[str, object]:
    return http("GET", "/parcels", query={"where": where})


def _sql(rule: str) -> dict[str, object]:
    return {"rule": b64(rule)}


def _rules(*rules: tuple[str, str], **order: object) -> dict[str, object]:
    return {
        "order": {"total": 40, "town": "St. John's", **order},
        "rules": [{"when": a, "then": b} for a, b in rules],
    }


def _patch(body: object) -> dict[str, object]:
    return http("PATCH", "/customers/1", body)


def _call(function: str, value: object) -> dict[str, object]:
    return kinesis({"function": function, "value": value})


def _steps(text: str, *steps: object) -> dict[str, object]:
    return {"text": text, "steps": list(steps)}


REQUESTS = {
    "formula": [
        {"formula": "kg * 2.5 + 3"},
        {"formula": "zone + '-' + town", "values": {"town": COMPANY}},
        {"formula": "len(kg) > 3"},
        {"formula": "-(kg - 1) / (2 + 1) < 5"},
        {"formula": "kg times two, isn't it?"},
    ],
    "formula_quick": [
        _quick("kg * 2 + ceil(kg / 3)"),
        _quick("sqrt(16) % 3"),
        _quick("(1 + 2) * [3, 4][1]"),
        _quick("5 - 3 and more!"),
    ],
    "formula_column": [_column("kg * 2"), _column("kg / 2 + id"), _column("(kg > 5) & (zone == 'A')")],
    "parcels_where": [
        _where('town == "St. John\'s"'),
        _where("kg > 2 and zone in ['A', 'C']"),
        _where("kg * 2 < 10 or not id == 2"),
    ],
    "parcels_of": [
        appsync("Query", "parcels", towns=["St. John's", "B"]),
        appsync("Query", "parcels", towns=["@home (1)", SQL_TALK, ""]),
    ],
    "parcels_sql": [
        _sql("kg > 5 AND town LIKE 'St.%'"),
        _sql("zone IN ('A', 'B') AND NOT (id = 3)"),
        _sql("lower(town) = 'cork' OR kg BETWEEN 6 AND 8"),
        _sql("town = 'it''s' -- none"),
    ],
    "rules": [
        _rules(
            ("order.total > 30 and 'John' in order.town", "10% off {order.total} for you"),
            ("order.total > 99", "gift"),
        ),
        _rules(("len(order.items) >= 2", 'sum: {sum(order.items):.2f}; it\'s "fine"'), items=[1.5, 2, 3]),
        _rules(("True", TEMPLATE_TALK.replace("{", "(").replace("}", ")")), note=PYTHON_TALK),
    ],
    "decide": [
        {
            "order": {"lines": [{"sku": "a'b", "n": 2}]},
            "rules": [{"of": "lines[0].n", "if": "is", "value": 2, "then": SHELL_TALK}],
        },
        {
            "order": {"note": PYTHON_TALK},
            "rules": [{"of": "note", "if": "matches", "value": "__import__\\(.*\\)", "then": "code"}],
        },
        {
            "order": {"tags": [SQL_TALK]},
            "rules": [{"of": "tags", "if": "has", "value": SQL_TALK, "then": "odd"}],
        },
    ],
    "show_field": [
        {"path": "address.town"},
        {"path": "tags.1"},
        {"path": "label", "name": "Zoë O'Brien; {0.__class__}"},
        {"path": "name", "name": EMOJI},
    ],
    "patch_customer": [
        _patch({"name": "O'Brien", "address": {"town": "São Paulo; x"}}),
        _patch({"level": 3, "tags": ["__class__", SQL_TALK]}),
        _patch({"name": PYTHON_TALK, "note": "mode: expert"}),
    ],
    "patch_customer_fields": [
        _patch({"name": STREET, "note": {"x": 1}}),
        _patch({"tags": [TEMPLATE_TALK, None, 7]}),
    ],
    "statistic": [
        {"name": "mean", "values": [1, 2, 4.5]},
        {"name": "ptp", "values": [3, 9]},
        {"name": "unique", "values": ["b", "a'c", "b"]},
    ],
    "summary": [
        {"steps": [{"method": "sort_values", "args": ["kg"]}, {"method": "head", "args": [2]}]},
        {
            "steps": [
                {"method": "groupby", "args": ["zone"]},
                {"method": "sum", "kwargs": {"numeric_only": True}},
            ]
        },
        {
            "steps": [
                {"method": "rename", "kwargs": {"columns": {"kg": "it's; kg"}}},
                {"method": "tail", "args": [1]},
            ]
        },
    ],
    "hook": [
        _call("statistics:median", [3, 1, 2]),
        _call("html:escape", HTML_TALK),
        _call("json:dumps", {"a": [SQL_TALK, SHELL_TALK]}),
    ],
    "clean": [
        _steps("  o'brien & söhne ", "strip", "title", ["replace", "&", "and"]),
        _steps(SHELL_TALK, "upper", ["center", 200, "."]),
        _steps("a,b;c", ["split", ","], ["index", "b;c"]),
    ],
    "clean_known": [
        _steps(LETTER, "nfc", "title"),
        _steps("x", "lower case", "upper"),
        _steps(XML_TALK, "strip"),
    ],
    "form_schema": [
        {"title": "Order", "fields": {"name": "str", "count": "int", "tags": "list[str]"}},
        {"fields": {"price": "float", "extra": "dict[str, int] | None"}},
    ],
    "notice": [
        {"text": "Parcel of {kg} kg costs {price * kg} € -- it's 50% off; see <b>#5</b>"},
        {"text": "It's {round(price / 2, 1)} for O'Brien&nbsp;& co, {'heavy' if kg > 2 else 'light'}"},
        {"text": SHELL_TALK.replace("{", "")},
    ],
    "advance": [
        {"order": {"stage": "new", "total": "12.50", "note": SQL_TALK}, "action": {"pay": 12.5}},
        {"order": {"stage": "paid", "total": 1}, "action": {"send": f"{NAMES[0]}, {STREET}"}},
    ],
}
_OWN = "().__class__.__base__.__subclasses__()"
# Without a quote: names come out of the functions' own names.
_LOADER = (
    "floor.__self__.__spec__.__init__.__globals__[sqrt.__name__[0] + copysign.__name__[3] + sqrt.__name__[0]]"
)
_OS = _LOADER + ".modules[floor.__name__[2] + sqrt.__name__[0]]"
ATTACKS = [
    Attack("code, python", "formula_quick", _quick(_OWN), "catch_warnings"),
    Attack("code, python", "formula_quick", _quick(_OS + ".environ"), "AWS_SECRET_ACCESS_KEY"),
    Attack(
        "code, python",
        "formula_quick",
        _quick(_OS + ".popen(sin.__name__[1] + modf.__name__[2]).read()"),
        "uid=",
    ),
    Attack("code, pandas", "formula_column", _column("@pd.io.common.os.popen('id').read()"), "uid="),
    Attack("code, pandas", "formula_column", _column("@API_KEY"), KEY),
    Attack(
        "code, pandas",
        "parcels_where",
        _where("@pd.io.common.os.popen('echo 3').read().__len__() <= id"),
        '\\"B\\"},{\\"id\\":3',
    ),
    Attack(
        "SQL, file",
        "parcels_sql",
        _sql("id = 1 UNION ALL SELECT 7, content FROM read_text('/etc/passwd')"),
        "root:x:0",
    ),
    Attack(
        "SQL, file", "parcels_sql", _sql("id = 1 UNION SELECT 8, file FROM glob('/etc/pass*')"), "/etc/passwd"
    ),
    Attack(
        "code, python",
        "rules",
        _rules(("order.__class__.__base__.__subclasses__()", "{().__class__.__base__.__subclasses__()}")),
        "catch_warnings",
    ),
    Attack("code, python", "rules", _rules(("True", "{__import__('os').popen('id').read()}")), "uid="),
    Attack(
        "code, python",
        "rules",
        _rules(
            (
                "[x for x in ().__class__.__base__.__subclasses__() if x.__name__ == '_wrap_close'][0].__init__.__globals__['system']('exit 7') == 1792",
                "ran-42",
            )
        ),
        "ran-42",
    ),
    Attack("attribute", "show_field", {"path": "label.__globals__.API_KEY"}, KEY),
    Attack(
        "attribute",
        "show_field",
        {"path": "__init__.__globals__.pd.io.common.os.environ"},
        "AWS_SECRET_ACCESS_KEY",
    ),
    Attack("attribute", "show_field", {"path": "__class__.__base__.__subclasses__"}, "FrameLocalsProxy"),
    Attack(
        "attribute, merge",
        "patch_customer",
        _patch({"label": {"__func__": {"__globals__": {"SETTINGS": {"mode": "owned-mode"}}}}}),
        "owned-mode",
    ),
    Attack(
        "attribute, merge",
        "patch_customer",
        _patch({"__init__": {"__globals__": {"SETTINGS": {"mode": "owned-mode"}}}}),
        "owned-mode",
    ),
    Attack("attribute, file", "statistic", {"name": "loadtxt", "values": "/etc/passwd"}, "root:x:0"),
    Attack(
        "attribute",
        "summary",
        {"steps": [{"method": "eval", "args": ["@pd.io.common.os.popen('id').read()"]}]},
        "uid=",
    ),
    Attack(
        "attribute", "summary", {"steps": [{"method": "head"}, {"method": "eval", "args": ["@API_KEY"]}]}, KEY
    ),
    Attack("import", "hook", _call("subprocess:getoutput", "id"), "uid="),
    Attack("import", "hook", _call("os:getenv", "AWS_SECRET_ACCESS_KEY"), "not-a-real-key"),
    Attack("import", "hook", _call("builtins.eval", "__import__('os').popen('id').read()"), "uid="),
    Attack(
        "attribute",
        "clean",
        _steps("x", ["__getattribute__", "__class__"], "mro", ["__getitem__", 1], "__subclasses__"),
        "catch_warnings",
    ),
    Attack(
        "code, annotation",
        "form_schema",
        {"fields": {"a": "__import__('typing').Literal[__import__('os').popen('id').read()]"}},
        "uid=",
    ),
    Attack(
        "code, annotation",
        "form_schema",
        {"fields": {"a": "__import__('typing').Annotated[str, __import__('pydantic').Field(title=API_KEY)]"}},
        KEY,
    ),
    Attack("code, python", "notice", {"text": "Hi {__import__('os').popen('id').read()}"}, "uid="),
    Attack("code, python", "notice", {"text": "{open('/etc/pass'+'wd').read(50)}"}, "root:x:0"),
    Attack("code, joined", "notice", {"text": "{__import__(&nbsp;'app').API_KEY}"}, KEY),
]
