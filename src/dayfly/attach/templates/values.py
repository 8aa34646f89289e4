"""Values that attach writes into a template, as text of YAML and of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

_SAFE = re.compile(r"(?:[A-Za-z/][A-Za-z0-9_./-]*|\.{1,2}/[A-Za-z0-9_./-]+|AWS(?:::[A-Za-z]+)+)\Z")
# What YAML 1.1 takes for something else than text.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to a parameter or resource of the template."""

    name: str


Value: TypeAlias = "str | Ref | Sequence[Value] | Mapping[str, Value]"


def as_json_value(value: Value) -> object:
    """The value as JSON has it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Ref):
        return {"Ref": value.name}
    if isinstance(value, Mapping):
        return {key: as_json_value(one) for key, one in value.items()}
    return [as_json_value(one) for one in value]


def json_text(value: object, *, unit: str = "", indent: str = "", eol: str = "\n") -> str:
    """JSON, on lines of their own where `unit` is an indentation."""
    text = json.dumps(value, indent=unit or None, ensure_ascii=False)
    return text.replace("\n", eol + indent)


def yaml_scalar(text: str) -> str:
    """A string as YAML reads it back: plain where that is safe, else quoted."""
    if _SAFE.match(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def yaml_flow(value: Value) -> str:
    """One line of YAML."""
    if isinstance(value, str):
        return yaml_scalar(value)
    if isinstance(value, Ref):
        return f"!Ref {value.name}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{yaml_scalar(key)}: {yaml_flow(one)}" for key, one in value.items()) + "}"
    return "[" + ", ".join(yaml_flow(one) for one in value) + "]"


def yaml_lines(key: str, value: Value, indent: str, unit: str) -> list[str]:
    """An entry of a block mapping, a line each, without line ends."""
    if isinstance(value, Mapping) and value:
        inner = [line for name, one in value.items() for line in yaml_lines(name, one, indent + unit, unit)]
        return [f"{indent}{yaml_scalar(key)}:", *inner]
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return [f"{indent}{yaml_scalar(key)}:", *(f"{indent}{unit}- {yaml_flow(one)}" for one in value)]
    return [f"{indent}{yaml_scalar(key)}: {yaml_flow(value)}"]
