"""Says whether a value has ended the quotes that the function's own text put it between, wherever the value came from.

What an earlier event stored is in no later event. But a function that writes `name = '` and goes on with `' ORDER BY id` wrote
both quotes: one that neither closes nor goes on as the function's text does was brought by the value.
"""

from __future__ import annotations

import re
from collections import deque
from itertools import takewhile

from dayfly.core.structure.judgement import Unreadable
from dayfly.core.structure.sqltokens import DIALECTS, QUOTED, STRING, each_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dayfly.core.structure.trusted_literals import OwnText

# A piece may begin so long before the quote that it holds: a whole statement of the function's.
_MANY_BEFORE = 1024
# What may follow a quote, and says nothing of how the text goes on: the end of a list or of a call.
_BETWEEN = re.compile(r"[\s,);\]}]*")
# Of a piece that does say so.
_MIN_PIECE = 3
# Of the function's text before a value. `VALUES('` stands in any statement, also in one that the standard library writes.
_LEAST_SQL, _LEAST_SHELL = 12, 6
# One value behind another.
_LISTED = re.compile(r"\s*,\s*(?:['\"0-9?%:-]|null\b)", re.I)
# Of a shell: a text between quotes, and what is between two such texts; a comment holds no quotes, and `'"'"'` is an escaped one.
_SHELL = re.compile(
    r"'[^']*'(?:(?:\"'\"|\\')'[^']*')*|\"(?:[^\"\\]|\\.)*\"|\\.|\s#[^\n]*|[^'\"\\\s]+|\s", re.S
)
_SUBSTITUTION = re.compile(r"(?:[^\\`$]|\\.|\$(?!\())*+", re.S)
# Python's own names in code, but for those that only tell what something is called.
_INNER = re.compile(r"\b__(?!(?:class|doc|file|len|module|name|qualname|repr|str|version)__)[a-z]\w*?__\b")


def reaches_inward(code: str) -> bool:
    """Say whether code names what leads from any value to the interpreter's own: `__globals__`, `__subclasses__`, `__import__`."""
    return _INNER.search(code) is not None


def leaves_sql_quotes(sql: str, dialect: str, own: OwnText) -> int:
    """Return where a value in a statement has ended its quotes, in each of the dialects that it may be in; -1 for nowhere."""
    openings = own.openings_in(sql, _LEAST_SQL)
    if not openings:
        return -1
    last, left, is_known = max(openings), -1, dialect in DIALECTS
    for one in (dialect,) if is_known else DIALECTS:
        tokens = each_token(sql, one)
        # Of a list of ten thousand rows that follow, nothing is read.
        asked = takewhile(lambda token: token.start <= last, tokens)
        literals = ((token.content, token.limit) for token in asked if token.kind in (STRING, QUOTED))
        try:
            found = _left_at(sql, literals, openings, own)
            if found >= 0 or not is_known:
                # An apostrophe in prose leaves a quote open: no server executes that.
                deque(tokens, maxlen=0)
        except Unreadable:
            continue
        left = found
        if left < 0:
            break
    return left


def leaves_shell_quotes(command: str, own: OwnText) -> int:
    """Return where a value in a shell's command has ended its quotes, or has a command executed between them; -1 for nowhere."""
    openings = own.openings_in(command, _LEAST_SHELL)
    return _left_at(command, _in_shell(command), openings, own) if openings else -1


def _left_at(text: str, literals: Iterable[tuple[int, int]], openings: set[int], own: OwnText) -> int:
    """Return where one of the literals, ranges of content that the function's text begins, ends otherwise than that."""
    return next(
        (limit for content, limit in literals if content in openings and not _is_closed(text, limit, own)),
        -1,
    )


def _in_shell(command: str) -> Iterator[tuple[int, int]]:
    """Yield where the texts between quotes begin and end, or where a command in one begins; nothing where one is left open."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(command):
        part = _SHELL.match(command, at)
        if part is None:
            return
        if command[at] in "'\"":
            content, limit = at + 1, part.end() - 1
            if command[at] == '"':
                limit = min(limit, _SUBSTITUTION.match(command, content, limit).end())  # type: ignore[union-attr]
            found.append((content, limit))
        at = part.end()
    yield from found


def _is_closed(text: str, limit: int, own: OwnText) -> bool:
    """Say whether the quote at `limit` is the function's: a piece of its text goes on behind it, or one ends there and another follows."""
    after = _BETWEEN.match(text, limit + 1).end()  # type: ignore[union-attr]
    goes_on = (
        after == len(text)
        or own.piece_at(text, after) >= _MIN_PIECE
        or _LISTED.match(text, limit + 1) is not None
    )
    for at in range(max(0, limit - _MANY_BEFORE), limit + 1):
        end = at + own.piece_at(text, at)
        # `', ` too: what follows that may be another value.
        if end > limit + 1 or (end > limit and goes_on):
            return True
    return False
