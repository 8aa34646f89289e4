"""Judges SQL: the event may supply literals; a name only where a name is meant and the function has it too."""

from __future__ import annotations

import re

from dayfly.core.structure.judgement import Judgement, Taint, as_text, judged, mark, refuse
from dayfly.core.structure.sqlplaces import (
    CLAUSES,
    COMPARISONS,
    DIRECTIONS,
    LAST_WORD,
    MAX_NAME,
    Statement,
    compares,
    find_places,
)
from dayfly.core.structure.sqltokens import (
    COMMENT,
    CONSTANTS,
    DIALECTS,
    NUMBER,
    OPERATOR,
    PLACEHOLDER,
    QUOTED,
    SPACE,
    STRING,
    WORD,
    Token,
    Unterminated,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.trusted_literals import OwnText

# Of these a function makes "(?, ?), (?, ?)", as many as it has rows.
_MARKS = frozenset(("(", ")", ",", "?", "%s"))
# What may stand behind a name on the left of a comparison with a parameter.
_COMPARED = re.compile(r"\s*(?:[=<>!]{1,2}|LIKE)\s*(?:\?|%[(s]|:\w)")
# What the event asks for in the function's own words, or by chance: "count(*)".
_OWN_CALL = re.compile(r"\w+\((?:\*|[\w.]*)\)")
# What the event's words may be between strings of a statement that has one too few quotes.
_KEYWORDS = CLAUSES | COMPARISONS | {"and", "or", "xor", "union", "except", "intersect", "collate", "escape"}
_IN_PROSE = frozenset("-.,&?")
# Behind these words a minus is a number's sign.
_BEFORE_SIGNS = CLAUSES | COMPARISONS | {"and", "or", "then", "else"}


def judge_sql(
    sql: str | bytes,
    provenance: Provenance,
    own: OwnText,
    *,
    dialect: str = "",
    is_schemaless: bool = False,
    by_library: bool = False,
) -> Judgement:
    """Say whether this statement may be sent.

    `dialect` is one of `DIALECTS`; where it is not known, the worst verdict of all of them counts. In a store that
    `is_schemaless`, any name may be given to what is stored. A library that sends a statement (`by_library`) quotes what
    columns are called that it makes and fills: of a table of the event's rows the event names them.
    """
    text = as_text(sql)
    dialects = (dialect,) if dialect in DIALECTS else DIALECTS

    def judge(taint: Taint) -> Judgement:
        for start, end in taint.runs()[:1]:
            if start == 0 and end <= own.piece_at(text, 0):
                # "SET ", with which a note of the event's begins as well.
                taint.drop(0, end)
        if taint.mask.find(1) < 0:
            # What else made it is for its shape to tell: parameters are the rule, and a statement takes 2 ms to read.
            return Judgement("allow", "sql.untouched")
        found: dict[str, Judgement] = {}
        for one in dialects:
            try:
                statement = Statement(text, one, taint, own)
                judgement = _judge(statement, is_schemaless=is_schemaless, by_library=by_library)
            except Unterminated as why:
                if not _is_broken_by_words(text, why.tokens, taint):
                    raise
                judgement = Judgement("unknown", "sql.broken", taint.first_path())
            found.setdefault(judgement.verdict, judgement)
        return next(found[verdict] for verdict in ("refuse", "unknown", "allow") if verdict in found)

    # For each character where a name or a literal stands, where that ends; -1 once it was looked at.
    places: dict[int, int] = {}

    def is_place(start: int, end: int) -> bool:
        """WHERE user_id = {x} with "user_id" would be true for everyone: one word alone is a choice where a name is meant."""
        if not text[start:end].isidentifier():
            return True
        if not places:
            places[-1] = 0
            statement = Statement(text, dialects[0], Taint(text, ()), own)
            for token in statement.significant:
                if token.kind == STRING or token.start in statement.names:
                    places.update(dict.fromkeys(range(token.start, token.end), token.end))
        return end <= places.get(start, -1)

    return judged("sql", text, provenance, own, judge, is_place=is_place)


def _judge(statement: Statement, *, is_schemaless: bool, by_library: bool) -> Judgement:
    sql, taint, own, names = statement.sql, statement.taint, statement.own, statement.names
    tokens = statement.tokens
    free = bytearray(len(sql))
    may = bytearray(len(sql))
    runs = frozenset(taint.runs())
    filled = find_places(statement, is_schemaless=is_schemaless, by_library=by_library)
    # Names of the event's between quotes of the function's own.
    quoted: set[int] = set()
    previous: Token | None = None
    for index, token in enumerate(tokens):
        start, end = token.start, token.end
        is_run = (start, end) in runs
        is_events = statement.is_events(token)
        whole = is_events and taint.all(start, end)
        is_free, may_be_events = token.kind not in (WORD, QUOTED, COMMENT), token.kind == SPACE
        if token.kind == STRING and is_events:
            if (at := _parent_in(sql, taint, token)) >= 0:
                return refuse("path.parent", taint.path_at(at))
            # {x} with "'a'" is a value, too: '...' whole. Content alone may not reach the quotes.
            may_be_events = whole and token.doubled
            broken = statement.break_of(token, own)
            mark(may, token.content, token.limit if broken < 0 else broken)
        elif token.kind == NUMBER:
            may_be_events = whole or not token.text.strip("0123456789.")
        elif token.kind == PLACEHOLDER:
            # %(name)s with the event's key for a name: the driver puts a value there. Not the mark itself: another of the
            # function's values would stand there. Unless ":name" is all that the event has here, by coincidence.
            if is_run and sql[start] == ":" and (is_schemaless or own.is_constant(sql[start:end])):
                may_be_events = True
            elif not taint.mask[start]:
                mark(may, start + 1, end)
        elif token.kind == WORD and token.text in CONSTANTS:
            is_free, may_be_events = True, whole
        elif token.kind in (WORD, QUOTED):
            name = statement.name_of(token)
            if is_schemaless and is_run and (start in names or start in statement.asked):
                is_free = may_be_events = True
            elif _is_own(name, own):
                is_free = True
                # The function's text alone: every table's name stands somewhere in the libraries.
                may_be_events = start in names and (own.has_word(name) or own.is_constant(name))
            elif (
                is_events
                and start in names
                # "{tenant}_notes" is a name of the function's, though "{table}" may be any. AS names only what is there.
                and (
                    not taint.mask[start]
                    if token.kind == WORD
                    else statement.is_quoted(token)
                    and (
                        not taint.all(token.content, token.limit)
                        or (previous is not None and previous.text == "as")
                    )
                )
            ):
                is_free = may_be_events = True
                quoted.add(start)
        elif token.kind == COMMENT:
            # In the function's own comment (sqlcommenter's request id) what stays in it is no structure,
            # but in MySQL /*! ... */ is code, /*+ ... */ a hint.
            is_note = not sql.startswith(("/*!", "/*+", "/*M"), start) and not taint.any(start, start + 2)
            is_free = is_note or not is_events
            if is_note and is_events:
                mark(may, start + 2, end - (2 if token.text[:2] == "/*" else 0))
        elif token.text in ("+", "-"):
            may_be_events = _is_sign(tokens, index, previous) and taint.all(start, tokens[index + 1].end)
        if is_free:
            mark(free, start, end)
        if may_be_events:
            mark(may, start, end)
        if token.kind != SPACE:
            previous = token
    for start, end in filled.items():
        mark(may, start, end)
        mark(free, start, end)
    explained = own.explain(sql, free, taint.mask, generators=True)
    one_word = _find_single_words(statement, explained.accounted, filled)
    ends = {token.end for token in tokens}
    marks = _find_marks(tokens)
    for start, end in taint.runs():
        is_all_marks = not sql[start:end].strip(" (),?%s") and own.is_constant(sql[start:end])
        if (
            is_all_marks
            or (start in marks and end in marks)
            or (end in ends and _is_own_name(statement, start, end, by_library=by_library))
            or (start in names and _OWN_CALL.fullmatch(sql, start, end) and own.is_constant(sql[start:end]))
        ):
            mark(explained.accounted, start, end)
    at = taint.first_outside(explained.accounted, may)
    if at >= 0:
        return _refuse(taint, at)
    for token in tokens:
        # Several of the event's words are a clause, though each alone would be a name: "price DESC".
        if (
            token.kind in (WORD, QUOTED)
            and statement.is_events(token)
            and not (token.start in one_word or token.start in filled or token.start in quoted)
            and explained.accounted.find(0, token.start, token.end) >= 0
            and token.text not in CONSTANTS
        ):
            return _refuse(taint, max(taint.mask.find(1, token.start), 0))
    if explained.unexplained >= 0:
        return Judgement("unknown", "sql.unexplained")
    return Judgement("allow", "sql.values", taint.first_path())


def _is_broken_by_words(sql: str, tokens: list[Token], taint: Taint) -> bool:
    """Say whether an apostrophe in prose (`'O'Brien'`) has left a quote open, and the event did nothing else to the statement.

    No server executes that. One that takes a backslash for an escape may read it otherwise, as BigQuery does three quotes, and
    Oracle `q'X it's X'`.
    """
    if "\\" in sql or "'''" in sql:
        return False
    has_word = False
    for token in tokens:
        text = token.text
        if text == ";":
            return False
        if not taint.any(token.start, token.end) or token.kind in (STRING, SPACE, NUMBER):
            continue
        # Of a time, which another value may be: "12:00:00".
        is_in_prose = text in _IN_PROSE or text.removeprefix(":")[:2].isdecimal()
        if text in _KEYWORDS or (token.kind != WORD and not is_in_prose):
            return False
        if text in ("q", "nq") and sql[token.end : token.end + 1] == "'":
            return False
        has_word = has_word or (token.kind == WORD and bool(taint.mask[token.start - 1]))
    # A quote at an end is what an attacker tries first.
    return has_word


def _refuse(taint: Taint, at: int) -> Judgement:
    return refuse("sql.structure", taint.path_at(at))


def _parent_in(sql: str, taint: Taint, token: Token) -> int:
    """Return where the event has a ".." in a path that the function begins in a text: `read_csv('/data/{x}')`; else -1."""
    start = token.content
    begins = sql[start : max(start, taint.mask.find(1, start))]
    if begins[:1] != "/" or " " in begins or "/../" not in sql[start : token.limit]:
        return -1
    at = sql.find("/../", start, token.limit)
    while at >= 0 and not taint.any(at + 1, at + 3):
        at = sql.find("/../", at + 1, token.limit)
    return at + 1 if at >= 0 else -1


def _is_own(name: str, own: OwnText) -> bool:
    return bool(name) and (own.has_word(name, generators=True) or own.is_constant(name, generators=True))


def _is_own_name(statement: Statement, start: int, end: int, *, by_library: bool) -> bool:
    """Say whether the range is a name with its table ("orders.price") that the function has as a constant.

    Or that a library writes so of its words: in a list of columns, or before a comparison.
    """
    sql, own = statement.sql, statement.own
    if end - start > MAX_NAME or start not in statement.names:
        return False
    text = sql[start:end]
    if "." not in text or not text.replace(".", "a").isidentifier():
        return False
    before = LAST_WORD.search(sql, 0, start)
    is_column = before is not None and before[0].strip().lower() in ("select", "distinct", "by", ",")
    is_left = before is not None and not compares(before[0].strip().lower()) and _COMPARED.match(sql, end)
    by_writer = by_library and (is_column or is_left) and all(map(own.has_word, text.split(".")))
    return own.is_constant(text) or bool(by_writer)


def _is_sign(tokens: list[Token], index: int, previous: Token | None) -> bool:
    """-1 is a value; after an operand, or after another minus (a comment's beginning), it is not."""
    if index + 1 >= len(tokens) or tokens[index + 1].kind != NUMBER:
        return False
    if previous is None:
        return True
    if previous.kind == OPERATOR:
        is_second = previous.text in ("+", "-") and previous.end == tokens[index].start
        return previous.text not in (")", "]") and not is_second
    return previous.kind == WORD and previous.text in _BEFORE_SIGNS


def _names_nothing_more(token: Token, taint: Taint) -> bool:
    """Say whether a word after a blank of the function's own changes nothing of the word before it.

    ORDER BY {x} {y} are two choices of the function's; `SELECT "name" "name"` is a name with an alias.
    """
    if token.kind == QUOTED:
        return not taint.any(token.start, token.start + 1)
    return token.kind == WORD and token.text in DIRECTIONS


def _is_coincidence(statement: Statement, index: int, accounted: bytearray, since: int) -> bool:
    """Say whether a word is the function's, though the event has one like it: FROM in SELECT {x} FROM orders.

    Own text accounts for it together with what follows, or with such a word before it that begins at `since`, or it
    begins a line of an ORM's. One blank on each side does not do: in SELECT {x} {y} {z} it would be the event's.
    """
    tokens = statement.tokens
    token = tokens[index]
    if token.kind != WORD or accounted.find(0, token.start, token.end) >= 0:
        return False
    if since >= 0 and accounted.find(0, since, token.end) < 0:
        return True
    blank = tokens[index - 1] if index else None
    if blank is None or blank.kind != SPACE or statement.is_events(blank):
        # "price DESC" of the event's brings its blank along.
        return False
    if "\n" in blank.text:
        return True
    after = next((one for one in tokens[index + 1 : index + 3] if one.kind != SPACE), None)
    return after is not None and accounted.find(0, token.start, after.end) < 0


def _find_marks(tokens: list[Token]) -> set[int]:
    """Return where a part of a list of parameters may begin or end that says nothing: the list is the function's.

    One mark more or less, and the driver refuses the statement, which has another number of values.
    """
    found: set[int] = set()
    run: list[Token] = []
    before = ""
    for token in [*tokens, None]:
        if token is not None and (token.kind in (SPACE, COMMENT) or token.text in _MARKS):
            run += [token] * (token.text in _MARKS)
            continue
        if any(one.kind == PLACEHOLDER for one in run):
            inner = run if before in ("values", "in") else run[1:-1]
            found.update(at for one in inner for at in (one.start, one.end))
        run, before = [], token.text if token is not None else ""
    return found


def _find_single_words(statement: Statement, accounted: bytearray, filled: dict[int, int]) -> set[int]:
    """Return the starts of the event's words that have none of the event's structure beside them."""
    found = set()
    run: list[Token] = []
    is_apart = has_direction = False
    since = -1
    for index, token in enumerate([*statement.tokens, None]):
        if token is not None and token.kind == SPACE:
            is_apart = not statement.is_events(token)
            continue
        if (
            is_apart
            and not has_direction
            and token is not None
            and _names_nothing_more(token, statement.taint)
        ):
            if len(run) == 1:
                found.add(run[0].start)
            run = []
        is_apart = False
        if token is not None and token.start in filled and token.text in DIRECTIONS:
            has_direction = True
            continue
        if (
            token is not None
            and token.kind not in (STRING, NUMBER, PLACEHOLDER)
            and token.start not in filled
            and statement.is_events(token)
        ):
            if not _is_coincidence(statement, index, accounted, since):
                run.append(token)
                since = -1
                continue
            since = token.start if since < 0 else since
        else:
            since = -1
        if len(run) == 1:
            found.add(run[0].start)
        run = []
        has_direction = False
    return found
