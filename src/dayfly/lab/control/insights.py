"""A part of CloudWatch Logs Insights' query language: fields, display, filter, sort and limit; pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html. Everything else is refused: a query that was
half understood would answer with rows that look complete.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

Value = str | float
Row = Mapping[str, Value]
Rows = list[dict[str, Value]]
_Test = Callable[[Row], bool]
_Item = TypeVar("_Item")
_Operand = Callable[[Row], Value | None]

# Without `limit`: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Limit.html
MAX_ROWS = 10_000
_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n]*)
  | (?P<quoted>`[^`]+`)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<pattern>/(?:[^/\\\n]|\\.)+/)
  | (?P<open>["'`/][\s\S]*)
  | (?P<number>-?\d+(?:\.\d+)?(?![\w.]))
  | (?P<name>[@A-Za-z_][\w.@]*)
  | (?P<sign>=~|!=|<=|>=|\S)
    """,
    re.VERBOSE | re.ASCII,
)
# Any: two numbers or two texts.
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# Bounds on what a query costs: the lab does nothing else meanwhile.
_MAX_TOKENS = 500
_MAX_PIECES = 16
_SPECIAL = frozenset(".^$*+?{}[]|()")


class QueryError(Exception):
    """What cannot be read, or is no part of the language that the lab knows."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows are wanted, in which order (None is the latest first), how many at most, and which of their fields."""

    is_wanted: _Test
    orders: tuple[tuple[str, bool], ...] | None
    limit: int | None
    fields: tuple[str, ...]

    def run(self, rows: Rows) -> Rows:
        """All rows of the answer, from rows in the order of time."""
        rows = [row for row in rows if self.is_wanted(row)]
        if self.orders is None:
            rows.reverse()
        for name, is_descending in reversed(self.orders or ()):
            # Numbers before texts, and what has no such field last of all.
            have = [row for row in rows if name in row]
            have.sort(key=lambda row: _sort_key(row[name]), reverse=is_descending)
            rows = have + [row for row in rows if name not in row]
        return rows


def parse(text: str) -> Query:
    """Raises QueryError."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[_Token] = []
        self._next = 0
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup
            if kind is not None and kind != "comment":
                self._tokens.append(_Token(kind, match[kind], match.start(kind)))
        if len(self._tokens) > _MAX_TOKENS:
            raise QueryError(f"the query is too long: the lab accepts at most {_MAX_TOKENS} tokens")

    def query(self) -> Query:
        tests: list[_Test] = []
        orders: tuple[tuple[str, bool], ...] | None = None
        fields: tuple[str, ...] = ()
        limit: int | None = None
        while True:
            command = self._word()
            if command in ("fields", "display"):
                named = self._listed(self._name)
                fields = named if command == "display" else fields + named
            elif command == "filter":
                tests.append(self._either())
            elif command == "sort":
                orders = self._listed(self._order)
            elif command == "limit":
                limit = self._limit()
            else:
                known = "fields, display, filter, sort and limit"
                raise QueryError(f"The lab's queries have {known}, and no {command!r}")
            if not self._take("|"):
                break
        token = self._peek()
        if token.kind != "end":
            raise self._unexpected(token.text, token.at)
        return Query(
            lambda row: all(test(row) for test in tests), orders, limit, fields or ("@timestamp", "@message")
        )

    def _unexpected(self, text: str, at: int) -> QueryError:
        line = self._text.count("\n", 0, at) + 1
        # Recorded from AWS in public issues.
        return QueryError(
            f"unexpected symbol found {text[:20]} at line {line} and position {at - self._text.rfind(chr(10), 0, at) - 1}"
        )

    def _peek(self) -> _Token:
        if self._next == len(self._tokens):
            return _Token("end", "end of the query", len(self._text))
        return self._tokens[self._next]

    def _take(self, *texts: str) -> str | None:
        """The next token, if it is one of these signs or words, in small letters."""
        token = self._peek()
        if token.kind in ("sign", "name") and token.text.lower() in texts:
            self._next += 1
            return token.text.lower()
        return None

    def _expect(self, *kinds: str) -> _Token:
        token = self._peek()
        if token.kind not in kinds:
            raise self._unexpected(token.text, token.at)
        self._next += 1
        return token

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            token = self._peek()
            raise self._unexpected(token.text, token.at)

    def _word(self) -> str:
        return self._expect("name").text.lower()

    def _name(self) -> str:
        return self._expect("name", "quoted").text.strip("`")

    def _listed(self, read: Callable[[], _Item]) -> tuple[_Item, ...]:
        items = [read()]
        while self._take(","):
            items.append(read())
        return tuple(items)

    def _order(self) -> tuple[str, bool]:
        name = self._name()
        return name, self._take("asc", "desc") == "desc"

    def _limit(self) -> int:
        token = self._expect("number")
        if not token.text.isdigit() or not 1 <= int(token.text[:9]) <= MAX_ROWS:
            raise QueryError(f"limit is a number from 1 to {MAX_ROWS}, not {token.text[:20]}")
        return int(token.text)

    def _either(self) -> _Test:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return lambda row: any(test(row) for test in tests)

    def _both(self) -> _Test:
        tests = [self._single()]
        while self._take("and"):
            tests.append(self._single())
        return lambda row: all(test(row) for test in tests)

    def _single(self) -> _Test:
        if self._take("not"):
            test = self._single()
            return lambda row: not test(row)
        if self._take("("):
            test = self._either()
            self._need(")")
            return test
        return self._comparison()

    def _comparison(self) -> _Test:
        left = self._operand()
        is_not = self._take("not") is not None
        if self._take("like", "=~"):
            test = _like(self._expect("pattern", "text"))
            return lambda row: (found := left(row)) is not None and test(show(found)) is not is_not
        sign = self._take(*_COMPARISONS)
        if sign is None or is_not:
            token = self._peek()
            raise self._unexpected(token.text, token.at)
        right = self._operand()
        return lambda row: _compare(sign, left(row), right(row))

    def _operand(self) -> _Operand:
        token = self._expect("name", "quoted", "text", "number")
        if token.kind in ("name", "quoted"):
            name = token.text.strip("`")
            return lambda row: row.get(name)
        value: Value = float(token.text) if token.kind == "number" else _unquoted(token.text)
        return lambda row: value


def _sort_key(value: Value) -> tuple[bool, float, str]:
    number = _as_number(value)
    return (True, 0.0, str(value)) if number is None else (False, number, "")


def _compare(sign: str, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        return False
    numbers = (_as_number(left), _as_number(right))
    if None not in numbers:
        return _COMPARISONS[sign](*numbers)
    return _COMPARISONS[sign](show(left), show(right))


def _as_number(value: Value) -> float | None:
    if isinstance(value, float):
        return value
    try:
        return float(value) if value[:1] in "-.0123456789" and value else None
    except ValueError:
        return None


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def _like(token: _Token) -> Callable[[str], bool]:
    """A substring, or a pattern of alternatives with literal text and `.*`: the time is linear in the length of the text."""
    if token.kind == "text":
        wanted = _unquoted(token.text)
        return lambda text: wanted in text
    source = token.text[1:-1]
    ignores_case = source.startswith("(?i)")
    choices = [_pieces(choice) for choice in re.split(r"(?<!\\)\|", source.removeprefix("(?i)"))]

    def matches(text: str) -> bool:
        text = text.rstrip("\n")
        if ignores_case:
            text = text.lower()
        return any(
            _in_order([piece.lower() if ignores_case else piece for piece in pieces], text, is_first, is_last)
            for pieces, is_first, is_last in choices
        )

    return matches


def _pieces(choice: str) -> tuple[list[str], bool, bool]:
    """The literal texts of an alternative in their order, and whether it begins and ends with the text."""
    is_first, is_last = choice.startswith("^"), choice.endswith("$") and not choice.endswith("\\$")
    inner = choice[is_first : len(choice) - is_last]
    pieces: list[str] = []
    for piece in inner.split(".*", _MAX_PIECES):
        literal = re.sub(r"\\(\W)", "", piece)
        if _SPECIAL.intersection(literal) or "\\" in literal:
            raise QueryError(
                f"The lab's queries know text, '|', '^', '$' and '.*' in a pattern, not /{choice[:40]}/"
            )
        pieces.append(re.sub(r"\\(\W)", r"\1", piece))
    return pieces, is_first, is_last


def _in_order(pieces: Sequence[str], text: str, is_first: bool, is_last: bool) -> bool:
    if is_first and is_last and len(pieces) == 1:
        return text == pieces[0]
    at, end = 0, len(text)
    if is_first:
        if not text.startswith(pieces[0]):
            return False
        at, pieces = len(pieces[0]), pieces[1:]
    if is_last:
        if not text.endswith(pieces[-1]):
            return False
        end, pieces = end - len(pieces[-1]), pieces[:-1]
    for piece in pieces:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return at <= end


def show(value: Value) -> str:
    """A value as results have it: text, with whole numbers without a point."""
    if isinstance(value, str):
        return value
    return str(int(value)) if value.is_integer() else repr(value)
