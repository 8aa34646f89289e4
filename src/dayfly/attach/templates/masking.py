"""A template's text without the values of variables, line for line, so that a diff of it can be shown anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dayfly.attach.wrappers import WRAPPER, WRAPPER_VARIABLE

_MASK = "***"
_NOTE = re.compile(r"(dayfly-attach )\{.*\}")
# What is chosen from a list says nothing of anybody.
_SHOWN = {
    WRAPPER_VARIABLE: {WRAPPER},
    "DAYFLY_ISOLATION": {"invocation", "window", "process"},
    "DAYFLY_GUARD": {"block", "observe", "off"},
}


def is_shown(name: str, value: str) -> bool:
    """Whether a variable's value may be seen: a choice of Dayfly's."""
    return value in _SHOWN.get(name, ())


def mask(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with what lies between these offsets masked; line ends within stay, notes of attach are shortened."""
    parts: list[str] = []
    position = 0
    for start, end in sorted(set(spans)):
        if start < position:
            continue
        parts += [text[position:start], _MASK + "\n" * text.count("\n", start, end)]
        position = end
    return _NOTE.sub(r"\1{...}", "".join([*parts, text[position:]]))
