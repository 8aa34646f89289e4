"""Rules, formulas and choices by name."""

from tests.honest.corpus.third import (
    BASE64,
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    MARKDOWN,
    NAME,
    SHELLY,
    TEMPLATE,
    UNICODE,
    URL,
    http,
)


def _post(body: object) -> dict[str, object]:
    return http("POST", "/x", body)


REQUESTS = {
    "calculator": [
        http("GET", "/c", query={"expr": one})
        for one in (
            "2 + 3 * (4 - 1)",
            "-1.5e3 / 4",
            "sqrt(abs(-16)) + round(pi, 2)",
            "max(1, 2) > 1 and 3 != 4",
            "__import__('os')",
            "x +",
        )
    ],
    "pricing": [
        {"formula": "price * qty * 0.9 + max(0, 5 - qty)", "order": {"price": 19.99, "qty": 3}},
        {
            "formula": "round(price, 1) - vip * 2",
            "order": {"price": 5.25, "qty": 1, "vip": True, "note": COMMENT},
        },
    ],
    "eval_checked": [
        {"formula": "net * (1 + tax) - 3", "row": {"net": 100, "tax": 0.19}},
        {"formula": "-a / b", "row": {"a": 1, "b": -8, "text": CODE}},
        {"formula": "a.b", "row": {"a": 1}},
        {"formula": "print", "row": {"a": 1}},
    ],
    "eval_digits": [
        {"expr": "(1 + 2) * 3.5 - -4"},
        {"expr": "10 / 4"},
        {"expr": "2 ** 8"},
        {"expr": "len('x')"},
    ],
    "rule_table": [
        {
            "facts": {"total": 120, "city": "L'Aquila"},
            "rules": [
                {
                    "name": "big",
                    "when": {
                        "all": [
                            {"field": "total", "op": "gt", "value": 100},
                            {"field": "city", "op": "matches", "value": "^L'"},
                        ]
                    },
                }
            ],
        },
        {
            "facts": {"text": CODE},
            "rules": [
                {
                    "name": "code",
                    "when": {"any": [{"field": "text", "op": "matches", "value": r"__\w+__|eval\("}]},
                },
                {"name": "no", "when": {"field": "x", "op": "eq", "value": 1}},
            ],
        },
    ],
    "json_logic": [
        {
            "rule": {"and": [{">": [{"var": "total"}, 5]}, {"==": [{"var": "name"}, "O'Brien"]}]},
            "data": {"total": 9, "name": "O'Brien"},
        },
        {"rule": {"cat": ["import os; ", {"var": "x"}]}, "data": {"x": JSON_TEXT}},
    ],
    "path_query": [
        {
            "query": "items[?price > `5`].name | [0]",
            "data": {"items": [{"name": NAME, "price": 9}, {"name": "x", "price": -1}]},
        },
        {
            "query": 'people[*].{n: "first name", l: length(tags)}',
            "data": {"people": [{"first name": COMMENT, "tags": [1]}]},
        },
        {"query": "broken[", "data": {}},
    ],
    "frame_filter": [
        {
            "rows": [{"n": 1, "name": "O'B"}, {"n": 5, "name": "x"}],
            "filters": [{"column": "n", "op": "gt", "value": 2}],
        },
        {
            "rows": [{"index": "a", "select": COMMENT}, {"index": "b", "select": "c"}],
            "filters": [{"column": "select", "op": "eq", "value": COMMENT}],
        },
    ],
    "frame_query": [
        {"column": "units", "least": "5"},
        {"column": "price", "least": -1},
        {"column": "@x", "least": 1},
    ],
    "frame_eval": [{"formula": "a * 2 + b"}, {"formula": "(a - b) / 3"}, {"formula": "@pd"}],
    "plugin": [
        {"action": "resize", "input": {"width": 3}},
        {"action": "notify", "input": CODE},
        {"action": "os", "input": "x"},
        {"action": "../x", "input": 1},
    ],
    "dispatch": [
        {"action": "create", "arguments": {"name": COMPANY, "note": "x"}},
        {"action": "rename", "arguments": {"name": "self", "to": "__class__"}},
        {"action": "__init__", "arguments": {}},
    ],
    "model_fields": [
        _post({"name": NAME, "tags": ["a'b"], "level": -1}),
        _post({"__class__": "x", "name": "name", "admin": True}),
    ],
    "made_model": [
        {
            "fields": [{"name": "full_name", "kind": "text"}, {"name": "age", "kind": "number"}],
            "values": {"full_name": NAME, "age": "41"},
        },
        {
            "fields": [{"name": "select", "kind": "flag"}, {"name": "note", "kind": "text"}],
            "values": {"note": CODE},
        },
        {"fields": [{"name": "x", "kind": "number"}], "values": {"x": "1; drop"}},
    ],
    "made_tuple": [
        {"csv": "id,first name,total\n1,O'Brien,-3\n2,x,1e3"},
        {"csv": "class,def,a.b\nimport,os,;"},
    ],
    "schema_check": [
        {
            "schema": {
                "type": "object",
                "required": ["a"],
                "properties": {"a": {"type": "string", "pattern": "^[a-z']+$"}},
            },
            "document": {"a": "o'x"},
        },
        {"schema": {"type": "array", "items": {"enum": [1, "x"]}, "maxItems": 1}, "document": [COMMENT, 2]},
    ],
    "grade": [
        {"source": "import os\n\ndef total(xs):\n    return sum(x for x in xs if x > 0)\n"},
        {"source": CODE},
        {"source": "def broken(:\n  pass"},
        {"source": "import subprocess\nsubprocess.run('rm -rf /', shell=True)\n"},
    ],
    "literals": [
        {"values": ["[1, 2, {'a': (3, None)}]", "'O\\'Brien'", "-1.5e3"]},
        {"values": ["{'__import__': \"os\"}", "b'x'"]},
    ],
    "state_token": [{"page": "3", "q": COMMENT}, {"page": -1, "q": BASE64}],
    "pattern_search": [
        {"pattern": r"^(?P<k>\w+)='(.*?)'$", "lines": ["a='x'", COMMENT, "b=''"]},
        {"pattern": r"select .* from", "lines": [MARKDOWN.replace("\n", " "), URL]},
        {"pattern": "(broken", "lines": [SHELLY]},
    ],
    "schedule": [
        {"expression": "rate(5 minutes)"},
        {"expression": "cron(0 18 ? * MON-FRI *)"},
        {"expression": "rate(1 day)"},
        {"expression": "eval(x)"},
    ],
    "numbers": [
        _post({"values": [1, -2.5, 1e3], "measures": ["mean", "max", "sum; import"]}),
        _post({"values": ["3", "4"], "measures": ["std"]}),
    ],
    "units": [{"amount": "12.5", "from": "km", "to": "mi"}, {"amount": "-3", "from": "ft", "to": "m"}],
    "graph": [
        {"edges": [["a", "b"], ["b", "o'x"], ["z", "a"]], "from": "a"},
        {"edges": [[HTML, TEMPLATE], [TEMPLATE, UNICODE]], "from": HTML},
    ],
    "stored_formula": [
        {"formula": "gross", "numbers": {"net": "100", "rate": 19}},
        {"formula": "margin", "numbers": {"price": 10, "cost": "-2.5"}},
        {"formula": "x' or 1=1", "numbers": {}},
    ],
    "lambda_sort": [
        {"rows": [{"b": 2, "a": "x"}, {"b": 1, "a": "o'y"}], "by": ["b", "a"]},
        {"rows": [{"class": "z"}, {"class": "def"}], "by": ["class"], "reverse": True},
    ],
    "date_math": [{"when": "now-7d"}, {"when": "now+36h"}, {"when": "now; x"}],
}
