"""Judges texts of small query languages, XPath, JMESPath, pandas' and LDAP's filters: the event supplies operands, no conditions."""

from __future__ import annotations

import re

from dayfly.core.structure.judgement import Judgement, Taint, judged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.trusted_literals import OwnText

    Language = Literal["xpath", "jmespath", "pandas", "ldap"]

# Literals, which end at their own quote; in JMESPath and pandas a backslash escapes it.
_ESCAPED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\]|\\.)*`", re.S)
_LITERALS = {
    "xpath": re.compile(r"'[^']*'|\"[^\"]*\""),
    "jmespath": _ESCAPED,
    "pandas": _ESCAPED,
}
# Operands that are no literals: numbers, and names that no comparison stands before. In pandas the event may bring a condition
# where one can stand, since people filter their own reports, but for an operand.
_OPERAND = re.compile(r"[\w.-]*")
_COMPARES = re.compile(r"[=<>(]\s*\Z")
_COMPARES_VALUE = re.compile(r"[=<>]\s*\Z")
_VALUE = re.compile(rf"-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|True|False|None|nan|{_ESCAPED.pattern}", re.S)
# What a filter is made of, and a value has escaped (RFC 4515).
_FILTER_SIGNS = frozenset("()*\0")
_ANY = re.compile(r"(?<==)\*(?=\))")


def judge_query(text: str, provenance: Provenance, own: OwnText, *, language: Language) -> Judgement:
    """Say whether this may be evaluated. An expression that is the event's as a whole is what such a function is for."""

    def judge(text: str, taint: Taint, own: OwnText) -> Judgement:
        allow = Judgement("allow", "query.values", "the event supplies only operands", taint.first_path())
        if own.is_constant(text) or taint.all(0, len(text)) or provenance.is_leaf(text):
            return allow
        if language == "ldap" and provenance.is_leaf("*"):
            # One sign alone is told of no text.
            for found in _ANY.finditer(text):
                taint.mask[found.start()] = 1
        # Any character may be a hole.
        explained = own.explain(text, bytearray(b"\x01" * len(text)), taint.mask)
        literals = [one.span() for one in _LITERALS[language].finditer(text)] if language != "ldap" else []
        for start, end in taint.runs():
            while start < end and explained.accounted[start]:
                start += 1
            if start < end and not _is_operand(text, start, end, literals, language):
                return Judgement(
                    "refuse", "query.structure", "the event supplies a condition", taint.path_at(start)
                )
        return allow

    return judged("query", text, provenance, own, judge)


def _is_operand(text: str, start: int, end: int, literals: list[tuple[int, int]], language: Language) -> bool:
    if language == "ldap":
        return _FILTER_SIGNS.isdisjoint(text[start:end])
    part = text[start:end]
    if any(first < start and end < last for first, last in literals):
        # The function's own quote would not end it.
        return language != "pandas" or part[-1:] != "\\"
    if language == "pandas":
        splits = any(first < edge < last for first, last in literals for edge in (start, end))
        is_condition = not _COMPARES_VALUE.search(text, 0, start)
        return not splits and (is_condition or _VALUE.fullmatch(part) is not None)
    is_name = _OPERAND.fullmatch(part) is not None and ".." not in part
    return is_name and (part.isdigit() or not _COMPARES.search(text, 0, start))
