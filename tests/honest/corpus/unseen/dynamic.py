"""Requests that choose what is done."""

from tests.honest.samples.sample import TEXTS

REQUESTS = {
    "dispatch": [{"steps": ["double", "negate"], "value": 3}, {"steps": [], "value": "x"}],
    "methods": [
        {"steps": ["trim", "split", "count"], "value": " a,b "},
        {"steps": ["trim"], "value": TEXTS["shell"]},
    ],
    "safe_formula": [
        {"formula": "sqrt(16) + abs(-2)"},
        {"formula": "round(pi * 2, 1)"},
        {"formula": "max(1, 2) ** 3"},
    ],
    "number_formula": [{"formula": "2 * (3 + 4)"}, {"formula": "1.5/3 = ?"}],
    "comparison": [{"rule": "total > 10", "facts": {"total": 11}}, {"rule": "n==3", "facts": {"n": 4}}],
    "json_logic": [
        {"rule": {"and": [{">": [{"var": "order.total"}, 3]}, True]}, "data": {"order": {"total": 4}}},
        {"rule": {"if": [{"==": [{"var": "a"}, "b"]}, "yes", "no"]}, "data": {"a": "import os"}},
    ],
    "tokens": [{"text": "import os; print(eval('1'))"}, {"text": "hello world"}],
    "plugin": [{"plugin": "loud", "text": "hi"}, {"plugin": "plain", "text": "plugins.loud"}],
    "lazy_import": [{"format": "toml", "text": "a = 1\n[b]\nc = 'x'"}, {"format": "json", "text": "[1]"}],
    "format_by_name": [{"codec": "json"}, {"codec": "hex"}],
    "enumerated": [{"kind": "tea"}, {"kind": "coffee"}],
    "shape": [
        {"fields": {"name": "text", "age": "number"}, "values": {"name": "Ada", "age": "36"}},
        {"fields": {"class_": "flag"}, "values": {"class_": True}},
    ],
    "named_tuple": [
        {"columns": ["id", "full name", "id"], "rows": [[1, 2, 3]]},
        {"columns": ["class", "import os"], "rows": [["x", "y"]]},
    ],
    "data_class": [
        {"name": "order", "fields": {"total": 3, "note": "x"}},
        {"name": "row", "fields": {"a": "__import__('os')"}},
    ],
    "struct": [{"row": {"name": "Ada", "city": "x"}}],
    "type_made": [{"name": "order", "values": {"label": "x"}}, {"name": "row", "values": {}}],
    "deep_set": [{"changes": {"a/b": 2, "c/d/e": "x"}}, {"changes": {"__class__/__init__": 1}}],
    "attribute_path": [{"path": "real.imag"}, {"path": "__class__.__mro__"}],
    "patterns": [{"rules": {"mail": r"\S+@\S+", "tea": "tea|chai"}, "text": "Chai for a@b.c"}],
    "replaced": [{"words": {"tea": "chai", "$(x)": "y"}, "text": "tea $(x) tea"}, {"words": {}, "text": "x"}],
    "code_as_text": [
        {"source": "def f(x):\n    return eval(x)\n"},
        {"source": "import os; os.system('x')"},
        {"source": "def ("},
    ],
    "compiled_check": [{"source": "x = 1"}, {"source": "x ="}],
    "signature": [{"name": "double"}],
    "permutations": [{"letters": "abc", "n": "4"}],
    "graph": [{"edges": [["a", "b"], ["b", "c"]]}, {"edges": [["os", "sys"]]}],
    "frame_columns": [
        {"rows": [{"a": 1, "b b": 2}, {"a": 3, "b b": 4}], "columns": ["a", "b b"], "how": "sum"},
        {"rows": [{"x": 5}], "columns": ["x"], "how": "max"},
    ],
    "when": [
        {"text": "30 Nov 2026 10:00", "unit": "days", "n": "3"},
        {"text": "2026-01-31", "unit": "months", "n": 1},
    ],
    "threads": [{"act": "double", "values": [1, "a"]}, {"act": "negate", "values": [1, 2]}],
    "gathered": [{"values": ["abc", "x;y"]}],
    "shelf": [{"key": "a", "value": {"b": [1]}}, {"key": "../x", "value": "cos\nsystem\n."}],
    "printed": [{"words": ["a", 1]}, {"words": ["%s", "{0}"], "between": "\n"}],
    "sampled": [{"seed": 1, "items": ["a", "b", "c"], "k": "2"}],
    "modules": [{"name": "os"}, {"name": "x.y"}],
}
