"""The function's own text: its string constants, and how much of a text they explain."""

from __future__ import annotations

import re
from opcode import opmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import CodeType

    Texts = Iterable[str] | Callable[[], Iterable[str]]

# Constants longer than this are data (an embedded image, a word list), never the text of a template.
MAX_CONSTANT = 256 * 1024
# Steps that one explanation may take for each character of the text, and for the text as a whole: a text
# made of the beginnings of many constants must not hold up the function.
STEPS_PER_CHARACTER = 16
STEPS = 200_000
# Comparing a piece costs about one step for so many characters.
CHARACTERS_PER_STEP = 64
# Pieces are found by their first characters: by eight, since hundreds begin with the same three ("SEL").
KEY_LENGTHS = (1, 2, 3, 8)
# By a piece's own length, up to the longest.
_KEY_LENGTH = tuple(
    max((key for key in KEY_LENGTHS if key <= size), default=0) for size in range(KEY_LENGTHS[-1])
)
# A piece tells a coincidence if so many of its characters are not the event's, and at least so large a share.
MIN_OWN = 3
MAX_EVENT_SHARE = 5
# White space is explained without a piece; pieces that begin with an indentation would all share a key.
MAX_INDENTATION = 2

# Holes of the templates that Python knows: %-formatting, str.format and string.Template. `{{`, `%%` and
# `$$` are not holes: they leave a character behind, handled in `_pieces_of`.
_HOLES = (
    ("%", re.compile(r"%%|%(?:\([^()]{0,64}\))?[#0\- +]{0,5}(?:\*|\d{0,5})(?:\.(?:\*|\d{0,5}))?[a-zA-Z]")),
    ("{", re.compile(r"\{\{|\}\}|\{[^{}]{0,128}\}")),
    ("$", re.compile(r"\$\$|\$\w{1,64}|\$\{\w{1,64}\}")),
)
# Parameters that have names are sent under other ones: `:name` as `?` or `%(name)s`.
# The colon first, which is looked for in C.
_PARAMETER = re.compile(r":(?<![:\w\\]:)[A-Za-z_]\w{0,64}(?![:\w])")
_WORD = re.compile(r"\w+")
# A piece up to its last quote, which stands behind a word or a comparison, and what follows that.
_OPENING = re.compile(r"(.*[\w=<>:][\s(]{0,8}['\"])([^'\"]*)\Z", re.S)
# A member of a collection that an event may name as a whole. Not the signs of which structure is made, which escapers collect.
_CHOICE = re.compile(r"(?!-)(?!.*\.\.)(?=.*\w)[^'\"`;\\\n\r\0$(){}<>|&]{1,256}")
# The same for ASCII, in a hundredth of the time: a blank for what stands in no word.
_IN_WORDS = bytes(
    number if chr(number).isalnum() or number == ord("_") else ord(" ") for number in range(128)
)
_IN_WORDS = _IN_WORDS.ljust(256)


class Explanation:
    """How own text explains a text: the first character it does not, and those it accounts for.

    `accounted` marks characters within a whole piece of own text that goes beyond the event's part:
    there the event's part is a coincidence (a key "id" and a column "id").
    """

    __slots__ = ("accounted", "unexplained")

    def __init__(self, unexplained: int, accounted: bytearray) -> None:
        self.unexplained = unexplained
        self.accounted = accounted


class _Tier:
    """String constants, as whole pieces between holes, and as words."""

    __slots__ = ("_openings", "_texts", "buckets", "constants", "ready", "templates", "words")

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self.ready = False
        self.constants: set[str] = set()
        self.buckets: dict[str, list[str]] = {}
        # Pieces with a quote behind a word or a comparison: up to their last one, and behind it.
        self._openings: tuple[tuple[str, str], ...] | None = None
        self.templates: list[list[str]] = []
        self.words: set[str] = set()

    def load(self) -> _Tier:
        """Read the texts on the first question; most invocations never ask one."""
        if self.ready:
            return self
        texts = set(self._texts() if callable(self._texts) else self._texts)
        constants = {text for text in texts if text and len(text) <= MAX_CONSTANT}
        templates: list[list[str]] = []
        # Most are names: one piece and one word each, which spares them what follows.
        pieces = {text for text in constants if text.isascii() and text.isidentifier()}
        words = set(pieces)
        others = constants - pieces
        for text in others:
            _add(pieces, text)
            for mark, pattern in _HOLES:
                if mark in text:
                    parts = _pieces_of(text, pattern)
                    if len(parts) > 1:
                        templates.append(parts)
                    for part in parts:
                        _add(pieces, part)
            if ":" in text:
                for part in _PARAMETER.split(text):
                    _add(pieces, part)
        buckets: dict[str, list[str]] = {}
        for piece in pieces:
            key = piece[: _KEY_LENGTH[len(piece)] if len(piece) < len(_KEY_LENGTH) else KEY_LENGTHS[-1]]
            bucket = buckets.get(key)
            if bucket is None:
                buckets[key] = [piece]
            else:
                bucket.append(piece)
        # A line break is in no word.
        plain = "\n".join(text for text in others if text.isascii()).encode("ascii")
        words.update(plain.translate(_IN_WORDS).decode("ascii").split())
        words.update(_WORD.findall("\n".join(text for text in others if not text.isascii())))
        # `unit_price` is a word, and so are its parts, of which generators make names (`l_0_price`).
        for word in [word for word in words if "_" in word]:
            words.update(word.split("_"))
        words.discard("")
        # Last: another thread may ask meanwhile, and what raises here comes again.
        self.constants, self.templates, self.buckets, self.words = constants, templates, buckets, words
        self.ready = True
        return self

    def openings(self) -> tuple[tuple[str, str], ...]:
        """Return them, found at the first question: libraries' two megabytes are asked for none."""
        if self._openings is None:
            pieces = (piece for bucket in self.load().buckets.values() for piece in bucket)
            found = (_OPENING.match(piece) for piece in pieces if "'" in piece or '"' in piece)
            self._openings = tuple((one[1], one[2]) for one in found if one is not None)
        return self._openings


def _add(pieces: set[str], text: str) -> None:
    if not text:
        return
    stripped = text.strip()
    if len(text) - len(text.lstrip()) <= MAX_INDENTATION:
        pieces.add(text)
    if stripped:
        pieces.add(stripped)
    if "\n" in text:
        # What textwrap.dedent, a strip of each line or a generator's own indentation leaves of it.
        pieces.update(line for line in map(str.strip, text.split("\n")) if line)


def _pieces_of(text: str, pattern: re.Pattern[str]) -> list[str]:
    """Split a template at its holes; doubled marks become the one character they stand for."""
    pieces = []
    piece = ""
    position = 0
    for match in pattern.finditer(text):
        piece += text[position : match.start()]
        position = match.end()
        if match.group() in ("%%", "{{", "}}", "$$"):
            piece += match.group()[0]
        else:
            pieces.append(piece)
            piece = ""
    pieces.append(piece + text[position:])
    return pieces


class OwnText:
    """What the function's own code says, asked lazily.

    `constants` are the string constants of the function's package (see `texts_of`), and whatever else is
    the deployer's: its templates, its environment variables. `generators` are those of the library that is
    about to execute the text (namedtuple, dataclasses, attrs, jinja2, an ORM), and of the standard library.
    Either is an iterable or a callable that gives one, called at most once. `choices` are the texts that the function
    looks values up in, and those that it compares them with (see `choices_of`): a value that equals one is the function's.
    `names` are constants that are no more than names in its code.
    """

    __slots__ = ("_choices", "_function", "_generators", "_names")

    def __init__(
        self,
        constants: Texts = (),
        generators: Texts = (),
        choices: Iterable[str] = (),
        names: frozenset[str] = frozenset(),
    ) -> None:
        self._function = _Tier(constants)
        self._generators = _Tier(generators)
        self._choices = frozenset(text.lower() for text in choices if _CHOICE.fullmatch(text))
        self._names = names

    def with_constants(self, constants: Texts) -> OwnText:
        made = OwnText(constants)
        made._generators, made._choices, made._names = self._generators, self._choices, self._names
        return made

    def with_generators(self, generators: Texts) -> OwnText:
        made = OwnText((), generators)
        made._function, made._choices, made._names = self._function, self._choices, self._names
        return made

    def is_choice(self, text: str) -> bool:
        """Say whether a value is one of those among which the function chooses, in whatever case."""
        return text.lower() in self._choices

    @property
    def has_read_generators(self) -> bool:
        return self._generators.ready

    def is_constant(self, text: str, *, generators: bool = False) -> bool:
        return text in self._function.load().constants or (
            generators and text in self._generators.load().constants
        )

    def is_string(self, text: str) -> bool:
        """Say whether this very text is a string of the function's: `text.find(...)` is none for a program `find`."""
        return self.is_constant(text) and text not in self._names

    def has_word(self, word: str, *, generators: bool = False) -> bool:
        """Say whether this whole word stands in the function's text."""
        return word in self._function.load().words or (generators and word in self._generators.load().words)

    def covers(self, text: str) -> bool:
        """Say whether this very text, or a template with holes that matches it, is in the code.

        A match says nothing about what stands in the holes.
        """
        return any(
            text in tier.constants or any(_matches(template, text) for template in tier.templates)
            for tier in (self._function.load(), self._generators.load())
        )

    def piece_at(self, text: str, at: int) -> int:
        """Return the length of the longest whole piece of the function's text that stands in `text` from `at`."""
        buckets = self._function.load().buckets
        longest = 0
        for length in KEY_LENGTHS:
            for piece in buckets.get(text[at : at + length], ()):
                if len(piece) > longest and text.startswith(piece, at):
                    longest = len(piece)
        return longest

    def openings_in(self, text: str, least: int) -> set[int]:
        """Return where in `text` a value may begin that the function's text puts behind a quote, at `least` so many characters."""
        found: set[int] = set()
        for head, tail in self._function.openings():
            at = text.find(head) if len(head) >= least else -1
            while at >= 0:
                if text.startswith(tail, at + len(head)):
                    found.add(at + len(head))
                at = text.find(head, at + 1)
        return found

    def explain(
        self, text: str, free: bytearray, event: bytearray, *, generators: bool = False
    ) -> Explanation:
        """Lay whole pieces of own text end to end over `text`; `free` characters need none.

        Whole pieces only: an attacker may well find every name he needs *somewhere* in the code, but not a
        constant that begins in what the function wrote and ends in what he wrote.
        """
        size = len(text)
        buckets = [self._function.load().buckets]
        if generators:
            buckets.append(self._generators.load().buckets)
        buckets = [bucket for bucket in buckets if bucket]
        passable = bytearray(free)
        reached = bytearray(size + 1)
        reached[0] = 1
        furthest = 0
        unexplained = -1
        steps = STEPS + STEPS_PER_CHARACTER * size
        edges: list[tuple[int, int]] = []
        for at in range(size):
            if not reached[at]:
                continue  # within a piece
            if passable[at]:
                reached[at + 1] = 1
                furthest = max(furthest, at + 1)
            for bucket in buckets:
                for length in KEY_LENGTHS:
                    if at + length > size:
                        break
                    for piece in bucket.get(text[at : at + length], ()):
                        steps -= 1 + len(piece) // CHARACTERS_PER_STEP
                        if text.startswith(piece, at):
                            end = at + len(piece)
                            reached[end] = 1
                            furthest = max(furthest, end)
                            edges.append((at, end))
                    if steps < 0:
                        return Explanation(at, bytearray(size))
            if furthest == at:
                # Nothing leads on: step over one character as over a hole, and remember it.
                passable[at] = reached[at + 1] = 1
                furthest = at + 1
                if unexplained < 0:
                    unexplained = at
        return Explanation(unexplained, _account(text, passable, edges, event))

    def coincidences(self, text: str, event: bytearray, *, generators: bool = False) -> bytearray:
        """Mark the pieces that go beyond the event's part, where any character may be a hole."""
        return self.explain(text, bytearray(b"\x01" * len(text)), event, generators=generators).accounted


def _matches(template: list[str], text: str) -> bool:
    """Say whether the template's pieces stand in `text` in order, the first at its start, the last at its end."""
    first, last = template[0], template[-1]
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    position, limit = len(first), len(text) - len(last)
    for piece in template[1:-1]:
        found = text.find(piece, position, limit)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def _account(text: str, passable: bytearray, edges: list[tuple[int, int]], event: bytearray) -> bytearray:
    """Mark what lies in a piece from which the end can be reached and that the event's part does not fill."""
    size = len(text)
    if event.find(1) < 0:
        return bytearray(size)
    own_before = [0] * (size + 1)  # characters, but for blanks, that are not the event's
    for at in range(size):
        own_before[at + 1] = own_before[at] + (not event[at] and not text[at].isspace())
    leads = bytearray(size + 1)
    leads[size] = 1
    steps = [0] * (size + 1)
    rest = len(edges) - 1
    for at in range(size - 1, -1, -1):
        if passable[at] and leads[at + 1]:
            leads[at] = 1
        while rest >= 0 and edges[rest][0] == at:
            end = edges[rest][1]
            rest -= 1
            if not leads[end]:
                continue
            leads[at] = 1
            if event.find(1, at, end) < 0 or event.find(0, at, end) < 0:
                continue
            if _goes_beyond(text[at:end], own_before[end] - own_before[at], begins_own=not event[at]):
                steps[at] += 1
                steps[end] -= 1
    accounted = bytearray(size)
    depth = 0
    for at in range(size):
        depth += steps[at]
        if depth:
            accounted[at] = 1
    return accounted


def _goes_beyond(piece: str, own: int, *, begins_own: bool) -> bool:
    """Say whether enough of a piece is not the event's: in two megabytes of constants stand "... " and "(1, 2)"."""
    if own >= MIN_OWN:
        return own * MAX_EVENT_SHARE >= len(piece)
    # A word between blanks (" AND ") that prose in the event has as well.
    word = piece.strip()
    if word.isalpha():
        return len(word) < len(piece)
    # " ORDER BY ", of which the event has "order", or all but the blank before it: words alone, between blanks.
    is_clause = piece[0].isspace() and piece[-1].isspace() and all(map(str.isalpha, word.split()))
    if is_clause:
        return own > 0 or (begins_own and " " in word)
    # " AND name LIKE ?", of which the event has neither end.
    return own > 0 and begins_own and piece[0].isspace() and " " in word


def texts_of(code: CodeType, names: set[str] | None = None) -> list[str]:
    """Return the string constants of a code object and of all the code within it, and the names; those into `names`, if given."""
    found: list[str] = []
    for one in _codes(code):
        if names is not None:
            names.update(one.co_names, one.co_varnames)
        else:
            found += one.co_names
            found += one.co_varnames
        for value in _flattened(one.co_consts):
            if isinstance(value, (str, bytes)):
                found.append(value if isinstance(value, str) else value.decode("latin-1"))
    return found


def _codes(code: CodeType) -> list[CodeType]:
    # Not types.CodeType, nor a recursion: `types` is no module of the worker's, and generated code nests deeply.
    found = [code]
    for one in found:
        found += (constant for constant in one.co_consts if type(constant) is type(code))
    return found


def _flattened(values: Iterable[object]) -> list[object]:
    found = list(values)
    for value in found:
        if isinstance(value, (tuple, frozenset)):
            found += value
    return found


def _keywords_of(instructions: bytes, opmap: dict[str, int]) -> set[int]:
    """Return which constants are the names of a call's keyword arguments and nothing else."""
    load, extended = opmap["LOAD_CONST"], opmap["EXTENDED_ARG"]
    # Until 3.12 an instruction has them; from 3.13 on they are loaded right before the call.
    call, before = (opmap["KW_NAMES"], 0) if "KW_NAMES" in opmap else (opmap["CALL_KW"], 2)

    def number(at: int) -> int:
        high = instructions[at - 1] << 8 if at >= 2 and instructions[at - 2] == extended else 0
        return high | instructions[at + 1]

    found = {
        number(at - before)
        for at in _places(instructions, bytes((call,)))
        if at >= before and (not before or instructions[at - before] == load)
    }
    return {
        one
        for one in found
        if all(
            number(at) != one or (before and instructions[at + 2 : at + 3] == bytes((call,)))
            for at in _places(instructions, bytes((load, one & 255)))
        )
    }


def _places(instructions: bytes, wanted: bytes) -> Iterator[int]:
    """Yield where an instruction begins that is, or begins with, `wanted`."""
    at = instructions.find(wanted)
    while at >= 0:
        if at % 2 == 0:
            yield at
        at = instructions.find(wanted, at + 1)


def choices_of(code: CodeType) -> list[str]:
    """Return the texts that a code object, and all the code within it, compares values with or looks them up in.

    Members of constant collections, what is compared with "==" or by `match`, and what dictionaries are made of. Not the
    names of keyword arguments, constants as well: `env` and `timeout` of subprocess.run are programs.
    """
    load = {opmap["LOAD_CONST"]}
    compares = bytes((opmap["COMPARE_OP"],))
    maps = {opmap[name] for name in ("BUILD_CONST_KEY_MAP", "BUILD_MAP") if name in opmap}
    found: list[str] = []
    for one in _codes(code):
        constants, instructions = one.co_consts, one.co_code
        keywords = _keywords_of(instructions, opmap)
        collections = (
            constant
            for number, constant in enumerate(constants)
            if type(constant) in (tuple, frozenset) and number not in keywords
        )
        found += (value for value in _flattened(collections) if isinstance(value, str))
        wanted: set[int] = set()
        for at in _places(instructions, compares):
            if at >= 2 and instructions[at - 2] in load:
                wanted.add(instructions[at - 1])
        for code_number in maps:
            for at in _places(instructions, bytes((code_number,))):
                before = at - 2
                while before >= 0 and instructions[before] in load:
                    wanted.add(instructions[before + 1])
                    before -= 2
        found += [
            constants[index]
            for index in wanted
            if index < len(constants) and isinstance(constants[index], str)
        ]
    return found
