"""Judges texts of small query languages, XPath, JMESPath, pandas' and LDAP's filters: the event supplies operands, no conditions."""

from __future__ import annotations

import re
from bisect import bisect_right

from dayfly.core.structure.judgement import Judgement, Taint, Unreadable, judged, mark, refuse
from dayfly.core.structure.pytokens import (
    COMMENT,
    CONSTANTS,
    KEYWORDS,
    NEWLINE,
    NUMBER,
    SPACE,
    STRING,
    read_tokens,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.pytokens import Token
    from dayfly.core.structure.trusted_literals import OwnText

    Language = Literal["xpath", "jmespath", "pandas", "ldap"]

# Literals, which end at their own quote; in JMESPath and pandas a backslash escapes it.
_ESCAPED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\]|\\.)*`", re.S)
_LITERALS = {
    # With the namespace of a name, as ElementTree writes it: {uri}name.
    "xpath": re.compile(r"'[^']*'|\"[^\"]*\"|\{[^{}'\"]*\}"),
    "jmespath": _ESCAPED,
    "pandas": _ESCAPED,
}
# Operands that are no literals: numbers, and names that no comparison stands before.
_OPERAND = re.compile(r"[\w.-]*")
# With positions: an element of a list is a value as its keys are.
_ELEMENT = re.compile(r"[\w.-]+(?:\[[0-9]+\][\w.-]*)*")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_BEFORE_LITERAL = frozenset("./,:=<>")
# In pandas the event may bring a condition where one can stand, since people filter their own reports. How tightly a
# condition's signs bind, as pandas reads them (`&` as `and`); what is not here is an operand.
_ENDS, _LISTS, _OR, _AND, _NOT, _COMPARISON, _ARITHMETIC, _OPERANDS = range(8)
_BINDING = {
    **dict.fromkeys(("(", ")", "[", "]", "="), _ENDS),
    ",": _LISTS,
    **dict.fromkeys(("or", "|"), _OR),
    **dict.fromkeys(("and", "&"), _AND),
    **dict.fromkeys(("not", "~"), _NOT),
    **dict.fromkeys(("in", "==", "!=", "<", ">", "<=", ">="), _COMPARISON),
    **dict.fromkeys(("+", "-", "*", "/", "//", "%", "**"), _ARITHMETIC),
}
_COLUMN = re.compile(r"`[^`]*`")
# What begins a literal, where the library refuses a text in which one has no end.
_QUOTES = {"xpath": frozenset("'\""), "jmespath": frozenset("'\"`")}
# What a filter is made of, and a value has escaped (RFC 4515).
_FILTER_SIGNS = frozenset("()*\0")


def judge_query(text: str, provenance: Provenance, own: OwnText, *, language: Language) -> Judgement:
    """Say whether this may be evaluated. An expression that is the event's as a whole is what such a function is for."""

    def judge(taint: Taint) -> Judgement:
        allow = Judgement("allow", "query.values", taint.first_path())
        if own.is_constant(text) or taint.all(0, len(text)) or provenance.is_leaf(text):
            return allow
        if language == "ldap" and provenance.holds_bytes(b"*"):
            # One sign alone is traced in no text. `(cn=a*)` may be the function's search by a beginning, `(cn=*)` is anybody's.
            is_own = own.is_constant("*")
            for at, sign in enumerate(text):
                if sign == "*" and (
                    text[at - 1 : at + 2] == "=*)" or not (is_own or own.piece_at(text, at) > 1)
                ):
                    taint.mask[at] = 1
        accounted = own.coincidences(text, taint.mask)
        reading = _Reading(text, language)
        for begin, end in taint.runs():
            start = accounted.find(0, begin, end)
            if (
                start >= 0
                and not reading.is_operand(begin if language == "pandas" else start, end)
                and not (
                    reading.is_filled(taint, provenance, own) and not provenance.is_leaf(text[begin:end])
                )
                and not reading.is_broken()
            ):
                return refuse("query.structure", taint.path_at(start))
        return allow

    return judged("query", text, provenance, own, judge)


class _Reading:
    """A text of one of the languages, read once, however many parts of it are the event's."""

    __slots__ = ("_language", "_literals", "_starts", "_text", "_tokens", "_within", "_words")

    def __init__(self, text: str, language: Language) -> None:
        self._text, self._language = text, language
        # Whether a literal of the text begins before each place and ends behind it, and where they are.
        self._within = bytearray(len(text) + 1)
        self._literals: list[tuple[int, int]] = []
        for one in _LITERALS[language].finditer(text) if language in _LITERALS else ():
            first, last = one.span()
            self._literals.append((first + 1, last - 1))
            mark(self._within, first + 1, last)
        self._tokens: list[Token] | None = None

    def is_broken(self) -> bool:
        """Say whether a literal of XPath's or JMESPath's has no end, as an apostrophe's in prose: libraries refuse that by themselves.

        Not where there may be a comment of XPath's with the quote in it, as from version 2 on.
        """
        if self._language not in _QUOTES or (self._language == "xpath" and "(:" in self._text):
            return False
        return not _QUOTES[self._language].isdisjoint(_LITERALS[self._language].sub("", self._text))

    def is_filled(self, taint: Taint, provenance: Provenance, own: OwnText) -> bool:
        """Say whether all but one value of the event's in a literal is the function's text, though the event has `id="a"` elsewhere."""
        filled = [(start, end) for start, end in self._literals if provenance.is_leaf(self._text[start:end])]
        free = bytearray(len(self._text))
        for start, end in filled:
            mark(free, start, end)
        return len(filled) == 1 and own.explain(self._text, free, taint.mask).unexplained < 0

    def is_operand(self, start: int, end: int) -> bool:
        """Say whether text[start:end], the event's, is an operand, or in pandas a condition where one can stand."""
        text, language = self._text, self._language
        part = text[start:end]
        if language == "ldap":
            return _FILTER_SIGNS.isdisjoint(part)
        if self._within.find(0, start, end + 1) < 0:
            # The function's own quote would not end it.
            return language != "pandas" or part[-1:] != "\\"
        if language == "pandas":
            return not self._within[start] and not self._within[end] and self._keeps_condition(start, end)
        while start > 0 and text[start - 1].isspace():
            start -= 1
        if _LITERALS[language].fullmatch(part):
            # Alone in brackets it would be a condition, which is always true.
            return text[start - 1 : start] in _BEFORE_LITERAL
        operand = _ELEMENT if language == "jmespath" else _OPERAND
        is_name = operand.fullmatch(part) is not None and ".." not in part
        return is_name and (
            _NUMBER.fullmatch(part) is not None or text[start - 1 : start] not in ("=", "<", ">", "(")
        )

    def _keeps_condition(self, start: int, end: int) -> bool:
        """Say whether text[start:end] is an operand of what stands around it, or a condition, as a whole.

        A comparison's second operand is a value: a column there may make the comparison always true.
        """
        if self._tokens is None:
            self._read()
        tokens, words = self._tokens, self._words
        if not tokens:
            return False
        first, stop = bisect_right(self._starts, start) - 1, bisect_right(self._starts, end - 1)
        first += first < 0 or tokens[first].end <= start
        if first >= stop:
            return True
        around = self._binding(first - 1), self._binding(stop)
        if stop - first == 1 and (
            self._binding(first) == _COMPARISON
            or (self._binding(first) == _ARITHMETIC and around == (_OPERANDS, _OPERANDS))
        ):
            # Which comparison of all that there are, or computation: of two conditions, a sum would be an "or".
            return True
        depth, loosest, are_values = 0, _OPERANDS, True
        for at in range(first, stop):
            word, kind = words[at], tokens[at].kind
            depth += (word in ("(", "[")) - (word in (")", "]"))
            is_code = word in KEYWORDS and word not in CONSTANTS and word not in _BINDING
            if depth < 0 or is_code or kind == COMMENT:
                return False
            is_value = kind in (STRING, NUMBER) or word in CONSTANTS or word == "nan"
            are_values = are_values and (is_value or word in ("(", ")", "[", "]", ",", "-"))
            if depth == 0 and word not in (")", "]") and not (word == "-" and at == first):
                loosest = min(loosest, self._binding(at))
        if depth != 0 or _OPERANDS in around:
            # Beside an operand it would begin, or end, with an operator.
            return False
        if around[0] == _COMPARISON or (first > 0 and words[first - 1] in ("[", ",")):
            return are_values
        return all(loosest > one or (loosest == one and one in (_OR, _AND)) for one in around)

    def _read(self) -> None:
        try:
            plain = _COLUMN.sub(lambda found: "_" * len(found.group()), self._text)
            self._tokens = [token for token in read_tokens(plain) if token.kind != SPACE]
        except Unreadable:
            self._tokens = []
        self._starts = [token.start for token in self._tokens]
        # Each line is a statement, within brackets as well.
        names = {STRING: "", NEWLINE: "="}
        self._words = [names.get(token.kind, self._text[token.start : token.end]) for token in self._tokens]

    def _binding(self, at: int) -> int:
        words = self._words
        if not 0 <= at < len(words):
            return _ENDS
        if words[at] == "not" and words[at + 1 : at + 2] == ["in"]:
            return _COMPARISON
        return _BINDING.get(words[at], _OPERANDS)
