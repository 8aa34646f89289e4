"""Judges Python source: the event may supply literals, never a name, an operator, a call or a line."""

from __future__ import annotations

import re
from unicodedata import normalize

from dayfly.core.structure.generated import judge_generated
from dayfly.core.structure.judgement import Judgement, Taint, Unreadable, judged, mark, refuse, unreadable
from dayfly.core.structure.literals import breaks_out
from dayfly.core.structure.pytokens import (
    COMMENT,
    CONSTANTS,
    FORMATTED,
    KEYWORDS,
    NAME,
    NEWLINE,
    NUMBER,
    OPERATOR,
    SPACE,
    STRING,
    Token,
    read_tokens,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.trusted_literals import OwnText

# A byte source in any other encoding could mean anything (utf-7, rot13): it is not read.
_READABLE_ENCODINGS = frozenset("utf-8 utf8 ascii us-ascii latin-1 latin1 iso-8859-1 iso-latin-1".split())
_CODING = re.compile(r"coding[:=][ \t]*([\w.-]*)")
_UNREAD = "an unsupported encoding"
# Keywords that begin a statement and are nothing within an expression.
_BEGINNING = frozenset(
    "assert break class continue def del except finally global nonlocal pass raise return try while "
    "with".split()
)
# Of these, those without which nothing is generated that is more than an expression.
_DEFINING = frozenset(("class", "def"))
_PAIRS = {")": "(", "]": "[", "}": "{"}


def judge_python(
    source: str | bytes,
    provenance: Provenance,
    own: OwnText,
    *,
    by_library: bool = False,
    names_fields: bool = False,
    by_template: bool = False,
    is_argument: Callable[[str, int, int], bool] | None = None,
) -> Judgement:
    """Say whether this source may be executed.

    `by_library` where a library has it executed, not the function; `names_fields` where that writes the methods of
    a class with fields (dataclasses, attrs), whose names the event may give, as it may those of a namedtuple; `by_template` where
    an engine wrote it of a template that was judged before: the event's part of that, a text, is a literal here. `is_argument` says
    of another interpreter's program, whose names nobody sees, which part of the event's only computes an argument.
    """
    is_bytes = not isinstance(source, str)
    try:
        text = _decode(bytes(source)) if not isinstance(source, str) else source
    except Exception:
        # Trust boundary: whatever these bytes are, they are not read; the mask decides whose they are.
        text = source if isinstance(source, str) else bytes(source).decode("latin-1")
        return judged("python", text, provenance, own, lambda taint: unreadable("python", taint))

    def judge(taint: Taint) -> Judgement:
        reading = Reading(text, taint, is_bytes=is_bytes)
        for start, end in taint.runs():
            if is_argument is not None and is_argument(text, start, end):
                mark(reading.may, start, end)
                mark(reading.free, start, end)
        _drop_foreign_names(text, taint, own, provenance, reading)
        explained = own.explain(text, reading.free, taint.mask)
        chosen = taint.first_outside(reading.may, explained.accounted)
        if chosen < 0 and explained.unexplained < 0:
            return Judgement("allow", "python.values", taint.first_path())
        is_text = by_template and taint.first_outside(reading.may) < 0
        generated = judge_generated(text, taint, own, reading, names_fields=names_fields)
        if is_text and generated is not None and generated.verdict == "refuse":
            return Judgement("allow", "python.template", taint.first_path())
        if generated is not None:
            return generated
        if chosen >= 0 and by_library:
            _drop_words_by_chance(text, taint, own, reading)
            chosen = taint.first_outside(reading.may, explained.accounted)
        if chosen >= 0:
            return refuse("python.structure", taint.path_at(chosen))
        return Judgement("unknown", "python.unexplained")

    return judged("python", text, provenance, own, judge)


def _decode(source: bytes) -> str:
    """Decode as PEP 263 says, for the encodings that keep ASCII what it is."""
    if source.startswith(b"\xef\xbb\xbf"):
        return source[3:].decode("utf-8")
    for line in source.replace(b"\r", b"\n").split(b"\n", 2)[:2]:
        if found := _CODING.search(line.partition(b"#")[2].decode("latin-1")):
            name = found[1].lower().replace("_", "-")
            if name not in _READABLE_ENCODINGS:
                raise Unreadable(_UNREAD)
            return source.decode("utf-8" if name.startswith("utf") else "latin-1")
    return source.decode("utf-8")


class Reading:
    """What of a source is a value (`free`: needs no own text), and what the event may have supplied (`may`)."""

    __slots__ = ("free", "may", "names", "tokens")

    def __init__(self, source: str, taint: Taint, *, is_bytes: bool) -> None:
        self.tokens = read_tokens(source)
        self.free = bytearray(len(source))
        self.may = bytearray(len(source))
        self.names: list[Token] = []
        displays = _find_displays(source, self.tokens)
        previous: Token | None = None
        open_displays: list[bool] = []
        is_value = all(_is_value_part(source, token) for token in self.tokens)
        lines = 0
        for index, token in enumerate(self.tokens):
            after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
            start, end = token.start, token.end
            text = source[start:end]
            whole = taint.all(start, end)
            in_display = bool(open_displays) and open_displays[-1]
            is_free = may_be_events = False
            if token.kind == STRING:
                is_free, may_be_events = True, whole
                quote = source[token.limit]
                broken = breaks_out(
                    source, taint, token.content, token.limit, quote=quote, backslashes=True, doubled=False
                )
                mark(self.may, token.content, token.limit if broken < 0 else broken)
            elif token.kind == NUMBER:
                # {x}5 with "0x": only digits keep a number that the function began the number it meant.
                is_free, may_be_events = True, whole or not text.strip("0123456789._")
            elif token.kind == FORMATTED:
                self._free_formatted(source, token)
            elif token.kind == NAME:
                is_free = text in CONSTANTS
                may_be_events = is_free and whole
                if not is_free and text not in KEYWORDS:
                    self.names.append(token)
            elif token.kind == COMMENT:
                # A note in the function's own comment is no structure; bytes could name an encoding in it.
                if not is_bytes or lines > 1 or "coding" not in source[start:end]:
                    mark(self.may, start + 1, end)
                mark(self.free, start + 1, end)
            elif token.kind in (SPACE, NEWLINE):
                lines += token.kind == NEWLINE
                starts_line = previous is not None and self.tokens[index - 1].kind == NEWLINE
                may_be_events = in_display or (token.kind == SPACE and not starts_line) or after is None
                is_free = may_be_events or not taint.any(start, end)
            elif index in displays:
                partner = self.tokens[displays[index]]
                is_free, may_be_events = True, whole and taint.all(partner.start, partner.end)
                if text in "([{":
                    open_displays.append(may_be_events)
                else:
                    open_displays.pop()
            elif text in (",", ":") and open_displays:
                # [{x}] with "1, 2" adds an item to a list of the function's: a separator is structure.
                is_free, may_be_events = True, in_display
            elif text == "," and is_value:
                is_free = may_be_events = True
            elif _is_sign(source, token, previous, after):
                is_free, may_be_events = True, after is not None and taint.all(start, after.end)
            if is_free:
                mark(self.free, start, end)
            if may_be_events:
                mark(self.may, start, end)
            if token.kind not in (SPACE, NEWLINE):
                previous = token

    def _free_formatted(self, source: str, token: Token) -> None:
        """The text between the fields of the function's own formatted string is a value, without braces."""
        at = token.content
        for hole, end in [*token.holes, (token.limit, token.limit)]:
            mark(self.free, at, hole)
            if not any(character in source[at:hole] for character in "{}\\"):
                mark(self.may, at, hole)
            at = end


def _is_value_part(source: str, token: Token) -> bool:
    if token.kind in (STRING, NUMBER, SPACE):
        return True
    text = source[token.start : token.end]
    return (token.kind == NAME and text in CONSTANTS) or (token.kind == OPERATOR and text in "()[]{},:+-")


def _is_operand(source: str, token: Token | None) -> bool:
    """Say whether an expression may end with this token: what opens after it is a call or a subscript."""
    if token is None:
        return False
    if token.kind == NAME:
        text = source[token.start : token.end]
        return text not in KEYWORDS or text in CONSTANTS
    return token.kind in (STRING, NUMBER, FORMATTED) or source[token.start] in ")]}"


def _is_sign(source: str, token: Token, previous: Token | None, after: Token | None) -> bool:
    """-1 after an operand is a subtraction: `10 {x}` with "-1"."""
    return (
        source[token.start : token.end] in ("+", "-")
        and after is not None
        and after.kind == NUMBER
        and not _is_operand(source, previous)
    )


def _find_displays(source: str, tokens: list[Token]) -> dict[int, int]:
    """Return the brackets of displays that hold literals alone, each with its partner, as token indexes."""
    found: dict[int, int] = {}
    stack: list[list[int]] = []  # index of the bracket, 1 while all within is literal
    previous: Token | None = None
    for index, token in enumerate(tokens):
        if token.kind in (SPACE, NEWLINE):
            continue
        text = source[token.start : token.end]
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.kind == OPERATOR and text in ("(", "[", "{"):
            stack.append([index, 0 if _is_operand(source, previous) else 1])
        elif token.kind == OPERATOR and text in _PAIRS:
            if not stack or source[tokens[stack[-1][0]].start] != _PAIRS[text]:
                raise Unreadable("an unmatched bracket")
            opened, is_literal = stack.pop()
            if is_literal:
                found[index] = opened
                found[opened] = index
            elif stack:
                stack[-1][1] = 0
        elif stack and not (
            token.kind in (STRING, NUMBER)
            or (token.kind == NAME and text in CONSTANTS)
            or text == ","
            or (text == ":" and source[tokens[stack[-1][0]].start] == "{")
            or (token.kind == OPERATOR and _is_sign(source, token, previous, after))
        ):
            stack[-1][1] = 0
        previous = token
    if stack:
        raise Unreadable("an unmatched bracket")
    return found


def _drop_foreign_names(
    source: str, taint: Taint, own: OwnText, provenance: Provenance, reading: Reading
) -> None:
    """A column called `größe` is no more than one called `size`: a word of a longer value is there by chance.

    Such a word is only looked for since other letters are rarer. Nothing has such a name but what the function or its code gave it;
    Python reads a name in its normal form, by which `ｏｓ` is `os`.
    """
    runs = [(start, end) for start, end in taint.runs() if not source[start:end].isascii()]
    if not runs:
        return
    names = iter(sorted((token.start, token.end) for token in reading.names))
    first, last = -1, -1
    for start, end in runs:
        while last < end:
            first, last = next(names, (len(source), len(source) + 1))
        if not first <= start:
            continue
        name = source[first:last]
        normal = normalize("NFKC", name)
        if not (
            normal.isascii()
            or normal.startswith("__")
            or own.has_word(name)
            or own.has_word(normal)
            or provenance.is_leaf(source[start:end])
        ):
            taint.drop(start, end)


def _drop_words_by_chance(source: str, taint: Taint, own: OwnText, reading: Reading) -> None:
    """A customer called `return`, or the key of a formula called `sin`, is no part of what a library generates.

    One whole word, with nothing of the event's beside it: a keyword that begins a statement, which takes all that
    follows from the library, or a name of the function's own. Only in a text that defines something: an expression
    is the function's, in the library's notation, and f"{event['do']}({event['with']})" has sympy call what the event names.
    """
    beginning = [
        token
        for token in reading.tokens
        if token.kind == NAME and source[token.start : token.end] in _BEGINNING
    ]
    if not any(source[token.start : token.end] in _DEFINING for token in beginning):
        return
    names = {token.start: token.end for token in [*reading.names, *beginning]}
    runs = taint.runs()
    for start, end in runs:
        word = source[start:end]
        if names.get(start) == end and (
            word in _BEGINNING or (own.has_word(word) and not word.startswith("__"))
        ):
            taint.drop(start, end)
