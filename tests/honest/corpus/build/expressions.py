"""Requests with formulas, literals and names."""

from tests.honest.samples.sample import TEXTS

REQUESTS = {
    "literal": [{"text": "{'a': [1, 2.5, None]}"}, {"text": "('x', True)"}, {"text": "'__import__(\"os\")'"}],
    "walk": [{"formula": "1 + 2 * (3 - 4)"}, {"formula": "-10 / 4"}],
    "arithmetic_eval": [{"formula": "1+1"}, {"formula": "(3.5 + 4) * 2 - 1"}, {"formula": "2**10"}],
    "named_formula": [{"formula": "total", "quantity": 3}, {"formula": "net", "quantity": 2}],
    "plugin": [{"format": "json"}, {"format": "text"}],
    "imported": [{"module": "fractions"}, {"module": "decimal"}],
    "action": [{"action": "upper", "text": "abc"}, {"action": "title", "text": TEXTS["shell"]}],
    "method": [{"method": "upper", "text": "abc"}, {"method": "__class__", "text": "x"}],
    "dotted": [
        {"path": "a.b.0", "data": {"a": {"b": ["x"]}}},
        {"path": "__class__", "data": {"__class__": 1}},
    ],
    "attributes": [
        {"values": {"colour": "red"}, "name": "size", "value": 3},
        {"values": {}, "name": "colour", "value": "__x__"},
    ],
    "shape": [{"values": {"name": "Ada", "city": "London"}}, {"values": {"total": "3", "x": "import os"}}],
    "level": [{"level": "low", "number": 2}],
    "matched": [
        {"pattern": r"^o-\d+$", "values": ["o-1", "x"]},
        {"pattern": "(a|b)c", "values": ["ac", "dc"]},
    ],
    "searched": [{"word": "tea", "text": "Tea and tea"}, {"word": "(", "text": "f(x)"}],
    "numbers": [{"values": ["1.5", "2"]}, {"values": ["0.25", "3", "1e3"]}],
    "rules": [
        {"rules": [{"name": "big", "field": "total", "op": ">", "value": 10}], "facts": {"total": 11}},
        {
            "rules": [{"name": "vip", "field": "tier", "op": "in", "value": ["a", "b"]}],
            "facts": {"tier": "a"},
        },
    ],
    "compiled_once": [{"quantity": 3}, {"quantity": "ab"}],
    "math_call": [{"function": "sqrt", "value": "16"}, {"function": "floor", "value": 2.7}],
    "parsed_only": [{"source": "x = y + 1"}, {"source": "import os; os.system(z)"}, {"source": "x ="}],
}
