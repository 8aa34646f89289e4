"""Hides what looks like a credential in a line of source before anything keeps or shows the line. No I/O."""

from __future__ import annotations

import re

MASK = "•" * 8  # always the same width: a length tells something, too

_LITERAL = re.compile(r"""(?P<quote>["'])(?P<value>(?:\\.|(?!(?P=quote)).)+)(?P=quote)?""")
# Between `scheme://name:` and `@`.
_PASSWORD = re.compile(r"(?<=://)(?P<name>[^\s/@:'\"]*):[^\s/@'\"]+(?=@)")
_TOKEN = re.compile(r"[A-Za-z0-9_\-]{16,}|[A-Za-z0-9+/]{40,}={0,2}")


def mask_credentials(line: str) -> str:
    """The line without the passwords of its addresses and without the long mixed words of its literals.

    Names and words stay readable; a hash, an identifier of digits and letters, or a dated name in quotes is hidden
    as well: what is hidden by mistake costs less than what is not.
    """
    line = _PASSWORD.sub(lambda found: f"{found['name']}:{MASK}", line)
    return _LITERAL.sub(lambda found: _TOKEN.sub(_hidden, found[0]), line)


def _hidden(found: re.Match[str]) -> str:
    text = found[0]
    has_both = any(one.isdigit() for one in text) and any(one.isalpha() for one in text)
    return MASK if has_both else text
