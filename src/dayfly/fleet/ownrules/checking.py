"""Looks an own SQL rule over before it may run: it reads the fleet's tables and nothing else of the machine.

ClickHouse's `readonly` does not keep a query from files and addresses of the server: `file()`, `url()`, `remote()` and
their like would read with the service's rights. So a rule may name the fleet's tables, its own WITH parts and a few
functions that make rows, and no function that reaches outside. What cannot be told is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
_ROWS = frozenset(("numbers", "zeros", "generate_series", "generateseries", "values"))
# Functions that read files, dictionaries, settings or other servers, wait, or tell of the machine.
_OUTSIDE = re.compile(
    r"file|filesystem\w*|url\w*cluster|url|s3\w*|gcs|hdfs\w*|azureblobstorage\w*|remote\w*|cluster\w*|mysql|postgresql|mongodb|"
    r"redis|sqlite|odbc|jdbc|hudi\w*|iceberg\w*|deltalake\w*|paimon\w*|executable|input|merge\w*tree\w*|merge|view|viewifpermitted|"
    r"dictionary|dictget\w*|dicthas|dictisin|dictgethierarchy|dictgetchildren|joinget\w*|getsetting\w*|getserversetting|getmacro|"
    r"sleep\w*|hostname|fqdn|tcpport|serveruuid|version|currentuser|user|currentprofiles|displayname|getoskernelversion|"
    r"showcertificate|catboostevaluate|evalmlmethod|loop|python|arrowflight|ytsaurus|prometheusquery\w*|timeseries\w*|"
    r"addresstoline\w*|addresstosymbol|demangle|buildid|zookeepersessionuptime|serverTimezone|fuzzjson|fuzzquery|generaterandom|null",
    re.IGNORECASE,
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
        "on",
        "using",
        "select",
        "array",
        "offset",
        "fetch",
    ]
)
_TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*|\#![^\n]*|\#\s[^\n]*|/\*.*?\*/)|(?P<string>'(?:[^'\\]|\\.|'')*')|(?P<heredoc>\$\w*\$)|"
    r"(?P<quoted>`(?:[^`\\]|\\.|``)*`|\"(?:[^\"\\]|\\.|\"\")*\")|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<number>\d\w*(?:\.\w*)?)|(?P<other>.)",
    re.DOTALL,
)


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
    depth_of_from: list[bool] = [False]
    for position, token in enumerate(tokens):
        following = tokens[position + 1] if position + 1 < len(tokens) else None
        before = tokens[position - 1] if position else None
        if token.kind == "heredoc":
            raise _error(file, token, "it has a $heredoc$", "write texts in quotes")
        if token.kind == "other":
            if token.text in "([{":
                depth_of_from.append(False)
            elif token.text in ")]}":
                if len(depth_of_from) == 1:
                    raise _error(file, token, "a bracket is closed that was not opened", "mend the brackets")
                depth_of_from.pop()
            elif token.text == "," and depth_of_from[-1]:
                _check_target(file, tokens, position + 1, names)
            elif token.text == ";" and following is not None:
                raise _error(file, token, "something comes after the statement", "a rule is one SELECT")
            continue
        if token.kind not in ("word", "quoted"):
            continue
        word = token.text.lower() if token.kind == "word" else ""
        is_member = before is not None and before.text == "."
        if word in _FORBIDDEN and not is_member and not _is_name_of_something(before, following):
            raise _error(file, token, f"{token.text.upper()} is not allowed", "a rule only reads")
        if word in ("from", "join") and not is_member:
            depth_of_from[-1] = True
            _check_target(file, tokens, position + 1, names)
        elif word in _CLAUSE_ENDS:
            depth_of_from[-1] = False
        elif word == "in" and following is not None and following.kind in ("word", "quoted"):
            _check_target(file, tokens, position + 1, names)
        elif following is not None and following.text == "(" and _is_outside(token.name):
            raise _error(
                file,
                token,
                f"{token.name}() may not be used",
                "a rule reads the fleet's tables and nothing else",
            )
    if len(depth_of_from) != 1:
        raise _error(file, tokens[-1], "a bracket is not closed", "mend the brackets")


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


def _check_target(file: SqlFile, tokens: list[_Token], position: int, names: frozenset[str]) -> None:
    """Check what stands where a table is read."""
    if position >= len(tokens):
        raise _error(
            file, tokens[-1], "it ends where a table should be named", "name one of the fleet's tables"
        )
    token = tokens[position]
    if token.text in ("(", "{", "["):
        if token.text == "{":
            raise _error(
                file, token, "a parameter stands where a table should", "name one of the fleet's tables"
            )
        return
    if token.kind in ("string", "number"):
        if tokens[position - 1].is_word("in"):
            return
        raise _error(file, token, "a text stands where a table should", "name one of the fleet's tables")
    following = tokens[position + 1] if position + 1 < len(tokens) else None
    if token.kind not in ("word", "quoted"):
        raise _error(
            file, token, f"{token.text} stands where a table should", "name one of the fleet's tables"
        )
    name = token.name
    if following is not None and following.text == "(":
        if tokens[position - 1].is_word("in") and not _is_outside(name):
            # IN f(x): an expression.
            return
        if name.lower() in _ROWS:
            return
        raise _error(
            file, token, f"{name}() may not be read from", "a rule reads the fleet's tables and nothing else"
        )
    if following is not None and following.text == ".":
        raise _error(file, token, f"{name}. names another database", "write a table's name alone")
    if name not in READABLE and name not in names:
        raise _error(
            file,
            token,
            f"there is no table {name} that a rule may read",
            f"there are {', '.join(sorted(READABLE))}",
        )


def _with_names(tokens: list[_Token]) -> frozenset[str]:
    """Return the names that WITH gives to queries: `name AS (`."""
    return frozenset(
        token.name
        for token, middle, opening in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if token.kind in ("word", "quoted") and middle.is_word("as") and opening.text == "("
    )


def _tokens(file: SqlFile) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(file.text):
        kind, text = match.lastgroup or "", match[0]
        if kind != "space":
            if kind == "other" and text in "'\"`":
                raise _error(file, _Token(kind, text, line), "a quote is not closed", "close it")
            yield _Token(kind, text, line)
        line += text.count("\n")


def _error(file: SqlFile, token: _Token, message: str, hint: str) -> RuleError:
    return RuleError(f"rule {file.name}.sql, line {token.line}: {message}", hint=hint)
