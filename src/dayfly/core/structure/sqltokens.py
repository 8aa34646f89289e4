"""Reads SQL into tokens as a dialect does: what its server takes for a string, a comment or a word."""

from __future__ import annotations

import re

from dayfly.core.structure.judgement import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

WORD, NUMBER, STRING, QUOTED, PLACEHOLDER, OPERATOR, COMMENT, SPACE = range(8)

DIALECTS = ("postgresql", "mysql", "sqlite", "partiql")

# What is no statement: a condition, an update or a list of attributes for DynamoDB.
EXPRESSION = "expression"

# Words that are values.
CONSTANTS = frozenset(("null", "true", "false"))
_SPACE = re.compile(r"\s+")
# PostgreSQL ends a line at a lone carriage return, too; code may follow it.
_LINE_COMMENTS = {"postgresql": re.compile(r"--[^\r\n]*"), "mysql": re.compile(r"(?:--(?=\s|\Z)|#)[^\n]*")}
_LINE_COMMENT = re.compile(r"--[^\n]*")
_PREFIXES = {"postgresql": ("e", "b", "x", "n"), "mysql": ("b", "x", "n")}
_NUMBER = re.compile(r"(?=\.?[0-9])(?:0[xX][0-9a-fA-F]+|[0-9]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)")
# Letters, digits, "_" and what is beyond ASCII; behind these a word has "$", too.
_SIGN = r"[^\0-/:-@\[-^`{-\x7f\s]"
_NAME = re.compile(f"{_SIGN}*")
_WORD = re.compile(_SIGN + r"[^\0-#%-/:-@\[-^`{-\x7f\s]*")
# ?, ?1, :name, @name, $name, %s, %(name)s; a cast (::text) is an operator.
_PLACEHOLDER = re.compile(rf"(?!::)(?:\?{_SIGN}*|[:@$]{_SIGN}+)|%s|%\(.{{0,126}}?\)s", re.S)


class Token:
    """sql[start:end], and `text`, that in lower case; of a string or quoted name also where its content lies and what closes it.

    `backslashes` and `doubled` say how a quote may stand in it.
    """

    __slots__ = ("backslashes", "content", "doubled", "end", "kind", "limit", "quote", "start", "text")

    def __init__(self, kind: int, start: int, end: int) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.content = end
        self.limit = end
        self.text = ""
        self.quote = ""
        self.backslashes = False
        self.doubled = False


class Unterminated(Unreadable):
    """A quote at the end of a statement that nothing closes; `tokens` are those before it."""

    def __init__(self) -> None:
        super().__init__("an unterminated quote")
        self.tokens: list[Token] = []


def read_tokens(sql: str, dialect: str) -> list[Token]:
    """Return tokens that cover `sql` without a gap; raises Unreadable where the dialect has none."""
    tokens: list[Token] = []
    try:
        for token in each_token(sql, dialect):
            tokens.append(token)
    except Unterminated as fault:
        fault.tokens = tokens
        raise
    return tokens


def each_token(sql: str, dialect: str) -> Iterator[Token]:
    """Yield these tokens as they are read; raises Unreadable at the first that the dialect has not."""
    if "\0" in sql:
        raise Unreadable("a null character")  # SQLite's text ends there
    at = 0
    while at < len(sql):
        token = _token(sql, at, dialect)
        token.text = sql[at : token.end].lower()
        yield token
        at = token.end


def _token(sql: str, at: int, dialect: str) -> Token:
    if found := _SPACE.match(sql, at):
        return Token(SPACE, at, found.end())
    number = _NUMBER.match(sql, at)
    # 1or: one server reads a number and OR, another a name, a third an error. Call it a word.
    if word := _WORD.match(sql, number.end() if number else at):
        end = word.end()
        if number is None and end < len(sql) and _is_prefix(sql, at, end, dialect):
            return _string(sql, at, end + (sql[end] == "&"), dialect)
        return Token(WORD, at, end)
    if number:
        return Token(NUMBER, at, number.end())
    character = sql[at]
    if character == "'" or (character == '"' and dialect == "mysql"):
        return _string(sql, at, at, dialect)
    if character == '"' or (character == "`" and dialect != "postgresql"):
        return _quoted(sql, Token(QUOTED, at, at + 1), character)
    if character == "[" and dialect == "sqlite":
        return _quoted(sql, Token(QUOTED, at, at + 1), "]", is_doubled=False)
    if character == "$" and dialect == "postgresql":
        return _dollar(sql, at)
    if found := _PLACEHOLDER.match(sql, at):
        return Token(PLACEHOLDER, at, found.end())
    if found := _LINE_COMMENTS.get(dialect, _LINE_COMMENT).match(sql, at):
        return Token(COMMENT, at, found.end())
    if sql.startswith("/*", at):
        return Token(COMMENT, at, _comment_end(sql, at, dialect))
    return Token(OPERATOR, at, at + (2 if sql.startswith("::", at) else 1))


def _is_prefix(sql: str, start: int, end: int, dialect: str) -> bool:
    """Say whether the word belongs to the string after it: E'', X'', N'', U&'', _utf8'' and the like."""
    word = sql[start:end].lower()
    if sql[end] == "'":
        return word in _PREFIXES.get(dialect, ("x",)) or (dialect == "mysql" and word[0] == "_")
    return dialect == "postgresql" and word == "u" and sql.startswith("&'", end)


def _comment_end(sql: str, at: int, dialect: str) -> int:
    """PostgreSQL nests comments. An unclosed one is an error everywhere but in SQLite: never honest."""
    depth, at = 1, at + 2
    closed = sql.find("*/", at)
    while closed >= 0:
        # `closed` is kept while it holds: looking again after each "/*" would be quadratic.
        opened = sql.find("/*", at, closed) if dialect == "postgresql" else -1
        if opened >= 0:
            depth += 1
            at = opened + 2
        else:
            depth -= 1
            at = closed + 2
            if depth == 0:
                return at
        if at > closed:
            closed = sql.find("*/", at)
    raise Unreadable("an unterminated comment")


def _string(sql: str, start: int, quote_at: int, dialect: str) -> Token:
    is_escaping = dialect == "mysql" or sql[start:quote_at].lower() in ("e", "u&")
    return _quoted(sql, Token(STRING, start, quote_at + 1), sql[quote_at], is_escaping=is_escaping)


def _quoted(
    sql: str, token: Token, quote: str, *, is_doubled: bool = True, is_escaping: bool = False
) -> Token:
    """Read on to the quote that ends a token, which is its first one so far."""
    token.quote, token.doubled, token.backslashes = quote, is_doubled, is_escaping
    at = token.content
    end = sql.find(quote, at)
    while end >= 0:
        backslash = sql.find("\\", at, end) if is_escaping else -1
        if backslash >= 0:
            at = backslash + 2
            if at > end:
                end = sql.find(quote, at)
        elif is_doubled and sql.startswith(quote, end + 1):
            at = end + 2
            end = sql.find(quote, at)
        else:
            token.limit = end
            token.end = end + 1
            return token
    raise Unterminated


def _dollar(sql: str, at: int) -> Token:
    """$1 is a placeholder, $tag$...$tag$ a string."""
    end = _NAME.match(sql, at + 1).end()  # type: ignore[union-attr]
    if sql[end : end + 1] == "$" and not sql[at + 1 : at + 2].isdigit():
        tag = sql[at : end + 1]
        token = Token(STRING, at, end + 1)
        token.limit = sql.find(tag, end + 1)
        if token.limit < 0:
            raise Unterminated
        token.end, token.quote = token.limit + len(tag), tag
        return token
    return Token(PLACEHOLDER if end > at + 1 else OPERATOR, at, end)
