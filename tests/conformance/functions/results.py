"""Return the value that the event names."""

import decimal

CASES = {
    "object": lambda: {"a": [1, 2.5, True, None, {"b": "c"}], "": ""},
    "list": lambda: [1, "two", [], {}],
    "string": lambda: "text",
    "empty string": lambda: "",
    "integer": lambda: 12345678901234567890,
    "float": lambda: 0.1 + 0.2,
    "true": lambda: True,
    "nothing": lambda: None,
    "not a number": lambda: {"nan": float("nan"), "inf": float("inf")},
    "not ascii": lambda: {"ключ": "värde 🦋", "surrogate-free": "日本語"},
    "decimal": lambda: {"price": decimal.Decimal("10.10")},
    "tuple": lambda: (1, 2),
    "bytes": lambda: b"\x00\xff not json",
    "json bytes": lambda: b'{"already": "encoded"}',
    "empty bytes": lambda: b"",
    "integer keys": lambda: {1: "one", None: "none", False: "false", 2.5: "float"},
    "nested deep": lambda: _nested(200),
    "line ends": lambda: "a\r\nb\n\x00\u2028",
    "set": lambda: {1, 2},
    "object instance": object,
    "bytes in a dict": lambda: {"x": b"bytes"},
    "circular": lambda: _circular(),
    "lone surrogate": lambda: "\ud800",
    "too deep": lambda: _nested(200_000),
}


def _nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def _circular():
    value = []
    value.append(value)
    return value


def handler(event, context):
    return CASES[event["case"]]()


def echo(event, context):
    return event
