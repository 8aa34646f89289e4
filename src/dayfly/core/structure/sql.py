"""Judges SQL: the event may supply literals; a name only where a name is meant and the function has it too."""

from __future__ import annotations

import re

from dayfly.core.structure.judgement import Judgement, Taint, Unreadable, judged
from dayfly.core.structure.literals import breaks_out
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
    read_tokens,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.trusted_literals import OwnText

# What a word is, is told by the clause it stands in: after these, names are meant ...
_NAMING = frozenset(
    ("select", "from", "join", "into", "update", "by", "returning", "table", "distinct", "as")
)
# ... after these, operands: WHERE user_id = {x} with "user_id" would be true for everyone.
_COMPARING = frozenset(("where", "having", "on", "set", "values", "limit", "offset", "when", "then", "else"))
_CLAUSES = _NAMING | _COMPARING
# Where several names stand side by side.
_LISTING = frozenset(("select", "by", "returning", "distinct"))
_COMPARISONS = frozenset(("is", "in", "like", "ilike", "between", "not", "glob", "regexp", "similar"))
# What says no more than which end comes first.
_DIRECTIONS = frozenset(("asc", "desc"))
# Operators that compare two operands, of which functions have a map: {"lt": "<", "like": "LIKE"}.
_OPERATORS = frozenset(
    ("=", "<", ">", "<=", ">=", "<>", "!=", "==", "like", "ilike", "glob", "regexp", "in", "is")
)
# The word or sign before a place; and a comparison with a parameter behind one.
_LAST_WORD = re.compile(r"(?:\w+|[^\w\s])\s*\Z")
_COMPARED = re.compile(r"\s*(?:[=<>!]{1,2}|LIKE)\s*(?:\?|%[(s]|:\w)")
_COMPARISON_SIGNS = frozenset("=<>!~@")
# In these clauses SQLite takes what stands between double quotes for a text, where it is no column's name; and names of columns
# that no table declares.
_VALUES = "values"
_CONDITIONS = frozenset(("where", "having", "on", _VALUES))
_HIDDEN_COLUMNS = frozenset(("rowid", "oid", "_rowid_", "rank"))
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
_PATH_FUNCTIONS = frozenset(
    ("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size")
)
# Of these a function makes "(?, ?), (?, ?)", as many as it has rows.
_MARKS = frozenset(("(", ")", ",", "?", "%s"))
# Longest name with its table and schema; servers end names at 64 to 128 characters.
MAX_NAME = 256
# "address.street", "lines[0].sku"; one name alone is told apart where words are.
_DOCUMENT_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])+")
_SET = re.compile(r"\s*set\s+(?:(?:session|local)\s+)?[\w.]+\s*(?:=|\sto\s)\s*", re.IGNORECASE)
_ENDS = re.compile(r"\s*(?:;|\Z)")
_WORST = ("refuse", "unknown", "allow")


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
    text = sql if isinstance(sql, str) else bytes(sql).decode("utf-8", "surrogateescape")

    def judge(text: str, taint: Taint, own: OwnText) -> Judgement:
        for start, end in taint.runs()[:1]:
            if start == 0 and end <= own.piece_at(text, 0):
                # "SET ", with which a note of the event's begins as well.
                taint.mask[:end] = bytes(end)
        if taint.mask.find(1) < 0:
            # What else made it is for its shape to tell: parameters are the rule, and a statement takes 2 ms to read.
            return Judgement("allow", "sql.untouched", "nothing of it is the event's")
        worst: Judgement | None = None
        fault: Unreadable | None = None
        for one in (dialect,) if dialect in DIALECTS else DIALECTS:
            try:
                judgement = _judge(text, taint, own, one, is_schemaless=is_schemaless, by_library=by_library)
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

    # For each character where a name or a literal stands, where that ends; -1 once it was looked at.
    places: dict[int, int] = {}

    def is_place(start: int, end: int) -> bool:
        """WHERE user_id = {x} with "user_id" would be true for everyone: one word alone is a choice where a name is meant."""
        if not text[start:end].isidentifier():
            return True
        if not places:
            tokens = read_tokens(text, dialect if dialect in DIALECTS else DIALECTS[0])
            naming = _find_naming(text, tokens)
            places[-1] = 0
            for token, one in zip(tokens, naming, strict=True):
                if one or token.kind == STRING:
                    places.update(dict.fromkeys(range(token.start, token.end), token.end))
        return end <= places.get(start, -1)

    return judged("sql", text, provenance, own, judge, is_place=is_place)


def _judge(
    sql: str, taint: Taint, own: OwnText, dialect: str, *, is_schemaless: bool, by_library: bool
) -> Judgement:
    tokens = read_tokens(sql, dialect)
    if dialect == "sqlite" and '"' in sql:
        _mark_texts(sql, tokens, taint)
    free = bytearray(len(sql))
    may = bytearray(len(sql))
    naming = _find_naming(sql, tokens)
    runs = frozenset(taint.runs())
    filled = _fill_closed_sets(sql, tokens, naming, taint, own)
    filled |= _fill_columns(sql, tokens, taint, by_library=by_library)
    filled |= _fill_partitions(sql, tokens, taint)
    filled |= _fill_paths(sql, tokens, runs) if is_schemaless else _fill_settings(sql, tokens)
    # Names of the event's between quotes of the function's own.
    quoted: set[int] = set()
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
                _mark_content(sql, taint, token, may, own, whole=whole and token.doubled)
        elif token.kind == NUMBER:
            free[start:end] = b"\x01" * size
            if whole or not text.strip("0123456789."):
                may[start:end] = b"\x01" * size
        elif token.kind == PLACEHOLDER:
            free[start:end] = b"\x01" * size
            # %(name)s with the event's key for a name: the driver puts a value there. Not the mark itself: another of the
            # function's values would stand there. Unless ":name" is all that the event has here, by coincidence.
            if (start, end) in runs and text[0] == ":" and (is_schemaless or own.is_constant(text)):
                may[start:end] = b"\x01" * size
            elif not taint.mask[start]:
                may[start + 1 : end] = b"\x01" * (size - 1)
        elif token.kind in (WORD, QUOTED):
            name = text if token.kind == WORD else sql[token.content : token.limit]
            is_constant = token.kind == WORD and text.lower() in CONSTANTS
            if is_constant:
                free[start:end] = b"\x01" * size
                if whole:
                    may[start:end] = b"\x01" * size
            elif (
                is_schemaless
                and (start, end) in runs
                and (naming[index] or _is_asked_about(sql, tokens, index))
            ):
                free[start:end] = may[start:end] = b"\x01" * size
            elif _is_own(name, own):
                free[start:end] = b"\x01" * size
                # The function's text alone: every table's name stands somewhere in the libraries.
                if naming[index] and (own.has_word(name) or own.is_constant(name)):
                    may[start:end] = b"\x01" * size
            elif (
                is_events
                and naming[index]
                # "{tenant}_notes" is a name of the function's, though "{table}" may be any.
                and (
                    not taint.mask[start]
                    if token.kind == WORD
                    else not taint.all(token.content, token.limit) and _is_quoted(sql, taint, token)
                )
            ):
                free[start:end] = may[start:end] = b"\x01" * size
                quoted.add(start)
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
    for start, end in filled.items():
        may[start:end] = free[start:end] = b"\x01" * (end - start)
    explained = own.explain(sql, free, taint.mask, generators=True)
    one_word = _find_single_words(sql, tokens, taint, explained.accounted, filled)
    named = {token.start: token.end for token, one in zip(tokens, naming, strict=True) if one}
    ends = {token.end for token in tokens}
    marks = _find_marks(sql, tokens)
    for start, end in taint.runs():
        is_all_marks = not sql[start:end].strip(" (),?%s") and own.is_constant(sql[start:end])
        if (
            is_all_marks
            or (start in marks and end in marks)
            or (end in ends and _is_own_name(sql, start, end, named, own, by_library=by_library))
        ):
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
            and token.start not in filled
            and token.start not in quoted
            and explained.accounted.find(0, token.start, token.end) >= 0
            and sql[token.start : token.end].lower() not in CONSTANTS
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


def _fill_closed_sets(
    sql: str, tokens: list[Token], naming: list[bool], taint: Taint, own: OwnText
) -> dict[int, int]:
    """Return the tokens of the event's from a set that the grammar closes, where the grammar has a place for one of it.

    A direction after a name by which rows are ordered; an operator that is all the event has between two operands; the
    comma between literals of IN (1, 2), and between names that are all members of the function's own collections.
    """
    significant = [token for token in tokens if token.kind not in (SPACE, COMMENT)]
    names = {token.start for token, one in zip(tokens, naming, strict=True) if one}
    runs = dict(taint.runs())
    found: dict[int, int] = {}
    clause = ""
    listed = -1
    # Whether what is ordered by here is chosen among the function's own names.
    is_chosen = False
    for number, token in enumerate(significant):
        text = sql[token.start : token.end].lower()
        before = significant[number - 1] if number else None
        after = significant[number + 1] if number + 1 < len(significant) else None
        if token.kind == WORD and text in _CLAUSES:
            clause = text
        elif token.kind in (WORD, QUOTED) and text not in _DIRECTIONS:
            is_chosen = own.is_choice(text)
        if text == "(" and before is not None and sql[before.start : before.end].lower() == "in":
            listed = _end_of_literals(sql, significant, number)
        if before is None or not taint.all(token.start, token.end):
            continue
        if token.kind == WORD and text in _DIRECTIONS:
            # One for each name.
            is_second = sql[before.start : before.end].lower() in _DIRECTIONS
            fills = clause == "by" and before.start in names and not is_second
        elif text == ",":
            # Of strings the event would have brought the quotes along.
            fills = number < listed or (
                clause in _LISTING
                and is_chosen
                and after is not None
                and own.is_choice(sql[after.start : after.end])
            )
        else:
            # Of two signs, each is a token.
            fills = found.get(before.start) == token.start and runs.get(before.start) == token.end
            fills = fills or (before.kind in (WORD, QUOTED) and _is_operator(sql, significant, number, runs))
        if fills:
            found[token.start] = token.end
    return found


def _is_quoted(sql: str, taint: Taint, token: Token) -> bool:
    """Say whether the event's part of a name stays between quotes that are not its."""
    are_own = token.kind == QUOTED and not taint.mask[token.start] and not taint.mask[token.end - 1]
    return are_own and _break_of(sql, taint, token) < 0


def _mark_texts(sql: str, tokens: list[Token], taint: Taint) -> None:
    """Make strings of the event's texts between double quotes of the function's: `WHERE dish = "soda bread"`.

    Only right operands of a condition's comparisons and what is inserted, and none that is also a name in the statement:
    `WHERE dish = "dish"`.
    """
    significant = [token for token in tokens if token.kind not in (SPACE, COMMENT)]
    texts = [sql[token.start : token.end].lower() for token in significant]
    found: list[Token] = []
    names = set(_HIDDEN_COLUMNS)
    # Of this level of parentheses, behind those of the levels around it.
    clauses = [""]
    is_list = False
    for number, token in enumerate(significant):
        before = texts[number - 1] if number else ""
        if token.kind == WORD and texts[number] in _CLAUSES:
            clauses[-1] = texts[number]
        elif texts[number] == "(":
            clauses.append(clauses[-1])
        elif texts[number] == ")" and len(clauses) > 1:
            clauses.pop()
        if before == "in" and texts[number] == "(":
            is_list = True
        elif token.kind not in (STRING, NUMBER, QUOTED, PLACEHOLDER) and texts[number] != ",":
            is_list = False
        # Behind a bare IN stands a table.
        is_listed = (is_list or clauses[-1] == _VALUES) and before in ("(", ",")
        is_operand = (_compares(before) and before != "in") or before == "||" or is_listed
        if (
            token.kind == QUOTED
            and token.quote == '"'
            and clauses[-1] in _CONDITIONS
            and is_operand
            and texts[number + 1 : number + 2] not in (["."], ["("])
            and taint.any(token.content, token.limit)
            and not taint.mask[token.start]
            and not taint.mask[token.end - 1]
        ):
            found.append(token)
        elif token.kind in (WORD, QUOTED):
            names.add(sql[token.content : token.limit].lower() if token.kind == QUOTED else texts[number])
    for token in found:
        text = sql[token.content : token.limit]
        # "{tenant}_notes" is a name that the function makes.
        is_made = text.isidentifier() and not taint.all(token.content, token.limit)
        if not is_made and text.lower() not in names:
            token.kind = STRING


def _fill_columns(sql: str, tokens: list[Token], taint: Taint, *, by_library: bool) -> dict[int, int]:
    """Return the names of the event's, as words or between quotes that are not, in the columns of CREATE TABLE.

    And of INSERT INTO, where a library knows the table.
    """
    significant = [token for token in tokens if token.kind not in (SPACE, COMMENT)]
    texts = [sql[token.start : token.end].lower() for token in significant]
    opened = texts.index("(") if "(" in texts else len(texts)
    found: dict[int, int] = {}
    is_insert = by_library and texts[:2] == ["insert", "into"]
    if not (is_insert or texts[:2] == ["create", "table"]) or "select" in texts:
        return found
    depth = 0
    for number in range(opened, len(texts)):
        token = significant[number]
        depth += (texts[number] == "(") - (texts[number] == ")")
        if depth == 0:
            break
        if depth > 1 or texts[number - 1] not in ("(", ",") or token.kind not in (WORD, QUOTED):
            continue
        if token.kind == WORD or _is_quoted(sql, taint, token):
            found[token.start] = token.end
    return found


def _fill_partitions(sql: str, tokens: list[Token], taint: Taint) -> dict[int, int]:
    """Return the names in `PARTITION (year='2025', ...)`, Hive's, each of which stands before a literal."""
    significant = [token for token in tokens if token.kind not in (SPACE, COMMENT)]
    texts = [sql[token.start : token.end].lower() for token in significant]
    found: dict[int, int] = {}
    is_inside = False
    for number, (token, text) in enumerate(zip(significant, texts, strict=True)):
        is_inside = texts[max(0, number - 1) : number + 1] == ["partition", "("] or (
            is_inside and text != ")"
        )
        if (
            is_inside
            and texts[number - 1] in ("(", ",")
            and texts[number + 1 : number + 2] == ["="]
            and significant[number + 2 : number + 3]
            and significant[number + 2].kind in (STRING, NUMBER)
            and (token.kind == WORD or _is_quoted(sql, taint, token))
        ):
            found[token.start] = token.end
    return found


def _fill_settings(sql: str, tokens: list[Token]) -> dict[int, int]:
    """Return the words that are all a setting is set to, `SET search_path TO tenant_7`: there they are literals."""
    found: dict[int, int] = {}
    for token in tokens:
        since = sql.rfind(";", max(0, token.start - MAX_NAME), token.start) + 1
        if (
            token.kind == WORD
            and (since > 0 or token.start <= MAX_NAME)
            and _SET.fullmatch(sql, since, token.start)
            and _ENDS.match(sql, token.end)
        ):
            found[token.start] = token.end
    return found


def _fill_paths(sql: str, tokens: list[Token], runs: frozenset[tuple[int, int]]) -> dict[int, int]:
    """Return the parts of paths into documents that are all the event has where a name may stand."""
    found: dict[int, int] = {}
    for index, token in enumerate(tokens):
        path = _DOCUMENT_PATH.match(sql, token.start) if token.kind == WORD else None
        if path is None or path.span() not in runs:
            continue
        before = _LAST_WORD.search(sql, 0, token.start)
        after = sql[path.end() :].split(maxsplit=1)[:1]
        is_left = before is not None and not _compares(before[0].strip().lower())
        if _is_asked_about(sql, tokens, index) or (is_left and after and _compares(after[0].lower())):
            found |= {one.start: one.end for one in tokens if path.start() <= one.start < path.end()}
    return found


def _is_asked_about(sql: str, tokens: list[Token], index: int) -> bool:
    """Say whether a name is the path that a function of DynamoDB's conditions asks about: `attribute_exists(name)`."""
    before: list[str] = []
    while index > 0 and len(before) < 2:
        index -= 1
        if tokens[index].kind not in (SPACE, COMMENT):
            before.append(sql[tokens[index].start : tokens[index].end].lower())
    return len(before) == 2 and before[0] == "(" and before[1] in _PATH_FUNCTIONS


def _is_operator(sql: str, tokens: list[Token], number: int, runs: dict[int, int]) -> bool:
    """Say whether an operator begins at this token that is all the event has before an operand."""
    start = tokens[number].start
    end = runs.get(start, -1)
    if sql[start:end].lower() not in _OPERATORS:
        return False
    # At most two signs.
    after = next((one for one in tokens[number + 1 : number + 3] if one.start >= end), None)
    return after is not None and (
        after.kind in (STRING, NUMBER, PLACEHOLDER, QUOTED) or sql[after.start : after.end] in ("(", "?")
    )


def _end_of_literals(sql: str, tokens: list[Token], opened: int) -> int:
    """Return which token closes a list of literals, -1 where there is more than literals in it."""
    for number in range(opened + 1, len(tokens)):
        token = tokens[number]
        text = sql[token.start : token.end]
        if text == ")":
            return number
        if token.kind not in (NUMBER, STRING, PLACEHOLDER) and text not in (",", "-", "+"):
            return -1
    return -1


def _break_of(sql: str, taint: Taint, token: Token, own: OwnText | None = None) -> int:
    """Return where the event's part of a literal, or of a name between quotes, splits an escape, or -1."""
    return breaks_out(
        sql,
        taint,
        token.content,
        token.limit,
        quote=token.quote,
        backslashes=token.backslashes,
        doubled=token.doubled,
        own=own,
    )


def _mark_content(sql: str, taint: Taint, token: Token, may: bytearray, own: OwnText, *, whole: bool) -> None:
    broken = _break_of(sql, taint, token, own)
    start, end = (token.start, token.end) if whole else (token.content, token.limit if broken < 0 else broken)
    if start < end:
        may[start:end] = b"\x01" * (end - start)


def _is_own(name: str, own: OwnText) -> bool:
    return bool(name) and (own.has_word(name, generators=True) or own.is_constant(name, generators=True))


def _is_own_name(
    sql: str, start: int, end: int, named: dict[int, int], own: OwnText, *, by_library: bool
) -> bool:
    """Say whether the range is a name with its table ("orders.price") that the function has as a constant.

    Or that a library writes so of its words: in a list of columns, or before a comparison.
    """
    if end - start > MAX_NAME or start not in named:
        return False
    text = sql[start:end]
    if "." not in text or not text.replace(".", "a").isidentifier():
        return False
    before = _LAST_WORD.search(sql, 0, start)
    is_column = before is not None and before[0].strip().lower() in ("select", "distinct", "by", ",")
    is_left = before is not None and not _compares(before[0].strip().lower()) and _COMPARED.match(sql, end)
    by_writer = by_library and (is_column or is_left) and all(map(own.has_word, text.split(".")))
    return own.is_constant(text) or bool(by_writer)


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
        # MySQL's `title` = VALUES(`title`).
        sides = [tokens[at] for at in significant[max(0, number - 3) : number]]
        is_row = [sql[one.start : one.end].lower() for one in sides] == ["=", "values", "("]
        naming.append(clause_names or is_qualified or is_left or is_row)
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


def _is_coincidence(
    sql: str, tokens: list[Token], index: int, taint: Taint, accounted: bytearray, since: int
) -> bool:
    """Say whether a word is the function's, though the event has one like it: FROM in SELECT {x} FROM orders.

    Own text accounts for it together with what follows, or with such a word before it that begins at `since`, or it
    begins a line of an ORM's. One blank on each side does not do: in SELECT {x} {y} {z} it would be the event's.
    """
    token = tokens[index]
    if token.kind != WORD or accounted.find(0, token.start, token.end) >= 0:
        return False
    if since >= 0 and accounted.find(0, since, token.end) < 0:
        return True
    blank = tokens[index - 1] if index else None
    if blank is None or blank.kind != SPACE or taint.any(blank.start, blank.end):
        # "price DESC" of the event's brings its blank along.
        return False
    if "\n" in sql[blank.start : blank.end]:
        return True
    after = next((one for one in tokens[index + 1 : index + 3] if one.kind != SPACE), None)
    return after is not None and accounted.find(0, token.start, after.end) < 0


def _find_marks(sql: str, tokens: list[Token]) -> set[int]:
    """Return where a part of a list of parameters may begin or end that says nothing: the list is the function's.

    One mark more or less, and the driver refuses the statement, which has another number of values.
    """
    found: set[int] = set()
    run: list[Token] = []
    before = ""
    for token in [*tokens, None]:
        text = sql[token.start : token.end].lower() if token is not None else ""
        if token is not None and (token.kind in (SPACE, COMMENT) or text in _MARKS):
            run += [token] * (text in _MARKS)
            continue
        if any(one.kind == PLACEHOLDER for one in run):
            inner = run if before in ("values", "in") else run[1:-1]
            found.update(at for one in inner for at in (one.start, one.end))
        run, before = [], text
    return found


def _find_single_words(
    sql: str, tokens: list[Token], taint: Taint, accounted: bytearray, filled: dict[int, int]
) -> set[int]:
    """Return the starts of the event's words that have none of the event's structure beside them."""
    found = set()
    run: list[Token] = []
    is_apart = has_direction = False
    since = -1
    for index, token in enumerate([*tokens, None]):
        if token is not None and token.kind == SPACE:
            is_apart = not taint.any(token.start, token.end)
            continue
        if is_apart and not has_direction and token is not None and _names_nothing_more(sql, token, taint):
            if len(run) == 1:
                found.add(run[0].start)
            run = []
        is_apart = False
        if (
            token is not None
            and token.start in filled
            and sql[token.start : token.end].lower() in _DIRECTIONS
        ):
            has_direction = True
            continue
        if (
            token is not None
            and token.kind not in (STRING, NUMBER, PLACEHOLDER)
            and token.start not in filled
            and taint.any(token.start, token.end)
        ):
            if not _is_coincidence(sql, tokens, index, taint, accounted, since):
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
