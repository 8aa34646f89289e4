"""Finds where in a statement the grammar has a place for what an event may choose: a name, a direction, an operator, a list."""

from __future__ import annotations

import re

from dayfly.core.structure.literals import breaks_out
from dayfly.core.structure.sqltokens import (
    COMMENT,
    NUMBER,
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
    from collections.abc import Iterator

    from dayfly.core.structure.judgement import Taint
    from dayfly.core.structure.trusted_literals import OwnText

# The clause in which a word stands says what the word is: after these, a name ...
_NAMING = frozenset("select from join into update by returning table distinct as".split())
# ... after these, an operand: WHERE user_id = {x} with "user_id" would be true for everyone.
_COMPARING = frozenset(("where", "having", "on", "set", "values", "limit", "offset", "when", "then", "else"))
CLAUSES = _NAMING | _COMPARING
# Where several names stand side by side.
_LISTING = frozenset(("select", "by", "returning", "distinct"))
COMPARISONS = frozenset(("is", "in", "like", "ilike", "between", "not", "glob", "regexp", "similar"))
# What says no more than which end comes first.
DIRECTIONS = frozenset(("asc", "desc"))
# Operators that compare two operands, of which functions have a map: {"lt": "<", "like": "LIKE"}.
_OPERATORS = frozenset("= < > <= >= <> != == like ilike glob regexp in is".split())
# The word or sign before a place.
LAST_WORD = re.compile(r"(?:\w+|[^\w\s])\s*\Z")
_COMPARISON_SIGNS = frozenset("=<>!~@")
# In these clauses SQLite takes what stands between double quotes for a text, where it is no column's name; and names of columns
# that no table declares.
_VALUES = "values"
_CONDITIONS = frozenset(("where", "having", "on", _VALUES))
_NAME = re.compile(r"[\w$]*")
_HIDDEN_COLUMNS = frozenset(("rowid", "oid", "_rowid_", "rank"))
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
_PATH_FUNCTIONS = frozenset(
    "attribute_exists attribute_not_exists attribute_type begins_with contains size".split()
)
# Of SQLite: what columns and indexes a table has.
_SHOWN = re.compile(r"pragma (?:\S+ \. )?(?:table_x?info|index_x?info|index_list|foreign_key_list) \(")
# Longest name with its table and schema; servers end names at 64 to 128 characters.
MAX_NAME = 256
# "address.street", "lines[0].sku"; one name alone is told apart where words are.
_DOCUMENT_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])+")
# Not what sets it back to what it was.
_SET = re.compile(r"set (?:(?:session|local) )?\w+(?: \. \w+)* (?:=|to) (?!(?:default|none|local)\Z)\w+")
_MANY_WORDS = 16
# What is done to a table so that it can be read as it is, and its name: none shows rows or changes any.
_UPKEEP = re.compile(
    r"(?:msck repair table|(?:analyze|optimize)(?: table)?|vacuum(?: full| analyze)?|"
    r"refresh (?:table|materialized view)(?: concurrently)?|"
    r"alter table(?= \S+(?: \. \S+)* add (?:if not exists )?partition \()) (?=(\S+(?: \. \S+)*))"
)
_LOCATION = re.compile("location", re.IGNORECASE)


class Statement:
    """A statement as a dialect reads it, and what of it is the event's; raises Unreadable where the dialect has none.

    `significant` are the tokens without blanks and comments, `names` where tokens begin and end where a name is meant, `asked`
    where paths begin that a function of DynamoDB's conditions asks about: `attribute_exists(name)`.
    """

    __slots__ = ("asked", "clauses", "names", "own", "significant", "sql", "taint", "texts", "tokens")

    def __init__(self, sql: str, dialect: str, taint: Taint, own: OwnText) -> None:
        self.sql = sql
        self.taint = taint
        self.own = own
        self.tokens = read_tokens(sql, dialect)
        self.significant = [token for token in self.tokens if token.kind not in (SPACE, COMMENT)]
        self.texts = [token.text for token in self.significant]
        # In which clause each of them stands.
        self.clauses = [*self._read_clauses()]
        if dialect == "sqlite" and '"' in sql:
            self._mark_texts()
        self.names: dict[int, int] = {}
        self.asked: set[int] = set()
        self._find_names()

    def is_events(self, token: Token) -> bool:
        return self.taint.any(token.start, token.end)

    def break_of(self, token: Token, own: OwnText | None = None) -> int:
        """Return where the event's part of a literal, or of a name between quotes, splits an escape, or -1."""
        return breaks_out(
            self.sql,
            self.taint,
            token.content,
            token.limit,
            quote=token.quote,
            backslashes=token.backslashes,
            doubled=token.doubled,
            own=own,
        )

    def is_quoted(self, token: Token) -> bool:
        """Say whether the event's part of a name stays between quotes that are not its."""
        mask = self.taint.mask
        are_own = token.kind == QUOTED and not mask[token.start] and not mask[token.end - 1]
        return are_own and self.break_of(token) < 0

    def name_of(self, token: Token) -> str:
        start, end = (token.content, token.limit) if token.kind == QUOTED else (token.start, token.end)
        return self.sql[start:end]

    def _read_clauses(self) -> Iterator[str]:
        # Of this level of parentheses, behind those of the levels around it.
        clauses = [""]
        for token in self.significant:
            if token.kind == WORD and token.text in CLAUSES:
                clauses[-1] = token.text
            elif token.text == "(":
                clauses.append(clauses[-1])
            elif token.text == ")" and len(clauses) > 1:
                clauses.pop()
            yield clauses[-1]

    def _mark_texts(self) -> None:
        """Make strings of the event's texts between double quotes of the function's: `WHERE dish = "soda bread"`.

        Only right operands of a condition's comparisons, what is inserted, and what a column is set to and no column is called
        (`SET note = "it's back"`); and none that is also a name in the statement: `WHERE dish = "dish"`.
        """
        texts, mask = self.texts, self.taint.mask
        found: list[Token] = []
        names = set(_HIDDEN_COLUMNS)
        is_list = False
        for number, (token, clause) in enumerate(zip(self.significant, self.clauses, strict=True)):
            before = texts[number - 1] if number else ""
            if before == "in" and token.text == "(":
                is_list = True
            elif token.kind not in (STRING, NUMBER, QUOTED, PLACEHOLDER) and token.text != ",":
                is_list = False
            # Behind a bare IN stands a table.
            is_listed = (is_list or clause == _VALUES) and before in ("(", ",")
            is_operand = (compares(before) and before != "in") or before == "||" or is_listed
            if (
                token.kind == QUOTED
                and token.quote == '"'
                and (
                    clause in _CONDITIONS
                    or (clause == "set" and not _NAME.fullmatch(self.sql, token.content, token.limit))
                )
                and is_operand
                and texts[number + 1 : number + 2] not in (["."], ["("])
                and self.taint.any(token.content, token.limit)
                and not mask[token.start]
                and not mask[token.end - 1]
            ):
                found.append(token)
            elif token.kind in (WORD, QUOTED):
                names.add(self.name_of(token).lower())
        for token in found:
            text = self.name_of(token)
            # "{tenant}_notes" is a name that the function makes.
            is_made = text.isidentifier() and not self.taint.all(token.content, token.limit)
            if not is_made and text.lower() not in names:
                token.kind = STRING

    def _find_names(self) -> None:
        texts = [*self.texts, ""]
        clause_names = False
        before = ""
        shown = _SHOWN.match(" ".join(self.texts[:_MANY_WORDS]))
        is_shown = shown is not None and ";" not in self.texts[:-1]
        for number, token in enumerate(self.significant):
            if token.kind == WORD and token.text in CLAUSES:
                clause_names = token.text in _NAMING
            after = texts[number + 1]
            is_left = compares(after) and not compares(before)
            # MySQL's `title` = VALUES(`title`).
            is_row = before == "(" and texts[max(0, number - 3) : number - 1] == ["=", "values"]
            if clause_names or "." in (before, after) or is_left or is_row or (is_shown and before == "("):
                self.names[token.start] = token.end
            if before == "(" and number > 1 and texts[number - 2] in _PATH_FUNCTIONS:
                self.asked.add(token.start)
            before = token.text


def find_places(statement: Statement, *, is_schemaless: bool, by_library: bool) -> dict[int, int]:
    """Return the event's tokens, by where they begin and end, that fill a place which the grammar has for one of them."""
    found = [*_fill_columns(statement, by_library=by_library), *_fill_partitions(statement)]
    found += _fill_upkeep(statement)
    found += _fill_paths(statement) if is_schemaless else _fill_settings(statement)
    return _fill_closed_sets(statement) | {token.start: token.end for token in found}


def _fill_closed_sets(statement: Statement) -> dict[int, int]:
    """Return the tokens of the event's from a set that the grammar closes, where the grammar has a place for one of it.

    A direction after a name by which rows are ordered, and the comma between two such; an operator that is all the event has
    between two operands; the comma between literals of IN (1, 2), and between names that are all members of the function's own
    collections.
    """
    significant, taint, own = statement.significant, statement.taint, statement.own
    runs = dict(taint.runs())
    found: dict[int, int] = {}
    listed = -1
    # Whether what is ordered by here is chosen among the function's own names.
    is_chosen = False
    # Whether a part of the event's begins with a name: of those by which rows are ordered each might stand there alone.
    begins_name = False
    for number, (token, clause) in enumerate(zip(significant, statement.clauses, strict=True)):
        text = token.text
        before = significant[number - 1] if number else None
        after = significant[number + 1] if number + 1 < len(significant) else None
        if token.kind in (WORD, QUOTED) and text not in DIRECTIONS and text not in CLAUSES:
            is_chosen = own.is_choice(text)
        if not taint.any(token.start - 1, token.start):
            begins_name = token.kind == WORD and text not in DIRECTIONS
        if text == "(" and before is not None and before.text == "in":
            listed = _end_of_literals(significant, number)
        if before is None or not taint.all(token.start, token.end):
            continue
        if token.kind == WORD and text in DIRECTIONS:
            # One for each name.
            fills = clause == "by" and before.start in statement.names and before.text not in DIRECTIONS
        elif text == ",":
            # Of strings the event would have brought the quotes along.
            fills = number < listed or (
                clause in _LISTING
                and after is not None
                and (
                    own.is_choice(after.text)
                    if is_chosen
                    else clause == "by" and begins_name and before.kind == after.kind == WORD
                )
            )
        else:
            # Of two signs, each is a token.
            fills = found.get(before.start) == token.start and runs.get(before.start) == token.end
            fills = fills or (before.kind in (WORD, QUOTED) and _is_operator(statement, number, runs))
        if fills:
            found[token.start] = token.end
    return found


def _fill_columns(statement: Statement, *, by_library: bool) -> Iterator[Token]:
    """Yield the names of the event's, as words or between quotes that are not, in the columns of CREATE TABLE.

    And of INSERT INTO, where a library knows the table.
    """
    texts = statement.texts
    is_insert = by_library and texts[:2] == ["insert", "into"]
    if not (is_insert or texts[:2] == ["create", "table"]) or "select" in texts or "(" not in texts:
        return
    depth = 0
    for number in range(texts.index("("), len(texts)):
        token = statement.significant[number]
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            break
        if (
            depth == 1
            and texts[number - 1] in ("(", ",")
            and (token.kind == WORD or statement.is_quoted(token))
        ):
            yield token


def _fill_partitions(statement: Statement) -> Iterator[Token]:
    """Yield the names in `PARTITION (year='2025', ...)`, Hive's, each of which stands before a literal."""
    significant, texts = statement.significant, statement.texts
    is_inside = False
    if texts[:1] not in (["alter"], ["insert"]):
        return
    for number, token in enumerate(significant):
        is_inside = texts[max(0, number - 1) : number + 1] == ["partition", "("] or (
            is_inside and token.text != ")"
        )
        if (
            is_inside
            and texts[number - 1] in ("(", ",")
            and texts[number + 1 : number + 2] == ["="]
            and significant[number + 2 : number + 3]
            and significant[number + 2].kind in (STRING, NUMBER)
            and (token.kind == WORD or statement.is_quoted(token))
        ):
            yield token


def _fill_upkeep(statement: Statement) -> list[Token]:
    """Return the name of the table in a statement that only maintains it: `MSCK REPAIR TABLE {x}`."""
    named = _UPKEEP.match(" ".join(statement.texts[:_MANY_WORDS]))
    if named is None or ";" in statement.texts[:-1]:
        return []
    begin = named[0].count(" ")
    table = statement.significant[begin : begin + named[1].count(" ") + 1]
    behind = table[-1].end
    # Where its files lie is the function's. With more of the event's behind it, "INTO" is no name.
    location = _LOCATION.search(statement.sql, behind)
    taint = statement.taint
    if taint.any(behind, behind + 1) or (location and taint.any(location.start(), len(statement.sql))):
        return []
    are_names = all(
        (token.kind == WORD and token.text not in CLAUSES) or token.text == "." or statement.is_quoted(token)
        for token in table
    )
    return table if are_names else []


def _fill_settings(statement: Statement) -> Iterator[Token]:
    """Yield the words that are all a setting is set to, `SET search_path TO tenant_7`: there they are literals."""
    texts = statement.texts
    begin = 0
    for end in [*(at for at, text in enumerate(texts) if text == ";"), len(texts)]:
        is_short = begin < end <= begin + _MANY_WORDS
        last = statement.significant[end - 1] if is_short else None
        if last is not None and last.kind == WORD and _SET.fullmatch(" ".join(texts[begin:end])):
            yield last
        begin = end + 1


def _fill_paths(statement: Statement) -> Iterator[Token]:
    """Yield the parts of paths into documents that are all the event has where a name may stand."""
    sql, tokens = statement.sql, statement.tokens
    runs = frozenset(statement.taint.runs())
    for index, token in enumerate(tokens):
        path = _DOCUMENT_PATH.match(sql, token.start) if token.kind == WORD else None
        if path is None or path.span() not in runs:
            continue
        before = LAST_WORD.search(sql, max(0, token.start - MAX_NAME), token.start)
        after = sql[path.end() : path.end() + MAX_NAME].split(maxsplit=1)[:1]
        is_left = before is None or not compares(before[0].strip().lower())
        if token.start in statement.asked or (is_left and after and compares(after[0].lower())):
            parts = tokens[index : index + path.end() - path.start()]
            yield from (one for one in parts if one.start < path.end())


def _is_operator(statement: Statement, number: int, runs: dict[int, int]) -> bool:
    """Say whether an operator begins at this token that is all the event has before an operand."""
    significant = statement.significant
    start = significant[number].start
    end = runs.get(start, start)
    if statement.sql[start:end].lower() not in _OPERATORS:
        return False
    # At most two signs.
    after = next((one for one in significant[number + 1 : number + 3] if one.start >= end), None)
    return after is not None and (
        after.kind in (STRING, NUMBER, PLACEHOLDER, QUOTED) or after.text in ("(", "?", "-")
    )


def _end_of_literals(significant: list[Token], opened: int) -> int:
    """Return which token closes a list of literals, -1 where there is more than literals in it."""
    for number in range(opened + 1, len(significant)):
        token = significant[number]
        if token.text == ")":
            return number
        if token.kind not in (NUMBER, STRING, PLACEHOLDER) and token.text not in (",", "-", "+"):
            return -1
    return -1


def compares(text: str) -> bool:
    return text in COMPARISONS or (text != "" and text[0] in _COMPARISON_SIGNS)
