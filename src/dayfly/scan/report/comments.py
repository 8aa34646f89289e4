"""The comments of a file, and nothing that only looks like one: Python, YAML, HCL, TOML and the like."""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    Comment = tuple[int, int, str, bool]

_YAML = (".yaml", ".yml", ".template")
_HCL = (".tf", ".hcl", ".tfvars")
# Files in which # begins a comment, outside quotes.
_HASH = (".toml", ".txt", ".cfg", ".ini", ".conf", ".env", ".lock")
_HASH_NAMES = ("Dockerfile", "Pipfile", "requirements.in", ".env")
_HEREDOC = re.compile(r"<<[-~]?\s*\"?(?P<word>[A-Za-z_]\w*)\"?\s*$")


def comments_of(path: str, text: str) -> Iterator[Comment]:
    """Line, column, text and whether it has its line for itself, of every comment; none where a format has none."""
    name = path.rpartition("/")[2]
    if name.endswith(".py"):
        yield from _python(text)
    elif name.endswith(_YAML):
        yield from _yaml(text)
    elif name.endswith(_HCL):
        yield from _quoted(text, marks=("#", "//", "/*"), has_heredocs=True)
    elif name.endswith(_HASH) or name in _HASH_NAMES:
        yield from _quoted(text, marks=("#",), has_heredocs=False)


def _python(text: str) -> Iterator[Comment]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                yield line, column + 1, token.string, not token.line[:column].strip()
    except (tokenize.TokenError, SyntaxError, RecursionError):
        return  # the file is named as not analysable elsewhere


def _yaml(text: str) -> Iterator[Comment]:
    """Comments are what is in no scalar: a # within a block of a script is text."""
    import yaml  # of the extra `scan`; files without an ignore comment need it not

    spans: list[tuple[int, int]] = []
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.ScalarToken):
                spans.append((token.start_mark.index, token.end_mark.index))
    except (yaml.YAMLError, RecursionError):
        return
    shift = 1 if text.startswith("\ufeff") else 0
    offset = 0
    position = 0
    for number, line in enumerate(text.split("\n"), 1):
        for match in re.finditer(r"(?:^|(?<=\s))#", line):
            at = offset + match.start() - shift
            while position < len(spans) and spans[position][1] <= at:
                position += 1
            if position == len(spans) or not spans[position][0] <= at < spans[position][1]:
                yield number, match.start() + 1, line[match.start() :], not line[: match.start()].strip()
                break
        offset += len(line) + 1


def _quoted(text: str, *, marks: tuple[str, ...], has_heredocs: bool) -> Iterator[Comment]:
    """Comments of a format with quotes, texts of several lines in three quotes, and perhaps heredocs."""
    until = ""  # what ends a text of several lines
    for number, line in enumerate(text.split("\n"), 1):
        if until and has_heredocs and until.isidentifier():
            until = "" if line.strip() == until else until
            continue
        start, until = _comment_start(line, marks, until)
        if start >= 0:
            yield number, start + 1, line[start:], not line[:start].strip()
        elif has_heredocs and not until and (match := _HEREDOC.search(line)):
            until = match["word"]


def _comment_start(line: str, marks: tuple[str, ...], until: str) -> tuple[int, str]:
    """Where a comment begins in a line (-1: nowhere), and what would end the text that the line leaves open."""
    at = 0
    while at < len(line):
        if until:
            end = line.find(until, at)
            if end < 0:
                return -1, until
            at = end + len(until)
            until = ""
            continue
        if line.startswith(('"""', "'''"), at):
            until = line[at : at + 3]
            at += 3
        elif line[at] in "\"'":
            at = _closing(line, at) + 1
        elif line.startswith(marks, at):
            return at, ""
        else:
            at += 1
    return -1, until


def _closing(line: str, at: int) -> int:
    """The index of the quote that closes the one at `at`, the line's end where none does."""
    quote = line[at]
    index = at + 1
    while index < len(line) and line[index] != quote:
        index += 2 if line[index] == "\\" and quote == '"' else 1
    return index
