"""CloudWatch Logs' filter patterns for unstructured lines: terms, any of them, none of them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TERM = re.compile(
    r'\s*(?P<sign>[?-]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"?{}\[\]%-][^\s"]*))(?=\s|$)'
)
_MAX_PATTERN = 1024


class FilterError(Exception):
    """A pattern that is none, or of a kind that the lab does not know."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a line must have, must have one of, and must not have."""

    every: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def matches(self, text: str) -> bool:
        if any(term in text for term in self.none_of):
            return False
        if any(term not in text for term in self.every):
            return False
        return not self.any_of or any(term in text for term in self.any_of)


def parse(pattern: str) -> Filter:
    """Raises FilterError for JSON, columns, regular expressions, and what cannot be read."""
    if len(pattern) > _MAX_PATTERN:
        raise FilterError("Invalid filter pattern: too long")
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    at = 0
    text = pattern.strip()
    while at < len(text):
        match = _TERM.match(text, at)
        if match is None:
            raise FilterError("Invalid filter pattern")
        quoted = match["quoted"]
        terms[match["sign"]].append(re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match["bare"])
        at = match.end()
    return Filter(tuple(terms[""]), tuple(terms["?"]), tuple(terms["-"]))
