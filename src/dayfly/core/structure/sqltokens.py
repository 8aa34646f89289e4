"""Reads SQL into tokens as a dialect does: what its server takes for a string, a comment or a word."""

from __future__ import annotations

from dayfly.core.structure.judgement import Unreadable

WORD, NUMBER, STRING, QUOTED, PLACEHOLDER, OPERATOR, COMMENT, SPACE = range(8)

DIALECTS = ("postgresql", "mysql", "sqlite", "partiql")

# What is no statement: a condition, an update or a list of attributes for DynamoDB.
EXPRESSION = "expression"

# Words that are values.
CONSTANTS = frozenset(("null", "true", "false"))
_DIGITS = frozenset("0123456789")
_HEXADECIMAL = frozenset("0123456789abcdefABCDEF")


class Token:
    """sql[start:end]; of a string or quoted name also where its content lies and what closes it.

    `backslashes` and `doubled` say how a quote may stand in it.
    """

    __slots__ = ("backslashes", "content", "doubled", "end", "kind", "limit", "quote", "start")

    def __init__(self, kind: int, start: int, end: int) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.content = end
        self.limit = end
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
    if "\0" in sql:
        raise Unreadable("a null character")  # SQLite's text ends there
    tokens: list[Token] = []
    try:
        _read(sql, dialect, tokens)
    except Unterminated as fault:
        fault.tokens = tokens
        raise
    return tokens


def _read(sql: str, dialect: str, tokens: list[Token]) -> None:
    at, size = 0, len(sql)
    while at < size:
        start = at
        character = sql[at]
        two = sql[at : at + 2]
        if character.isspace():
            while at < size and sql[at].isspace():
                at += 1
            tokens.append(Token(SPACE, start, at))
        elif (two == "--" and (dialect != "mysql" or at + 2 >= size or sql[at + 2].isspace())) or (
            character == "#" and dialect == "mysql"
        ):
            tokens.append(Token(COMMENT, start, _line_end(sql, at, dialect)))
        elif two == "/*":
            tokens.append(Token(COMMENT, start, _comment_end(sql, at, dialect)))
        elif character == "'" or (character == '"' and dialect == "mysql"):
            tokens.append(_quoted(sql, start, at, dialect))
        elif character == '"' or (character == "`" and dialect != "postgresql"):
            tokens.append(_name(sql, at, character))
        elif character == "[" and dialect == "sqlite":
            tokens.append(_name(sql, at, "]"))
        elif character == "$" and dialect == "postgresql":
            tokens.append(_dollar(sql, at))
        elif character in ":@$?" or two == "%s" or two == "%(":
            tokens.append(_placeholder(sql, at))
        elif character in _DIGITS or (character == "." and at + 1 < size and sql[at + 1] in _DIGITS):
            end = _number(sql, at)
            if end < size and _is_word(sql[end]):
                # 1or: one server reads a number and OR, another a name, a third an error. Call it a word.
                tokens.append(Token(WORD, start, _word_end(sql, end)))
            else:
                tokens.append(Token(NUMBER, start, end))
        elif _is_word(character):
            end = _word_end(sql, at)
            if end < size and _is_prefix(sql, start, end, dialect):
                tokens.append(_quoted(sql, start, end + (sql[end] == "&"), dialect))
            else:
                tokens.append(Token(WORD, start, end))
        else:
            tokens.append(Token(OPERATOR, start, at + 1))
        at = tokens[-1].end


def _is_word(character: str) -> bool:
    return character == "_" or character.isalnum() or (not character.isascii() and not character.isspace())


def _word_end(sql: str, at: int) -> int:
    size = len(sql)
    while at < size and (_is_word(sql[at]) or sql[at] == "$"):
        at += 1
    return at


def _is_prefix(sql: str, start: int, end: int, dialect: str) -> bool:
    """Say whether the word belongs to the string after it: E'', X'', N'', U&'', _utf8'' and the like."""
    word = sql[start:end].lower()
    if sql[end] == "'":
        if dialect == "postgresql":
            return word in ("e", "b", "x", "n")
        if dialect == "mysql":
            return word in ("b", "x", "n") or word.startswith("_")
        return word == "x"
    return dialect == "postgresql" and word == "u" and sql.startswith("&'", end)


def _line_end(sql: str, at: int, dialect: str) -> int:
    """PostgreSQL ends a line at a lone carriage return, too; code may follow it."""
    end = sql.find("\n", at)
    if end < 0:
        end = len(sql)
    early = sql.find("\r", at, end) if dialect == "postgresql" else -1
    return early if early >= 0 else end


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


def _quoted(sql: str, start: int, quote_at: int, dialect: str) -> Token:
    token = Token(STRING, start, len(sql))
    token.content = quote_at + 1
    token.quote = sql[quote_at]
    token.doubled = True
    prefix = sql[start:quote_at].lower()
    token.backslashes = dialect == "mysql" or prefix in ("e", "u&")
    return _close(sql, token)


def _name(sql: str, at: int, quote: str) -> Token:
    token = Token(QUOTED, at, len(sql))
    token.content = at + 1
    token.quote = quote
    token.doubled = quote != "]"
    return _close(sql, token)


def _close(sql: str, token: Token) -> Token:
    at = token.content
    end = sql.find(token.quote, at)
    while end >= 0:
        backslash = sql.find("\\", at, end) if token.backslashes else -1
        if backslash >= 0:
            at = backslash + 2
            if at > end:
                end = sql.find(token.quote, at)
        elif token.doubled and sql.startswith(token.quote, end + 1):
            at = end + 2
            end = sql.find(token.quote, at)
        else:
            token.limit = end
            token.end = end + 1
            return token
    raise Unterminated


def _dollar(sql: str, at: int) -> Token:
    """$1 is a placeholder, $tag$...$tag$ a string."""
    end = at + 1
    while end < len(sql) and _is_word(sql[end]):
        end += 1
    if sql[end : end + 1] == "$" and not sql[at + 1 : at + 2].isdigit():
        tag = sql[at : end + 1]
        closed = sql.find(tag, end + 1)
        if closed < 0:
            raise Unterminated
        token = Token(STRING, at, closed + len(tag))
        token.content = end + 1
        token.limit = closed
        token.quote = tag
        return token
    return Token(PLACEHOLDER if end > at + 1 else OPERATOR, at, end)


def _placeholder(sql: str, at: int) -> Token:
    """?, ?1, :name, @name, $name, %s, %(name)s; a cast (::text) is an operator."""
    if sql.startswith("%(", at):
        end = sql.find(")s", at, at + 130)
        return Token(PLACEHOLDER, at, end + 2) if end >= 0 else Token(OPERATOR, at, at + 1)
    if sql.startswith("%s", at):
        return Token(PLACEHOLDER, at, at + 2)
    if sql.startswith("::", at):
        return Token(OPERATOR, at, at + 2)
    end = at + 1
    while end < len(sql) and _is_word(sql[end]):
        end += 1
    return Token(PLACEHOLDER if end > at + 1 or sql[at] == "?" else OPERATOR, at, end)


def _number(sql: str, at: int) -> int:
    size = len(sql)
    if sql[at : at + 2] in ("0x", "0X") and at + 2 < size and sql[at + 2] in _HEXADECIMAL:
        at += 2
        while at < size and sql[at] in _HEXADECIMAL:
            at += 1
        return at
    at = _digits(sql, at)
    if sql[at : at + 1] == ".":
        at = _digits(sql, at + 1)
    if sql[at : at + 1] in ("e", "E"):
        sign = 1 if sql[at + 1 : at + 2] in ("+", "-") else 0
        if at + 1 + sign < size and sql[at + 1 + sign] in _DIGITS:
            at = _digits(sql, at + 1 + sign)
    return at


def _digits(sql: str, at: int) -> int:
    size = len(sql)
    while at < size and sql[at] in _DIGITS:
        at += 1
    return at
