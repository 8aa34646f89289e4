"""Judges SQL: the event may supply literals; a name only where a name is meant and the function has it too."""

from __future__ import annotations

from dayfly.core.structure.judgement import Judgement, Taint, Unreadable, judged
from dayfly.core.structure.literals import breaks_out
from dayfly.core.structure.sqltokens import (
    COMMENT,
    DIALECTS,
    NUMBER,
    OPERATOR,
    PLACEHOLDER,
    QUOTED,
    SPACE,
    STRING,
    WORD,
    Token,
    read_tokens,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.own import OwnText

_CONSTANTS = frozenset(("null", "true", "false"))
# What a word is, is told by the clause it stands in: after these, names are meant ...
_NAMING = frozenset(
    ("select", "from", "join", "into", "update", "by", "returning", "table", "distinct", "as")
)
# ... after these, operands: WHERE user_id = {x} with "user_id" would be true for everyone.
_COMPARING = frozenset(("where", "having", "on", "set", "values", "limit", "offset", "when", "then", "else"))
_CLAUSES = _NAMING | _COMPARING
_COMPARISONS = frozenset(("is", "in", "like", "ilike", "between", "not", "glob", "regexp", "similar"))
# What says no more than which end comes first.
_DIRECTIONS = frozenset(("asc", "desc"))
_COMPARISON_SIGNS = frozenset("=<>!~@")
# Longest name with its table and schema; servers end names at 64 to 128 characters.
MAX_NAME = 256
_WORST = ("refuse", "unknown", "allow")


def judge_sql(sql: str | bytes, provenance: Provenance, own: OwnText, *, dialect: str = "") -> Judgement:
    """Say whether this statement may be sent.

    `dialect` is one of `DIALECTS`; where it is not known, the worst verdict of all of them counts.
    """
    text = sql if isinstance(sql, str) else bytes(sql).decode("utf-8", "surrogateescape")

    def judge(text: str, taint: Taint, own: OwnText) -> Judgement:
        worst: Judgement | None = None
        fault: Unreadable | None = None
        for one in (dialect,) if dialect in DIALECTS else DIALECTS:
            try:
                judgement = _judge(text, taint, own, one)
            except Unreadable as why:
                fault = why
                if taint.mask.find(1) >= 0:
                    raise
                continue  # E'it\'s' of the function's own is one dialect's
            if worst is None or _WORST.index(judgement.verdict) < _WORST.index(worst.verdict):
                worst = judgement
        if worst is None:
            raise fault if fault is not None else Unreadable("no dialect")
        return worst

    return judged("sql", text, provenance, own, judge)


def _judge(sql: str, taint: Taint, own: OwnText, dialect: str) -> Judgement:
    tokens = read_tokens(sql, dialect)
    free = bytearray(len(sql))
    may = bytearray(len(sql))
    naming = _find_naming(sql, tokens)
    previous: Token | None = None
    for index, token in enumerate(tokens):
        start, end = token.start, token.end
        size = end - start
        text = sql[start:end]
        is_events = taint.any(start, end)
        whole = is_events and taint.all(start, end)
        if token.kind == STRING:
            free[start:end] = b"\x01" * size
            if is_events:
                # {x} with "'a'" is a value, too: '...' whole. Content alone may not reach the quotes.
                _mark_content(sql, taint, token, may, whole=whole and token.doubled)
        elif token.kind == NUMBER:
            free[start:end] = b"\x01" * size
            if whole or not text.strip("0123456789."):
                may[start:end] = b"\x01" * size
        elif token.kind == PLACEHOLDER:
            free[start:end] = b"\x01" * size
            # %(name)s with the event's key for a name: the driver puts a value there. Not the mark itself.
            if not taint.mask[start]:
                may[start + 1 : end] = b"\x01" * (size - 1)
        elif token.kind in (WORD, QUOTED):
            name = text if token.kind == WORD else sql[token.content : token.limit]
            is_constant = token.kind == WORD and text.lower() in _CONSTANTS
            if is_constant:
                free[start:end] = b"\x01" * size
                if whole:
                    may[start:end] = b"\x01" * size
            elif _is_own(name, own):
                free[start:end] = b"\x01" * size
                # The function's text alone: every table's name stands somewhere in the libraries.
                if naming[index] and (own.has_word(name) or own.is_constant(name)):
                    may[start:end] = b"\x01" * size
        elif token.kind == COMMENT:
            # In the function's own comment (sqlcommenter's request id) what stays in it is no structure,
            # but in MySQL /*! ... */ is code, /*+ ... */ a hint.
            if not is_events:
                free[start:end] = b"\x01" * size
            elif not sql.startswith(("/*!", "/*+", "/*M"), start) and not taint.any(start, start + 2):
                closes = 0 if text[:2] != "/*" else 2
                free[start:end] = b"\x01" * size
                may[start + 2 : end - closes] = b"\x01" * max(0, size - 2 - closes)
        elif token.kind == SPACE:
            free[start:end] = b"\x01" * size
            may[start:end] = b"\x01" * size
        else:
            free[start:end] = b"\x01" * size
            if (
                text in "+-"
                and _is_sign(sql, tokens, index, previous)
                and taint.all(start, tokens[index + 1].end)
            ):
                may[start] = 1
        if token.kind != SPACE:
            previous = token
    explained = own.explain(sql, free, taint.mask, generators=True)
    one_word = _find_single_words(sql, tokens, taint, explained.accounted)
    named = {token.start: token.end for token, one in zip(tokens, naming, strict=True) if one}
    ends = {token.end for token in tokens}
    for start, end in taint.runs():
        if end in ends and _is_own_name(sql, start, end, named, own):
            explained.accounted[start:end] = b"\x01" * (end - start)
            continue
        for at in range(start, end):
            if not explained.accounted[at] and not may[at]:
                return _refuse(taint, at)
    for token in tokens:
        # Several of the event's words are a clause, though each alone would be a name: "price DESC".
        if (
            token.kind in (WORD, QUOTED)
            and taint.any(token.start, token.end)
            and token.start not in one_word
            and explained.accounted.find(0, token.start, token.end) >= 0
            and sql[token.start : token.end].lower() not in _CONSTANTS
        ):
            return _refuse(taint, max(taint.mask.find(1, token.start), 0))
    if explained.unexplained >= 0:
        return Judgement(
            "unknown",
            "sql.unexplained",
            "the statement comes from neither the event nor the function",
        )
    return Judgement("allow", "sql.values", "the event supplies only values", taint.first_path())


def _refuse(taint: Taint, at: int) -> Judgement:
    return Judgement(
        "refuse", "sql.structure", "the event supplies a part of the statement", taint.path_at(at)
    )


def _mark_content(sql: str, taint: Taint, token: Token, may: bytearray, *, whole: bool) -> None:
    broken = breaks_out(
        sql,
        taint,
        token.content,
        token.limit,
        quote=token.quote,
        backslashes=token.backslashes,
        doubled=token.doubled,
    )
    start, end = (token.start, token.end) if whole else (token.content, token.limit if broken < 0 else broken)
    if start < end:
        may[start:end] = b"\x01" * (end - start)


def _is_own(name: str, own: OwnText) -> bool:
    return bool(name) and (own.has_word(name, generators=True) or own.is_constant(name, generators=True))


def _is_own_name(sql: str, start: int, end: int, named: dict[int, int], own: OwnText) -> bool:
    """Say whether the range is a name with its table ("orders.price") that the function has as a constant."""
    if end - start > MAX_NAME or start not in named:
        return False
    text = sql[start:end]
    return "." in text and text.replace(".", "a").isidentifier() and own.is_constant(text)


def _is_sign(sql: str, tokens: list[Token], index: int, previous: Token | None) -> bool:
    """-1 is a value; after an operand, or after another minus (a comment's beginning), it is not."""
    if index + 1 >= len(tokens) or tokens[index + 1].kind != NUMBER:
        return False
    if previous is None:
        return True
    text = sql[previous.start : previous.end]
    if previous.kind == OPERATOR:
        return text not in ")]" and not (text in "+-" and previous.end == tokens[index].start)
    return previous.kind == WORD and text.lower() in _CLAUSES | _COMPARISONS | {"and", "or", "then", "else"}


def _find_naming(sql: str, tokens: list[Token]) -> list[bool]:
    """Say of each token whether a name is meant where it stands."""
    naming = []
    clause_names = False
    significant = [index for index, token in enumerate(tokens) if token.kind not in (SPACE, COMMENT)]
    place = {index: number for number, index in enumerate(significant)}
    for index, token in enumerate(tokens):
        text = sql[token.start : token.end].lower()
        if token.kind == WORD and text in _CLAUSES:
            clause_names = text in _NAMING
        number = place.get(index)
        if number is None:
            naming.append(False)
            continue
        before = tokens[significant[number - 1]] if number else None
        after = tokens[significant[number + 1]] if number + 1 < len(significant) else None
        before_text = sql[before.start : before.end] if before is not None else ""
        after_text = sql[after.start : after.end].lower() if after is not None else ""
        is_qualified = before_text == "." or after_text == "."
        is_left = _compares(after_text) and not _compares(before_text.lower())
        naming.append(clause_names or is_qualified or is_left)
    return naming


def _compares(text: str) -> bool:
    return text in _COMPARISONS or (text != "" and text[0] in _COMPARISON_SIGNS)


def _names_nothing_more(sql: str, token: Token, taint: Taint) -> bool:
    """Say whether a word after a blank of the function's own changes nothing of the word before it.

    ORDER BY {x} {y} are two choices of the function's; `SELECT "name" "name"` is a name with an alias.
    """
    if token.kind == QUOTED:
        return not taint.any(token.start, token.start + 1)
    return token.kind == WORD and sql[token.start : token.end].lower() in _DIRECTIONS


def _is_coincidence(sql: str, tokens: list[Token], index: int, taint: Taint, accounted: bytearray) -> bool:
    """Say whether a word is the function's, though the event has one like it: FROM in SELECT {x} FROM orders.

    Own text accounts for it together with what follows, or it begins a line of an ORM's. One blank on each side does
    not do: in SELECT {x} {y} {z} it would be the event's.
    """
    token = tokens[index]
    if token.kind != WORD or accounted.find(0, token.start, token.end) >= 0:
        return False
    blank = tokens[index - 1] if index else None
    if blank is None or blank.kind != SPACE or taint.any(blank.start, blank.end):
        # "price DESC" of the event's brings its blank along.
        return False
    if "\n" in sql[blank.start : blank.end]:
        return True
    after = next((one for one in tokens[index + 1 : index + 3] if one.kind != SPACE), None)
    return (
        after is not None
        and not taint.any(after.start, after.end)
        and accounted.find(0, token.start, after.end) < 0
    )


def _find_single_words(sql: str, tokens: list[Token], taint: Taint, accounted: bytearray) -> set[int]:
    """Return the starts of the event's words that have none of the event's structure beside them."""
    found = set()
    run: list[Token] = []
    is_apart = False
    for index, token in enumerate([*tokens, None]):
        if token is not None and token.kind == SPACE:
            is_apart = not taint.any(token.start, token.end)
            continue
        if is_apart and token is not None and _names_nothing_more(sql, token, taint):
            if len(run) == 1:
                found.add(run[0].start)
            run = []
        is_apart = False
        if (
            token is not None
            and token.kind not in (STRING, NUMBER, PLACEHOLDER)
            and taint.any(token.start, token.end)
            and not _is_coincidence(sql, tokens, index, taint, accounted)
        ):
            run.append(token)
            continue
        if len(run) == 1:
            found.add(run[0].start)
        run = []
    return found
