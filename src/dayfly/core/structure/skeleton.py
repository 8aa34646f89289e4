"""Writes a statement, a command or code as its structure alone: grammar tokens, with one mark for whatever value stands there."""

from __future__ import annotations

import re
from _blake2 import blake2s

from dayfly.core.structure import pytokens, shellwords, sqltokens
from dayfly.core.structure.inert import is_inert
from dayfly.core.structure.judgement import MAX_TEXT, Unreadable, mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.core.structure.judgement import Span
    from dayfly.core.structure.trusted_literals import OwnText

# A value, whatever it is, and any number of them side by side.
_VALUE = "?"
# Behind these words a minus is a number's sign.
_BEFORE_OPERANDS = frozenset(
    "and between by else in like limit not offset or return select set then values when where".split()
)
# Between the columns by which rows are ordered or grouped: which ones they are says no more than a value does.
_COLUMNS = frozenset((_VALUE, ",", "."))
_FEW_BLANKS = 64
# What cannot be read has a structure of its own: where statements always could be read, it is a new one.
_UNREADABLE = "unreadable"
# Rows of values: `(?), (?)` says no more than `(?)`.
_ROWS = ("(", _VALUE, ")", ",", "(", _VALUE, ")")
_ROW = 4
# Without the commas, what sets one attribute after the other, which says no more than what sets one.
_ATTRIBUTES = (_VALUE, "=", _VALUE, "=", _VALUE)
# The words of expressions of DynamoDB's, beside what is called; all others are attributes.
_WORDS_OF_EXPRESSIONS = frozenset(("add", "and", "between", "delete", "in", "not", "or", "remove", "set"))
# Python that only computes a value has one structure, whatever it computes.
_INERT = "inert"
# What in a template's tag does more than show a value: a filter with arguments, a call, a subscript, an inner name.
_TEXT = re.compile(r"'(?:[^'\\]|\\.){0,400}'|\"(?:[^\"\\]|\\.){0,400}\"")
_BLANKS = re.compile(r"\s+")
_ACTIVE = re.compile(
    r"\|\s*(\w+)\s*\(|(?<=[\w)\]])\s*(\()|(\[)|\b(_)|\{%[-+~\s]{0,8}(call|do|extends|import|include|print|set)\b"
)


class Skeleton:
    """`tokens` are the structure; `free` marks the characters of `text` that are values, and blanks.

    `has_parameters` says that it is a statement with a parameter in each value's place.
    """

    __slots__ = ("free", "has_parameters", "text", "tokens")

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        self.free = bytearray(len(text))
        self.has_parameters = False

    def value(self, start: int, end: int) -> None:
        self.pass_over(start, end)
        if self.tokens[-2:] == [_VALUE, ","]:
            self.tokens.pop()
        elif self.tokens[-1:] != [_VALUE]:
            self.tokens.append(_VALUE)

    def pass_over(self, start: int, end: int) -> None:
        mark(self.free, start, end)

    def hash(self) -> str:
        """Return 16 hexadecimal digits that stand for the structure and hold nothing of the text."""
        data = "\0".join(self.tokens).encode("utf-8", "surrogatepass")
        return blake2s(data, digest_size=8).hexdigest()

    def is_own(self, own: OwnText, spans: Sequence[Span]) -> bool:
        """Say whether whole pieces of the function's own text make up all of the structure that is not the event's (`spans`).

        Words that the code merely has somewhere do not do: of those anybody makes a clause. What libraries have that write
        statements does where no value is written out: they send parameters. Of their signs and words anybody makes a command.
        """
        free = bytearray(self.free)
        for span in spans:
            mark(free, span.start, span.end)
        nobodys = bytearray(len(self.text))
        return own.explain(self.text, free, nobodys, generators=self.has_parameters).unexplained < 0


def read_skeleton(sink: str, text: str, *, dialect: str = "") -> Skeleton:
    """Return the skeleton of what a sink is given: `sql`, `shell`, `python`, the tags of a `template`, or `argv` with its words joined by null characters.

    The dialect of `sql` may be `sqltokens.EXPRESSION`.
    """
    readers = {"shell": _read_shell, "argv": _read_argv, "python": _read_python, "template": _read_template}
    try:
        if len(text) > MAX_TEXT:
            raise Unreadable("too long")
        return readers[sink](text) if sink in readers else _read_sql(text, dialect)
    except Unreadable:
        skeleton = Skeleton(text)
        skeleton.tokens.append(_UNREADABLE)
        return skeleton


def _read_sql(sql: str, dialect: str) -> Skeleton:
    if dialect == sqltokens.EXPRESSION:
        return _read_expression(sql)
    tokens = None
    for one in (dialect,) if dialect in sqltokens.DIALECTS else sqltokens.DIALECTS:
        try:
            tokens = sqltokens.read_tokens(sql, one)
            break
        except Unreadable:
            continue
    if tokens is None:
        raise Unreadable("no dialect")
    skeleton = Skeleton(sql)
    skeleton.has_parameters = True
    found = skeleton.tokens
    sign = 0
    # Where a list of columns begins by which rows are ordered, as long as nothing else stands in it.
    columns = 0
    for token in tokens:
        start, end = token.start, token.end
        text = token.text
        if found[-1:] == ["by"] and found[-2:-1] in (["order"], ["group"]):
            columns = len(found)
        elif columns and not _COLUMNS.issuperset(found[columns:]):
            columns = 0
        if token.kind == sqltokens.SPACE:
            skeleton.pass_over(start, end)
        elif token.kind == sqltokens.COMMENT:
            # In MySQL some of them are code. What is in the others varies: a trace's id.
            is_code = text.startswith(("/*!", "/*+", "/*m"))
            found.append(text if is_code else text[:2])
            if not is_code:
                skeleton.pass_over(start + 2, end)
        elif (
            token.kind in (sqltokens.STRING, sqltokens.NUMBER, sqltokens.PLACEHOLDER)
            or text in sqltokens.CONSTANTS
        ):
            if token.kind == sqltokens.NUMBER and found[-1:] in (["-"], ["+"]) and _is_sign(found[-2:-1]):
                found.pop()
                skeleton.pass_over(sign, start)
            skeleton.has_parameters &= token.kind not in (sqltokens.STRING, sqltokens.NUMBER)
            skeleton.value(start, end)
        elif columns and found[-1] in ("by", ",", ".") and _is_column(sql, token):
            if found[-1] == ".":
                found.pop()
            skeleton.value(start, end)
        elif columns and found[-1] == _VALUE and text in ("asc", "desc"):
            skeleton.pass_over(start, end)
        else:
            sign = start
            found.append(text)
            if tuple(found[-len(_ROWS) :]) == _ROWS:
                del found[-_ROW:]
    return skeleton


def _is_column(sql: str, token: sqltokens.Token) -> bool:
    is_name = token.kind in (sqltokens.WORD, sqltokens.QUOTED)
    return is_name and not sql[token.end : token.end + _FEW_BLANKS].lstrip().startswith("(")


def _read_expression(text: str) -> Skeleton:
    """`#name` is put in as `:value` is, and a path of attributes, `a.b[0]`, is a name."""
    skeleton = Skeleton(text)
    found = skeleton.tokens
    tokens = [
        one for one in sqltokens.read_tokens(text.replace("#", ":"), "partiql") if one.kind != sqltokens.SPACE
    ]
    for number, token in enumerate(tokens):
        word = text[token.start : token.end].lower()
        behind = text[tokens[number + 1].start] if number + 1 < len(tokens) else ""
        if (token.kind == sqltokens.WORD and (behind == "(" or word in _WORDS_OF_EXPRESSIONS)) or (
            token.kind in (sqltokens.OPERATOR, sqltokens.COMMENT) and word not in (".", "[", "]")
        ):
            found.append(word)
        else:
            skeleton.value(token.start, token.end)
            if tuple(found[-len(_ATTRIBUTES) :]) == _ATTRIBUTES:
                del found[-2:]
    return skeleton


def _is_sign(before: list[str]) -> bool:
    """Say whether what stands between this and a number is its sign."""
    if not before or before[0] in _BEFORE_OPERANDS:
        return True
    return before[0] not in (")", "]", _VALUE) and not before[0][-1:].isalnum()


def _read_shell(command: str) -> Skeleton:
    reading = shellwords.read_shell(command)
    skeleton = Skeleton(command)
    for at, kind in enumerate(reading.kinds):
        skeleton.free[at] = kind != shellwords.ACTIVE or _is_said(command, reading.kinds, at)
    starts = {word.start: word for words in reading.commands for word in words}
    at = 0
    while at < len(command):
        word = starts.get(at)
        if word is None:
            if reading.kinds[at] == shellwords.ACTIVE:
                skeleton.tokens.append(command[at])
            at += 1
            continue
        computed = "".join(
            command[one]
            for one in range(at, word.end)
            if reading.kinds[one] == shellwords.ACTIVE and not _is_said(command, reading.kinds, one)
        )
        _add_word(skeleton, word.text(), word.origin, is_program=word.is_command)
        if computed:
            skeleton.tokens.append(computed)
        at = max(word.end, at + 1)
    return skeleton


def _is_said(command: str, kinds: bytearray, at: int) -> bool:
    """Say whether an exclamation mark is one of a text, `"done!"`: history is expanded only where somebody types."""
    is_behind_text = at > 0 and kinds[at - 1] in (shellwords.PLAIN, shellwords.QUOTED)
    return command[at] == "!" and (
        is_behind_text or kinds[at + 1 : at + 2] not in (b"", bytes((shellwords.BLANK,)))
    )


def _read_argv(text: str) -> Skeleton:
    skeleton = Skeleton(text)
    words = text.split("\0")
    at = 0
    for number, word in enumerate(words):
        end = at + len(word)
        is_script = (
            number > 1 and words[number - 1] == "-c" and words[0].rpartition("/")[2] in shellwords.SHELLS
        )
        inner = _read_shell(word) if is_script else None
        if inner is not None:
            skeleton.tokens += inner.tokens
            skeleton.free[at:end] = inner.free
        else:
            skeleton.pass_over(at, end)
            _add_word(skeleton, word, range(at, end), is_program=number == 0)
        skeleton.pass_over(end, end + (end < len(text)))
        at = end + 1
    return skeleton


def _add_word(skeleton: Skeleton, word: str, origin: Sequence[int], *, is_program: bool) -> None:
    """A program and an option are structure, up to the option's value; operands are values."""
    name, equals, _ = word.partition("=")
    if is_program:
        kept = name + equals if equals and name.isidentifier() else word
    elif word.startswith("-") and not word.lstrip("-+.0123456789eE").strip() and word.strip("-"):
        kept = ""
    else:
        kept = name + equals if word.startswith("-") else ""
    for at in origin[: len(kept)]:
        skeleton.free[at] = 0
    if kept:
        skeleton.tokens.append(kept.rpartition("/")[2] if is_program and not equals else kept)
    elif skeleton.tokens[-1:] != [_VALUE]:
        skeleton.tokens.append(_VALUE)


def _read_template(tags: str) -> Skeleton:
    """What tags can do, however many they are: staff changes templates every day."""
    skeleton = Skeleton(tags)
    for blank in _BLANKS.finditer(tags):
        skeleton.pass_over(*blank.span())
    texts = _TEXT.sub(lambda text: "'_'" if text[0][1:2] == "_" else "''", tags)
    words = {next(filter(None, one.groups())) for one in _ACTIVE.finditer(texts)}
    skeleton.tokens += ["tag", *sorted(words)] if tags else []
    return skeleton


def _read_python(source: str) -> Skeleton:
    skeleton = Skeleton(source)
    if is_inert(source):
        skeleton.tokens.append(_INERT)
        skeleton.pass_over(0, len(source))
        return skeleton
    for token in pytokens.read_tokens(source):
        text = source[token.start : token.end]
        if token.kind in (pytokens.STRING, pytokens.NUMBER):
            skeleton.value(token.start, token.end)
        elif token.kind == pytokens.FORMATTED:
            skeleton.tokens += [source[start:end] for start, end in token.holes]
            skeleton.value(token.start, token.end)
        elif token.kind in (pytokens.SPACE, pytokens.COMMENT):
            skeleton.pass_over(token.start, token.end)
        elif token.kind == pytokens.NEWLINE:
            skeleton.tokens.append("\n")
            skeleton.pass_over(token.start, token.end)
        else:
            skeleton.tokens.append(text)
    return skeleton
