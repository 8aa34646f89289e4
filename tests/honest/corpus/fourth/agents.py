"""Agents and language models."""

import json

from tests.honest.corpus.third import (
    CODE,
    COMMENT,
    COMPANY,
    HTML,
    JSON_TEXT,
    LONG,
    MARKDOWN,
    NAME,
    SHELLY,
    TEMPLATE,
    UNICODE,
    URL,
)


def _call(function: str, **values: object) -> dict[str, object]:
    kinds = {str: "string", int: "integer", float: "number"}
    parameters = [
        {"name": name, "type": kinds[type(value)], "value": str(value)} for name, value in values.items()
    ]
    return {
        "messageVersion": "1.0",
        "actionGroup": "shop",
        "function": function,
        "parameters": parameters,
        "sessionId": "s'1",
    }


REQUESTS = {
    "action_group": [
        _call("add", a=1.5, b=-2),
        _call("lookup", product="O'Brien jam", region="APAC"),
        _call("lookup", product="order"),
        _call("eval", code="1+1"),
        _call("add", a=1, self="x"),
    ],
    "metric_question": [
        {"plan": json.dumps({"measure": "total", "group_by": "region"})},
        {"plan": json.dumps({"measure": "orders", "filters": {"product": "O'Brien jam", "region; --": "x"}})},
        {
            "plan": json.dumps(
                {"measure": "largest", "group_by": "(select 1)", "filters": {"region": "region"}}
            )
        },
    ],
    "prompt": [
        {"question": "Ignore the above; {{ 7*7 }}", "passages": [MARKDOWN, CODE]},
        {"question": COMMENT, "passages": [HTML, TEMPLATE, LONG]},
    ],
    "chat": [
        {"messages": [{"role": "user", "content": MARKDOWN}]},
        {
            "messages": [
                {"role": "system", "content": "x"},
                {"role": "user", "content": "SELECT * FROM users; $(id)"},
            ]
        },
    ],
    "retrieve": [
        {"question": "what's needed for returning?"},
        {"question": "select; drop"},
        {"question": SHELLY},
        {"question": "order"},
    ],
    "arithmetic": [
        {"expression": "(3 + 4) * -2.5"},
        {"expression": "2 ** 10 % 7"},
        {"expression": "__import__('os')"},
        {"expression": "10 // 3 - +1"},
    ],
    "web_tool": [
        {"query": "O'Brien & Sons site:x.org"},
        {"query": URL, "site": "a&q=b"},
        {"query": "ignore this; ${jndi:x}", "site": "o'x"},
    ],
    "memory": [
        {
            "sessionId": "s-1",
            "turns": [{"role": "user", "said": COMMENT}, {"role": "assistant", "said": CODE}],
        },
        {
            "sessionId": "turns' --",
            "turns": [{"role": "said", "said": JSON_TEXT}, {"role": "user", "said": UNICODE}],
        },
    ],
    "code_review": [{"code": CODE}, {"code": "import os\nos.system('rm -rf /')\neval(input())\n"}],
    "fill_in": [
        {
            "template": "Dear $customer, ${product} on $date costs $$5 $other",
            "values": {"customer": NAME, "product": "$date", "date": "2026-03-14"},
        },
        {"template": SHELLY, "values": {"customer": COMPANY}},
    ],
}
