"""Judges Python that a library generated: the event may have given it words of the function's own, and no others."""

from __future__ import annotations

import re

from dayfly.core.structure.judgement import Judgement, Taint, mark, refuse
from dayfly.core.structure.pytokens import CONSTANTS, KEYWORDS, SPACE, STRING, Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.structure.python import Reading
    from dayfly.core.structure.trusted_literals import OwnText

_WORD = re.compile(r"\w+")
# A word, or a sign between words.
_PIECE = re.compile(r"(\w+)|.", re.S)


def judge_generated(
    source: str, taint: Taint, own: OwnText, reading: Reading, *, names_fields: bool = False
) -> Judgement | None:
    """Judge code that a library generated; None where its text does not explain the code.

    A generator translates (a template, the fields of a class) into Python and puts no *values* there. So what
    the event has in its literals came with the event's program: environment.getattr('', '__class__') is
    all a jinja2 template of the event's shows. Only words of the function's own are let through, and with
    `names_fields` whole names, of which the library makes parameters and attributes.
    """
    # The function's own template with other names in it is not a library's: eval(event["expr"]) of "price"
    # is refused, though "price" stands in the code.
    with_names, free = bytearray(reading.free), bytearray(reading.free)
    for token in reading.names:
        mark(with_names, token.start, token.end)
        if _is_own_name(source[token.start : token.end], own):
            mark(free, token.start, token.end)
    if own.explain(source, with_names, taint.mask).unexplained < 0:
        return None
    if names_fields:
        _free_fields(source, taint, own, reading, free)
    _drop_generators_names(source, taint, own, reading)
    explained = own.explain(source, free, taint.mask, generators=True)
    if explained.unexplained >= 0:
        return None
    literals = bytearray(len(source))
    for token in reading.tokens:
        if token.kind == STRING:
            mark(literals, token.content, token.limit)
    for start, end in taint.runs():
        if explained.accounted.find(0, start, end) < 0:
            continue
        if (
            source[start:end] in KEYWORDS
            and not literals[start]
            and _whole_word(source, start, end) == source[start:end]
        ):
            # `return` of a generator's: one keyword, without what it would take, is no code.
            continue
        if names_fields and _names_a_field(source, start, end):
            continue
        if not _are_own_words(source, start, end, literals, own):
            return refuse("python.generated", taint.path_at(start))
    return Judgement("allow", "python.generated")


def _free_fields(source: str, taint: Taint, own: OwnText, reading: Reading, free: bytearray) -> None:
    """Mark the event's names of fields, and what the library made of them: `__attr_validator_city`."""
    names = _all_names(source, reading)
    fields = {source[start:end] for start, end in names if taint.all(start, end)}
    # The parameter of attrs' for the private `_city` is `city`.
    fields |= {name.lstrip("_") for name in fields} - {""}
    for start, end in names:
        name = source[start:end]
        if name in fields or _is_made_of_field(name, fields, own):
            mark(free, start, end)


def _is_made_of_field(name: str, fields: set[str], own: OwnText) -> bool:
    """Say whether a name ends in a field's, after the library's own words; two underscores may follow."""
    at = name.find("_")
    while at >= 0:
        rest = name[at + 1 :]
        if rest in fields or rest.removesuffix("__") in fields:
            return _is_own_name(name[:at], own)
        at = name.find("_", at + 1)
    return False


def _names_a_field(source: str, start: int, end: int) -> bool:
    """Say whether the range is one name, alone or after a prefix of the generator's.

    Not `__class__` or `__dict__`: as an attribute that is no field.
    """
    name = source[start:end]
    whole = _whole_word(source, start, end)
    return (
        name.isidentifier()
        and whole.isidentifier()
        and whole not in KEYWORDS
        and not (name.startswith("__") and name.endswith("__"))
    )


def _drop_generators_names(source: str, taint: Taint, own: OwnText, reading: Reading) -> None:
    """`def __init__` and `__dataclass___init___return__` are a generator's, though a key is called `__init__`.

    A name that the code defines itself, or a parameter, is nobody else's there, and a part of a name names nothing.
    """
    defined = {name for name in _parameters(source, reading.tokens) if own.has_word(name, generators=True)}
    for start, end in _all_names(source, reading):
        name = source[start:end]
        if source.endswith("def ", 0, start) and own.has_word(name, generators=True):
            defined.add(name)
        if taint.any(start, end) and (
            (name in defined and not source.endswith(".", 0, start))
            or (not taint.all(start, end) and _is_own_name(name, own))
        ):
            taint.drop(start, end)


def _all_names(source: str, reading: Reading) -> list[tuple[int, int]]:
    """Return where names stand, in the fields of formatted strings too."""
    found = [(token.start, token.end) for token in reading.names]
    for token in reading.tokens:
        found += (name.span() for hole in token.holes for name in _WORD.finditer(source, *hole))
    return found


def _parameters(source: str, tokens: list[Token]) -> set[str]:
    """Return the names of the parameters of all functions that are defined."""
    found: set[str] = set()
    words = [source[token.start : token.end] for token in tokens if token.kind != SPACE]
    depth = 0
    for index, word in enumerate(words):
        if depth == 0:
            depth = int(word == "(" and index > 1 and words[index - 2] == "def")
            continue
        depth += (word in "([{") - (word in ")]}")
        if depth == 1 and words[index - 1] in ("(", ",", "*", "**") and word.isidentifier():
            found.add(word)
    return found


def _is_own_name(name: str, own: OwnText) -> bool:
    if own.has_word(name, generators=True):
        return True
    # l_0_price, __attr_factory_price, t_1: a generator's prefix and a number beside a word.
    return all(
        len(part) <= 2 or part.isdigit() or own.has_word(part, generators=True) for part in name.split("_")
    )


def _are_own_words(source: str, start: int, end: int, literals: bytearray, own: OwnText) -> bool:
    """Say whether the range holds whole words of the function's, and beside them only what separates names."""
    separated = number = False
    for found in _PIECE.finditer(source, start, end):
        first, last = found.span()
        word, is_word = found[0], found.lastindex is not None
        if is_word and (word.isdigit() or (word in CONSTANTS and not literals[first])):
            number = True  # a literal, alone; "1, 2" would be another argument
        elif is_word:
            is_keyword = word in KEYWORDS and not literals[first]
            if is_keyword or not (own.has_word(word) or own.has_word(_whole_word(source, first, last))):
                return False
        elif not literals[first]:
            separated = True
            if word not in " ,":
                return False
    return not (separated and number)


def _whole_word(source: str, start: int, end: int) -> str:
    """Return the word of which source[start:end] is a part, at most 128 characters more on each side."""
    first, last = start, end
    while first > max(0, start - 128) and (source[first - 1] == "_" or source[first - 1].isalnum()):
        first -= 1
    while last < min(len(source), end + 128) and (source[last] == "_" or source[last].isalnum()):
        last += 1
    return source[first:last]
