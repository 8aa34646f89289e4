"""Data."""

import base64
import pickle
import struct
import subprocess

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.fifth import (
    BLOB,
    CRON,
    EMOJI,
    FORMULA,
    IRISH,
    JAVA,
    MAIL_HTML,
    NESTED,
    NOTES,
    PROSE,
    QUOTED,
    REGEX,
    SCRIPTS,
    SNIPPET,
    TICKET,
    WINDOWS,
    gateway,
)

ID = "uid="


class _Call:
    def __reduce__(self) -> tuple[object, ...]:
        return subprocess.getoutput, ("id",)


def _array(kind: str, shape: str, data: bytes) -> dict[str, object]:
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    made = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data
    return {"array": base64.b64encode(made).decode()}


def _where(**query: str) -> dict[str, object]:
    return gateway("GET", "/rows", query=query)


REQUESTS = {
    "where": [
        _where(column="qty", value="1"),
        _where(column="price", op="<=", value="10.5"),
        _where(column="region", op="==", value="'APAC'"),
    ],
    "computed": [
        {"columns": {"total": "qty * price", "net": "(qty * price) / 1.19 - 2"}},
        {"columns": {"is_big": "price > 10 and qty < 5"}},
    ],
    "pivot": [
        {"index": "region"},
        {"index": "region; import os", "how": "sum"},
        {"index": "region", "how": "max"},
    ],
    "duck_file": [{"file": "sales.csv"}, {"file": "costs 2026.csv"}],
    "duck_bound": [
        {"region": "O'Brien", "price": 1000},
        {"region": "x' UNION SELECT 1 --", "price": 5},
        {"region": PROSE, "price": 1e9},
    ],
    "duck_group": [{"by": ["region"]}, {"by": ["qty", "region"], "measure": "max(price)"}],
    "attach": [{"tenant": "acme"}],
    "formula": [
        {"formula": "=SUM(A1, B1)*1.19", "cells": {"A1": 2, "B1": "3.5"}},
        {"formula": "=IF(A1>10, ROUND(A1/3, 2), -A1)", "cells": {"A1": 100}},
    ],
    "formula_parsed": [
        {"formula": "=(A1 + 2) * -B2 / 4", "cells": {"A1": 3, "B2": 8}},
        {"formula": FORMULA, "cells": {"A1": 1}},
        {"formula": "=__import__('os').system('id')", "cells": {}},
    ],
    "rules": [
        {
            "rule": ["and", ["==", ["var", "country"], "IE"], ["not", ["in", "x", ["var", "tags"]]]],
            "facts": {"country": "IE", "tags": ["a; b"]},
        },
        {"rule": ["+", ["var", "a"], ["var", "__class__"]], "facts": {"a": "os", "__class__": ".system"}},
    ],
    "job_settings": [
        {"config": "name: O'Brien & co\nretries: 3\nwhen: '*/5 * * * *'\nquery: select * from x -- all\n"},
        {"config": "a: &x [1, 2.5]\nb: *x\nc: |\n  rm -rf ./build; echo $?\n"},
        {"config": "day: 2026-05-04\nregex: '^[a-z]+$'\nnote: !!str 12\n"},
    ],
    "job_settings_safe": [
        {"config": "a: {b: [null, ~, 'x; y']}\n"},
        {"config": "!!python/object/apply:os.system [id]"},
        {"config": f"text: |\n  {PROSE}\n  {TICKET}\n"},
    ],
    "literal": [
        {"value": "{'a': [1, -2.5, None], \"O'Brien\": (True,)}"},
        {"value": "__import__('os')"},
        {"value": repr(SNIPPET)},
    ],
    "selected": [
        {
            "expression": "items[?price > `5`].name | [0]",
            "document": {"items": [{"name": IRISH, "price": 7}]},
        },
        {"expression": '"a b"."select"', "document": {"a b": {"select": NESTED}}},
        {
            "language": "jsonpath",
            "expression": "$.items[*].name",
            "document": {"items": [{"name": JAVA}, {"name": BLOB}]},
        },
    ],
    "workbook": [
        {"title": "Q1/Q2: [final]*?", "rows": [["O'Brien", -2.5], [CRON, None], [TICKET, QUOTED]]},
        {"title": SCRIPTS, "rows": [[EMOJI, WINDOWS, REGEX], [MAIL_HTML, NOTES]]},
    ],
    "mean": [
        _array("<f8", "(3,)", struct.pack("<3d", 1, 2, 6)),
        _array("<i4", "(2,)", struct.pack("<2i", -4, 8)),
    ],
    "grade": [
        {"rule": "result = sum(points) / len(points)", "points": [3, 4, 8]},
        {
            "rule": "best = sorted(points)[-2:]\nresult = 'pass' if min(best) > 3 else 'fail'",
            "points": [1, 5, 9],
        },
    ],
    "environment_of": [{"note": TICKET, "null": None, "; drop": [SNIPPET]}, {"x": {"$where": REGEX}}],
}
BASE_CLASS = "().__class__.__base__.__subclasses__()"
POPEN = (
    f"[c for c in {BASE_CLASS} if c.__name__ == '_wrap_close'][0].__init__.__globals__['popen']('id').read()"
)
ATTACKS = [
    Attack(
        "Python code, pandas", "where", _where(column="qty", op="<", value="@API_KEY.__len__()"), "O'Brien"
    ),
    Attack("Python code, pandas", "where", _where(column="qty > -1 or qty", value="1"), "O'Brien"),
    Attack(
        "Python code, pandas",
        "computed",
        {"columns": {"x": "@pandas.io.common.os.popen('id').read()"}},
        ID,
    ),
    Attack("Python code, pandas", "computed", {"columns": {"x": "@API_KEY"}}, "etl-api-key-606"),
    Attack(
        "Python code, pandas",
        "computed",
        {"columns": {"x": "@frame.__globals__['API_KEY']"}},
        "etl-api-key-606",
    ),
    Attack("path, SQL", "duck_file", {"file": "../payroll.csv"}, "salary-of-ceo-77"),
    Attack(
        "SQL",
        "duck_file",
        {"file": "sales.csv') UNION SELECT content, 1 FROM read_text('/etc/passwd') --"},
        "root:x:0",
    ),
    Attack("path, SQL", "duck_file", {"file": "../*.csv"}, "salary-of-ceo-77"),
    Attack(
        "SQL",
        "duck_group",
        {"by": ["region"], "measure": "(SELECT max(content) FROM read_text('/etc/passwd'))"},
        "root:x:0",
    ),
    Attack(
        "SQL",
        "duck_group",
        {"by": ["(SELECT string_agg(file, ',') FROM glob('/tmp/fifth-etl/*'))"]},
        "payroll.csv",
    ),
    Attack("path, SQL", "attach", {"tenant": "../fifth-etl/zeta"}, "zeta-plan-12"),
    Attack("SQL", "attach", {"tenant": "zeta.db' AS tenant --"}, "zeta-plan-12"),
    Attack("Python code", "formula", {"formula": "=" + POPEN, "cells": {}}, ID),
    Attack(
        "Python code", "formula", {"formula": "=SUM.__globals__['API_KEY']", "cells": {}}, "etl-api-key-606"
    ),
    Attack(
        "Python code",
        "grade",
        {"rule": "result = __builtins__['__imp' + 'ort__']('subprocess').getoutput('id')", "points": []},
        ID,
    ),
    Attack(
        "Python code", "grade", {"rule": "result = " + POPEN.replace("popen", "pop' + 'en"), "points": []}, ID
    ),
    Attack("YAML", "job_settings", {"config": "a: !!python/object/apply:os.listdir [/etc]\n"}, "passwd"),
    Attack("YAML", "job_settings", {"config": "a: !!python/object/new:subprocess.check_output [[id]]\n"}, ID),
    Attack("YAML", "job_settings", {"config": "a: !!python/name:app.API_KEY\n"}, "etl-api-key-606"),
    Attack("pickle", "mean", _array("|O", "(1,)", pickle.dumps([_Call()], 2)), ID),
    Attack("pickle", "mean", {"array": base64.b64encode(pickle.dumps({"x": _Call()}, 4)).decode()}, ID),
]
