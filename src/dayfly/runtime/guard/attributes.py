"""Tells events that name attributes of Python's objects: class pollution begins with one."""

from __future__ import annotations

import json
import types

_MANY_VALUES = 100_000


def names_attributes(body: bytes) -> bool:
    """Say whether an event names attributes that lead from a value to code: `__globals__`, `__class__`, and so on.

    As a key, in a list, or in a value that is a path of names (`user.__class__.rate`): in a text about Python they are words.
    """
    if b"__" not in body and b"\\u005" not in body:
        return False
    try:
        todo: list[object] = [json.loads(body)]
    except (ValueError, RecursionError):
        return False
    names: list[str] = []
    for _ in range(_MANY_VALUES):
        if not todo:
            break
        value = todo.pop()
        if isinstance(value, dict):
            names += value
            todo += value.values()
        elif isinstance(value, list):
            names += [one for one in value if isinstance(one, str)]
            todo += value
        elif isinstance(value, str) and "__" in value and not value.isidentifier():
            names += [] if any(map(str.isspace, value)) else [value]
    parts = [f"__{part}__" for name in names if "__" in name for part in name.split("__")]
    kinds = (types.FunctionType, type, types.ModuleType)
    return any(part.isidentifier() and any(hasattr(kind, part) for kind in kinds) for part in parts)
