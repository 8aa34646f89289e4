"""Has statements, expressions and filters of databases judged; loaded when one is about to be sent."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dayfly.core.decodings import pairs, unquote
from dayfly.core.structure.judgement import Taint
from dayfly.core.structure.path import MAX_NAME
from dayfly.core.structure.query import judge_query
from dayfly.core.structure.quotes import leaves_sql_quotes
from dayfly.core.structure.sql import judge_sql
from dayfly.core.structure.sqltokens import EXPRESSION
from dayfly.runtime.guard.places import text_of
from dayfly.runtime.guard.sinks import (
    COMPARES,
    MANY_READ,
    STATEMENT,
    about_path,
    about_pattern,
    ask_shape,
    brought,
    caller_of,
    is_address,
    refuse_left,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    from dayfly.runtime.guard.guarding import Guard

_BEGINNING = re.compile(
    r"select |insert into \S+ |update \S+ set \S+ ?=|delete from \S+ where |merge into |with \w+ as ?\("
)
_COMPARED = re.compile(r"(?:[=<>(,]|\blike|\bin) ?['\"%(]*\Z")
# What stands before a text in a filter of OData's, Drive's, Jira's, a search engine's; not in "He said 'yes'".
_FILTERED = re.compile(
    r"(?:[=~<>(]|\w:|\([\w./]+,|\b(?:eq|ne|gt|ge|lt|le|contains|like|in|is|startswith)) ?\Z", re.IGNORECASE
)
# With its quotes doubled or escaped.
_LITERAL = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*\"""", re.S)
_FEW_BEHIND = 40
# Files that a statement opens by their names: ATTACH of SQLite's and DuckDB's, and DuckDB's tables that are files.
_FILE_IN_SQL = re.compile(
    r"\b(?:attach\s+(?:database\s+)?|(?:read_[a-z_]+|(?:parquet|sqlite)_scan)\s*\(\s*)'((?:[^']|'')*)'",
    re.IGNORECASE,
)
# The key of a program, and that of one in `$function`: https://www.mongodb.com/docs/manual/reference/operator/query/where/
_SCRIPTS = ("$where", "body")
# Of one filter.
_MANY_OPERANDS = 10_000
# Of the function's text that begins a statement, so that it is no library's: "SELECT * FROM ", not "INSERT INTO ".
_LEAST_BEGINNING = 14
# Parts of the event's in a text that may be a statement.
_MANY_PARTS = 20


def about_sql(guard: Guard, sql: object, dialect: str, frame: FrameType) -> None:
    """A statement that is about to be sent."""
    if (type(sql) is str and not guard.own.is_constant(sql)) or type(sql) is bytes:
        text = text_of(sql) or ""
        caller = caller_of(frame)
        # psycopg's Connection.execute sends the function's text by psycopg's own cursor, SQLAlchemy's text() by any.
        by_library = (
            caller is not None
            and guard.is_installed(caller)
            and guard.own.piece_at(text, len(text) - len(text.lstrip())) < _LEAST_BEGINNING
        )
        judgement = judge_sql(sql, guard.provenance, guard.written, dialect=dialect, by_library=by_library)
        guard.act_on(judgement, sql, frame)
        # What a library writes may go on otherwise where the function's own text stops: LIKE '%' || ?.
        if judgement.verdict != "refuse" and not by_library:
            refuse_left(guard, "sql.quotes", text, leaves_sql_quotes(text, dialect, guard.own), frame)
        for found in _FILE_IN_SQL.finditer(text):
            name = found[1].replace("''", "'").removeprefix("file:")
            if guard.contributed(name) and not is_address(guard, name):
                about_path(guard, name, frame)
                about_pattern(guard, name, frame)
        ask_shape(guard, "sql", sql, frame, judgement, dialect=dialect)


def about_fields(guard: Guard, text: str, frame: FrameType) -> None:
    """Fields of a form, one of which may be a statement."""
    for field in text.split("&"):
        about_statement(guard, unquote(field.partition("=")[2].replace("+", " ")), frame)


def about_statement(guard: Guard, text: str, frame: FrameType) -> None:
    """A text that is sent to somebody who may read it as a statement: what the function begins it with is more than a sentence.

    "Select the best answer from the list: ..." is for a model. Of which dialect nobody knows: it is refused where one with backslashes and one without would be.
    """
    begins = STATEMENT.match(text)
    spans = guard.contributed(text)[:_MANY_PARTS] if begins is not None else ()
    if begins is None or not spans or spans[0].start < begins.end():
        return
    if not any(_is_of_statement(text[: span.start]) for span in spans):
        return
    judgements = [
        judge_sql(text, guard.provenance, guard.written, dialect=dialect) for dialect in ("", "mysql")
    ]
    if all(one.verdict == "refuse" for one in judgements):
        guard.act_on(judgements[0], text, frame)


def _is_of_statement(head: str) -> bool:
    """Say whether a text begins with more of a statement than a sentence has, and goes on with a value."""
    words = " ".join(head[:MANY_READ].lower().split())
    found = _BEGINNING.match(words)
    if found is None:
        return False
    if found[0] != "select ":
        return found[0][:6] != "insert" or " values" in words
    return (
        0 < words.find(" from ") < words.rfind(" where ")
        and _COMPARED.search(words[-_FEW_BEHIND:]) is not None
    )


def about_expression(guard: Guard, text: str, frame: FrameType) -> None:
    """An expression of DynamoDB's that is about to be sent."""
    if not guard.own.is_constant(text):
        # `#name` is put in as `:value` is.
        named = text.replace("#", ":")
        judgement = judge_sql(named, guard.provenance, guard.written, dialect="partiql", is_schemaless=True)
        guard.act_on(judgement, named, frame)
        ask_shape(guard, "sql", text, frame, judgement, dialect=EXPRESSION)


def about_operators(guard: Guard, documents: list[object], frame: FrameType) -> None:
    """Filters, updates and stages of MongoDB's, DynamoDB's older conditions: what begins with "$", or says how one compares, is an operator.

    One that the function has not is the event's.
    """
    for _ in range(_MANY_OPERANDS):
        if not documents:
            return
        one = documents.pop()
        if isinstance(one, Mapping):
            for name, value in one.items():
                is_operator = type(name) is str and (name[:1] == "$" or name == COMPARES)
                if is_operator and (path := brought(guard, name)):
                    guard.refuse("sql.structure", frame, path=path, text=name)
                if name in _SCRIPTS and type(value) is str and not guard.own.is_constant(value):
                    # JavaScript, whose literals and names are those of JMESPath, too.
                    guard.act_on(
                        judge_query(value, guard.provenance, guard.own, language="jmespath"), value, frame
                    )
                documents.append(value)
        elif isinstance(one, (list, tuple)):
            documents += one


def about_filters(guard: Guard, query: str, frame: FrameType) -> None:
    """A parameter that is an expression of OData's, of Drive's, of a search engine's: the event ends no text that the function begins."""
    for _name, value in pairs(query.partition("#")[0], "&"):
        text = unquote(value.replace("+", " "))
        spans = guard.contributed(text)
        mask = Taint(text, spans).mask
        for span in spans:
            # An event may have what the function says before it.
            start = span.start + guard.own.piece_at(text, span.start)
            if not start or _FILTERED.search(text, max(0, start - MAX_NAME), start - 1) is None:
                continue
            literal = _LITERAL.match(text, start - 1)
            if literal is not None and mask[literal.end() - 1] and literal[0][0] in text[spans[-1].end :]:
                guard.refuse("query.structure", frame, path=span.path, text=text)
                return
