"""Renders a detection's story: fills the rule's text with the facts from its query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

_FIELD = re.compile(r"\{([a-z_]+)(?::(time|hash|duration|percent))?\}")
# Stories use plurals; a count of one needs the singular.
_ONE = re.compile(
    r"(?<![\w.,:/-])1 (different )?(call|environment|function|caller|request|record|stream|thing|event|time|invocation|attempt|finding|result|network|key|detection|number|gap)s\b"
)
# Alerts show the story: a list of a thousand functions would hide it.
_MANY_NAMES = 5


def render(story: str, facts: Mapping[str, object]) -> str:
    """Return the story with each `{field}` filled in; `{field:time}`, `:hash`, `:duration` (seconds) and `:percent` say how.

    A field without a fact becomes `(unknown)`.
    """
    told = _FIELD.sub(lambda match: _word(facts.get(match[1]), match[2] or ""), story)
    return _ONE.sub(lambda match: f"1 {match[1] or ''}{match[2]}", told)


def fields(story: str) -> set[str]:
    """Return the names of the fields in a story."""
    return {match[1] for match in _FIELD.finditer(story)}


def _word(value: object, form: str) -> str:
    if value is None or value == "" or value == []:
        return "(unknown)"
    if isinstance(value, list):
        words = [_word(item, form) for item in value[:_MANY_NAMES]]
        more = len(value) - len(words)
        return ", ".join(words) + (f" and {more} more" if more else "")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)[:200]
    match form:
        case "time":
            return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
        case "hash":
            return f"{int(value):016x}"
        case "duration":
            return _duration(float(value))
        case "percent":
            return f"{value:.0%}" if value >= 0.1 else f"{value:.1%}"
        case _:
            return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.3g} {name}s" if seconds < 10 * size else f"{seconds / size:.0f} {name}s"
    return f"{seconds:.3g} seconds"
