"""Looks an own SQL rule over before it may run: it reads the fleet's tables and nothing else of the machine.

ClickHouse's `readonly` does not keep a query from files and addresses of the server: `file()`, `url()`, `remote()` and
their like would read with the service's rights. So a rule may name the fleet's tables, its own WITH parts and a few
functions that make rows, and no function that reaches outside: not even its name, since functions take functions
(`APPLY file`, `arrayMap(file, …)`). What cannot be told is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dayfly.fleet.detections.rules import RuleError
from dayfly.fleet.store.sqlfiles import SqlFile

# What lines became, and what is kept of detecting; not what people decided or how they sign in.
READABLE = frozenset(
    [
        "invocations",
        "environments",
        "packages",
        "findings",
        "behaviours",
        "platform",
        "api_calls",
        "quarantine",
        "batches",
        "detections",
        "failures",
        "callers",
        "patterns",
        "routes",
        "lives",
        "starts",
        "residues",
    ]
)
# Not values(): its text of columns may hold expressions, as `x String ALIAS file(…)`.
_ROWS = frozenset(("numbers", "zeros", "generate_series", "generateseries"))
# Functions that read files, dictionaries, settings or other servers, wait, or tell of the machine.
_OUTSIDE = re.compile(
    r"file|filesystem\w*|url\w*cluster|url|s3\w*|gcs|hdfs\w*|azureblobstorage\w*|remote\w*|cluster\w*|mysql|postgresql|mongodb|"
    r"redis|sqlite|odbc|jdbc|hudi\w*|iceberg\w*|deltalake\w*|paimon\w*|executable|input|merge\w*tree\w*|merge|view|viewifpermitted|"
    r"dictionary|dictget\w*|dicthas|dictisin|dictgethierarchy|dictgetchildren|joinget\w*|getsetting\w*|getserversetting|getmacro|"
    r"sleep\w*|hostname|fqdn|tcpport|serveruuid|version|currentuser|user|currentprofiles|displayname|getoskernelversion|"
    r"showcertificate|catboostevaluate|evalmlmethod|loop|python|arrowflight|ytsaurus|prometheusquery\w*|timeseries\w*|"
    r"addresstoline\w*|addresstosymbol|demangle|buildid|zookeepersessionuptime|servertimezone|fuzzjson|fuzzquery|generaterandom|"
    r"bigquery|cosn|oss|eval|viewexplain|hascolumnintable|reversednsquery|ai(?:classify|embed|extract|filter|generate|redact|similarity|translate)\w*|"
    r"regionto\w+|regionin|regionhierarchy|getserverport|getmergetreesetting|getclienthttpheader|getmaxtablename\w*|generateserialid|"
    r"globalvariable|logtrace|uptime|database|schema|current_?(?:database|schemas|user|roles|profiles|handler|requesturl|query_?id)|"
    r"(?:default|enabled)(?:roles|profiles)|session_user|pg_\w+|naivebayes\w*|structureto\w+|__\w+",
    re.IGNORECASE,
)
# `in(x, table)` and its kin read a table that stands among values.
_IN = re.compile(r"(?:global)?(?:not)?(?:null)?in(?:ignoreset)?", re.IGNORECASE)
# Columns of the fleet's, and words of SQL, that are called as such a function is.
_ALSO_NAMES = frozenset(("version", "null"))
# Words after which IN is no operator, since nothing stands before it.
_NO_OPERAND = frozenset(
    [
        "select",
        "distinct",
        "where",
        "prewhere",
        "and",
        "or",
        "xor",
        "not",
        "global",
        "having",
        "qualify",
        "on",
        "using",
        "when",
        "then",
        "else",
        "by",
        "case",
        "if",
        "as",
        "between",
        "like",
        "ilike",
        "interval",
        "with",
        "limit",
        "offset",
        "in",
        "div",
        "mod",
        "is",
        "from",
        "join",
        "union",
        "all",
        "except",
        "intersect",
    ]
)
_FORBIDDEN = frozenset(
    [
        "settings",
        "into",
        "outfile",
        "format",
        "insert",
        "create",
        "alter",
        "drop",
        "truncate",
        "attach",
        "detach",
        "rename",
        "system",
        "grant",
        "revoke",
        "kill",
        "set",
        "use",
        "optimize",
        "explain",
        "describe",
        "show",
        "exchange",
        "backup",
        "restore",
    ]
)
_CLAUSE_ENDS = frozenset(
    [
        "where",
        "prewhere",
        "group",
        "order",
        "having",
        "limit",
        "union",
        "except",
        "intersect",
        "window",
        "qualify",
        "settings",
        "format",
        "using",
    ]
)
_TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*|\#![^\n]*|\#\s[^\n]*|/\*.*?\*/)|(?P<string>'(?:[^'\\]|\\.|'')*')|(?P<heredoc>\$\w*\$)|"
    r"(?P<quoted>`(?:[^`\\]|\\.|``)*`|\"(?:[^\"\\]|\\.|\"\")*\")|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<number>\d\w*(?:\.\w*)?)|(?P<other>.)",
    re.DOTALL,
)


# From which token on a name of WITH may be read.
_Names = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int

    @property
    def name(self) -> str:
        """The identifier that it is, or the character; keywords in small letters."""
        if self.kind == "quoted":
            return self.text[1:-1]
        return self.text

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


def check_own(file: SqlFile) -> None:
    """Raise RuleError, with the line, where an own rule's SQL may reach more than the fleet's tables."""
    tokens = list(_tokens(file))
    names = _with_names(tokens)
    # For each open bracket, whether a comma in it stands between tables.
    in_tables: list[bool] = [False]
    tables_opened: set[int] = set()

    def check_target(position: int) -> None:
        if _check_target(file, tokens, position, names):
            tables_opened.add(position)

    for position, token in enumerate(tokens):
        following = tokens[position + 1] if position + 1 < len(tokens) else None
        before = tokens[position - 1] if position else None
        if token.kind == "heredoc":
            raise _error(file, token, "it contains a $heredoc$", "write strings in quotes")
        if token.kind == "other":
            if token.text in "([{":
                in_tables.append(
                    position in tables_opened
                    and not (following is not None and following.is_word("select", "with", "from"))
                )
                if in_tables[-1]:
                    check_target(position + 1)
            elif token.text in ")]}":
                if len(in_tables) == 1:
                    raise _error(
                        file, token, "there is a closing bracket without an opening one", "fix the brackets"
                    )
                in_tables.pop()
            elif token.text == "," and in_tables[-1]:
                check_target(position + 1)
            elif token.text == ";" and following is not None:
                raise _error(file, token, "there is text after the statement", "a rule is one SELECT")
            elif (
                not token.text.isascii() or token.text in "@\0" or (token.text == "|" and _is(following, ">"))
            ):
                # ClickHouse takes other alphabets' quotation marks for quotes.
                raise _error(file, token, f"{token.text!a} is not allowed outside of a string", "remove it")
            continue
        if token.kind not in ("word", "quoted"):
            continue
        word = token.text.lower() if token.kind == "word" else ""
        is_member = _is(before, ".")
        is_alias = before is not None and before.is_word("as")
        if word in _FORBIDDEN and not is_member and not _is_name_of_something(before, following):
            raise _error(file, token, f"{token.text.upper()} is not allowed", "a rule can only read")
        if token.name.lower() in ("system", "information_schema") and _is(following, "."):
            raise _error(
                file, token, f"{token.name}. is another database", "use the table name without a database"
            )
        if _is_outside(token.name) and not is_member and not is_alias and not _is_column(token, following):
            raise _error(
                file,
                token,
                f"{token.name}() is not allowed",
                "rules can only read the fleet's tables; if it is a column, rename it",
            )
        if _IN.fullmatch(token.name) and not (is_member or is_alias):
            if not (word == "in" and _has_operand(tokens, position)):
                raise _error(file, token, f"{token.name} needs a value before it", "write x IN (…)")
            if _is(following, "("):
                _check_list(file, tokens, position + 1, names)
            elif following is not None and following.kind in ("word", "quoted"):
                check_target(position + 1)
        elif word in ("from", "join") and not is_member and not is_alias:
            is_array = word == "join" and _is_array_join(tokens, position)
            in_tables[-1] = not is_array
            if not is_array:
                check_target(position + 1)
        elif word in ("select", "sample") and in_tables[-1] and not is_member and not is_alias:
            raise _error(file, token, f"{token.text.upper()} stands after FROM", "write SELECT … FROM …")
        elif word == "using" and _is(following, "("):
            continue
        elif word in _CLAUSE_ENDS and not is_member and not is_alias:
            in_tables[-1] = False
    if len(in_tables) != 1:
        raise _error(
            file, tokens[-1], "there is an opening bracket without a closing one", "fix the brackets"
        )


def _is(token: _Token | None, text: str) -> bool:
    return token is not None and token.kind == "other" and token.text == text


def _is_array_join(tokens: list[_Token], position: int) -> bool:
    if position < 2 or not tokens[position - 1].is_word("array"):
        return False
    earlier = tokens[position - 2]
    return not (earlier.is_word("as") or _is(earlier, "."))


def _is_column(token: _Token, following: _Token | None) -> bool:
    return token.name.lower() in _ALSO_NAMES and not _is(following, "(")


def _has_operand(tokens: list[_Token], position: int) -> bool:
    """Say whether IN has something before it to look for: then it is the operator."""
    before = position - 1
    while before >= 0 and tokens[before].is_word("not", "global"):
        before -= 1
    if before < 0:
        return False
    token = tokens[before]
    if token.kind == "word":
        return token.text.lower() not in _NO_OPERAND or _is(tokens[before - 1] if before else None, ".")
    return token.kind in ("string", "number", "quoted") or token.text in (")", "]", "}")


def _check_list(file: SqlFile, tokens: list[_Token], opening: int, names: _Names) -> None:
    """Check brackets after IN: a name that stands in them alone is a table's, in any number of brackets."""
    position = opening
    while position + 1 < len(tokens) and tokens[position].text == "(":
        position += 1
    following = tokens[position + 1] if position + 1 < len(tokens) else None
    if tokens[position].kind in ("word", "quoted") and (_is(following, ")") or _is(following, ".")):
        _check_target(file, tokens, position, names)


def _is_outside(name: str) -> bool:
    return _OUTSIDE.fullmatch(name) is not None


def _is_name_of_something(before: _Token | None, following: _Token | None) -> bool:
    """Say whether a word that is a keyword elsewhere is a column, an alias or a function here."""
    if following is not None and following.text == "(" and before is not None and not before.is_word("into"):
        # format(…), replace(…): functions.
        return not _starts_statement(before)
    if following is not None and following.text in (",", ")", "=", "."):
        return (before is not None and before.text in (",", "(", ".")) or (
            before is not None and before.is_word("as", "select", "by")
        )
    return before is not None and before.is_word("as")


def _starts_statement(before: _Token) -> bool:
    return before.text in (")", ";") or before.kind in ("string", "number", "quoted")


def _check_target(file: SqlFile, tokens: list[_Token], position: int, names: _Names) -> bool:
    """Check what stands where a table is read; say whether it is a bracket, whose inside is still to be checked."""
    if position >= len(tokens):
        raise _error(file, tokens[-1], "a table name is missing at the end", "use one of the fleet's tables")
    token = tokens[position]
    if token.text == "{":
        raise _error(file, token, "a parameter cannot replace a table name", "use one of the fleet's tables")
    if token.text == "(":
        return True
    if token.kind in ("string", "number"):
        raise _error(file, token, "a string cannot replace a table name", "use one of the fleet's tables")
    following = tokens[position + 1] if position + 1 < len(tokens) else None
    if token.kind not in ("word", "quoted"):
        raise _error(file, token, f"{token.text} is not a table name", "use one of the fleet's tables")
    name = token.name
    if following is not None and following.text == "(":
        if tokens[position - 1].is_word("in") and not _is_outside(name):
            # IN f(x): an expression.
            return False
        if name.lower() in _ROWS:
            return False
        raise _error(
            file, token, f"reading from {name}() is not allowed", "rules can only read the fleet's tables"
        )
    if following is not None and following.text == ".":
        raise _error(file, token, f"{name}. is another database", "use the table name without a database")
    if name not in READABLE and names.get(name, position) >= position:
        raise _error(
            file,
            token,
            f"rules cannot read the table {name}",
            f"use one of {', '.join(sorted(READABLE))}",
        )
    return False


def _with_names(tokens: list[_Token]) -> _Names:
    """Return the names that the statement's own WITH gives to queries, and from which token on each may be read.

    Inside of itself such a name is still a table's, and one of an inner WITH is known to the inner query alone.
    """
    names: dict[str, int] = {}
    opened: list[str] = []
    is_with = bool(tokens) and tokens[0].is_word("with")
    for position, token in enumerate(tokens):
        if token.kind == "other" and token.text in "([{":
            name = ""
            # name AS (…) or name AS MATERIALIZED (…)
            named_by = position - 2 if tokens[position - 1].is_word("materialized") else position - 1
            if is_with and not opened and named_by >= 1 and tokens[named_by].is_word("as"):
                named = tokens[named_by - 1]
                name = named.name if named.kind in ("word", "quoted") else ""
            opened.append(name)
        elif token.kind == "other" and token.text in ")]}" and opened:
            name = opened.pop()
            if name and name not in names:
                names[name] = position
        elif not opened and token.is_word("select"):
            break
    return names


def _tokens(file: SqlFile) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(file.text):
        kind, text = match.lastgroup or "", match[0]
        if kind != "space":
            if kind == "other" and text in "'\"`":
                raise _error(file, _Token(kind, text, line), "a quote is not closed", "close it")
            if kind == "quoted" and ("\\" in text or text[0] in text[1:-1]):
                raise _error(
                    file, _Token(kind, text, line), "a name contains an escape", "write names without escapes"
                )
            yield _Token(kind, text, line)
        line += text.count("\n")


def _error(file: SqlFile, token: _Token, message: str, hint: str) -> RuleError:
    return RuleError(f"rule {file.name}.sql, line {token.line}: {message}", hint=hint)
