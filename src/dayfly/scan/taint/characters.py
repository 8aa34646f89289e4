"""Which characters a danger needs, and what a check or a pattern says of those in a text."""

from __future__ import annotations

import re
from functools import lru_cache

# The parser of patterns: private, but the only one that reads them exactly as `re` does; it is the same module
# under this name in 3.11 to 3.14.
from re import _constants as sre
from re import _parser as sre_parser
from typing import TYPE_CHECKING, Any

from dayfly.scan.taint.knowledge.model import EVERY_DANGER, Danger
from dayfly.scan.taint.values import NO_FACT, Fact

if TYPE_CHECKING:
    from collections.abc import Iterable

LETTER = "letter"
DIGIT = "digit"
DOTS = ".."
LEADING_SLASH = "^/"
RESOLVED = "<resolved>"  # not a lack: a path without links and `..`
LINE_END = "\n."  # a line end with something behind it: `$` in a pattern lets a last one follow
HOST = "<host>"  # not a lack: the host of a URL
PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~ \t\n\r\0")
# Everything that a text may be said to lack. Underscore is as harmless as a letter.
EVERYTHING = PUNCTUATION | {LETTER, DIGIT, DOTS, LEADING_SLASH}

# A hole that lacks all of one of these sets is harmless, wherever it stands.
_NEEDS: dict[Danger, tuple[frozenset[str], ...]] = {
    Danger.CODE: (frozenset("(.[@"), frozenset({LETTER, "'", '"'})),
    Danger.COMMAND: (frozenset(";&|`$<>\n"),),
    Danger.SQL: (frozenset(" \t\n(';/"),),
    Danger.NOSQL: (frozenset("(.;"), frozenset("${")),
    Danger.PATH: (frozenset("/"), frozenset({DOTS, LEADING_SLASH}), frozenset({".", LEADING_SLASH})),
    Danger.HTML: (frozenset("<"),),
    Danger.HEADER: (frozenset("\r\n"),),
    Danger.LOG: (frozenset("\n"),),  # CloudWatch ends no event at a carriage return
    Danger.LDAP: (frozenset("()*"),),
    Danger.XPATH: (frozenset(" ([/|"),),
    Danger.TEMPLATE: (frozenset("{"),),
    Danger.XML: (frozenset("<"), frozenset("&")),
    Danger.REQUEST: (frozenset("/.:@"),),
    Danger.REDIRECT: (frozenset("/.:@"),),
}


def is_harmless_without(danger: Danger, lacks: frozenset[str]) -> bool:
    """Whether a text that lacks these cannot do this."""
    return any(need <= lacks for need in _NEEDS.get(danger, ()))


def marks_of(text: str) -> frozenset[str]:
    """What a text that holds these characters cannot be said to lack."""
    found = {LETTER if one.isalpha() or one == "_" else DIGIT if one.isdigit() else one for one in text}
    if "." in found:
        found.add(DOTS)
    if "/" in found:
        found.add(LEADING_SLASH)
    return frozenset(found)


def fact_without(lacks: Iterable[str]) -> Fact:
    """A check that shows these characters do not occur."""
    return Fact(lacks=frozenset(lacks))


ONLY_WORDS = fact_without(EVERYTHING - {LETTER, DIGIT})  # letters, digits and underscores
ONLY_DIGITS = fact_without(EVERYTHING - {DIGIT})

# What a method of `str` that tells of all characters establishes where it returns true. `isascii`, `isprintable`
# and `isspace` say next to nothing; `isprintable` excludes line ends.
CHECKS_OF_TEXT: dict[str, Fact] = {
    "isdigit": ONLY_DIGITS,
    "isdecimal": ONLY_DIGITS,
    "isnumeric": ONLY_DIGITS,
    "isalpha": ONLY_WORDS,
    "isalnum": ONLY_WORDS,
    "isidentifier": ONLY_WORDS,
    "isprintable": fact_without("\r\n\t\0"),
}


@lru_cache(maxsize=2048)
def read_pattern(pattern: str, flags: int, how: str) -> Fact:
    """What a text lacks once `re.<how>(pattern, text)` has found something; nothing where it may match a part only.

    `how` is fullmatch, match or search. A `$` at the end lets a line end follow.
    """
    try:
        parsed = sre_parser.parse(pattern, flags)
    except Exception:  # boundary: the pattern is the scanned program's; one that `re` refuses tells nothing
        return NO_FACT
    nodes = list(parsed)
    is_multiline = bool(parsed.state.flags & sre.SRE_FLAG_MULTILINE)
    begins = ends = how == "fullmatch"
    may_end_line = False
    if how == "match":
        begins = True
    if nodes and nodes[0][0] is sre.AT:
        where = nodes[0][1]
        begins = (
            begins or where is sre.AT_BEGINNING_STRING or (where is sre.AT_BEGINNING and not is_multiline)
        )
    if nodes and nodes[-1][0] is sre.AT and not ends:
        where = nodes[-1][1]
        if where is sre.AT_END_STRING:
            ends = True
        elif where is sre.AT_END and not is_multiline:
            ends = may_end_line = True
    if not begins:
        return NO_FACT
    if not ends:
        starts = _literal_beginning(nodes)
        is_host = _FIXED_HOST.match(starts) is not None
        return Fact(frozenset({Danger.REQUEST, Danger.REDIRECT}) if is_host else frozenset(), starts=starts)
    may = _Characters()
    may.read(nodes, bool(parsed.state.flags & sre.SRE_FLAG_DOTALL), is_repeated=False)
    lacks = set(EVERYTHING) - may.found
    if may_end_line and "\n" in lacks:
        lacks.discard("\n")
        lacks.add(LINE_END)
    if "." in may.found and (may.repeated_dots or may.dots > 1):
        lacks.discard(DOTS)
    if "/" in may.found and may.first_may_be_slash(nodes):
        lacks.discard(LEADING_SLASH)
    starts = _literal_beginning(nodes)
    if starts == "/" and _is_one_slash(nodes):
        lacks.add("^//")
    cleansed = EVERY_DANGER if _is_finite(nodes) and not may_end_line else frozenset()
    if _FIXED_HOST.match(starts) or _is_limited_host(nodes):
        cleansed |= {Danger.REQUEST, Danger.REDIRECT}
    return Fact(cleansed, frozenset(lacks), starts)


def _is_limited_host(nodes: list[Any]) -> bool:
    """`https://[a-z]+\\.example\\.com/…`: whatever matches before the first slash ends in a constant domain."""
    plain = [node for node in nodes if node[0] is not sre.AT]
    beginning = _literal_beginning(plain)
    scheme = re.match(r"[a-z]+://", beginning)
    if scheme is None:
        return False
    tail = ""
    for kind, argument in plain[len(scheme.group()) :]:
        if kind is sre.LITERAL:
            if chr(argument) in "/?#":
                return re.search(r"\.[a-z0-9-]+\.[a-z0-9.-]+$", tail) is not None
            tail += chr(argument)
            continue
        may = _Characters()
        may.read([(kind, argument)], True, is_repeated=False)
        if may.found & set("/?#@\\:"):
            return False
        tail = ""
    return re.search(r"\.[a-z0-9-]+\.[a-z0-9.-]+$", tail) is not None


_FIXED_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\]+[/?#]")


def _literal_beginning(nodes: list[Any]) -> str:
    found = ""
    for kind, argument in nodes:
        if kind is sre.AT:
            continue
        if kind is not sre.LITERAL:
            break
        found += chr(argument)
    return found


def _is_one_slash(nodes: list[Any]) -> bool:
    """A slash, and then surely something that is neither slash nor backslash, or the end."""
    plain = [node for node in nodes if node[0] is not sre.AT]
    for kind, argument in plain[1:]:
        may = _Characters()
        may.read([(kind, argument)], True, is_repeated=False)
        if may.found & {"/", "\\"}:
            return False
        if not (kind in (sre.MAX_REPEAT, sre.MIN_REPEAT) and argument[0] == 0):
            return True
    return True


def _is_finite(nodes: Iterable[Any]) -> bool:
    """Whether a pattern is a list of words."""
    for kind, argument in nodes:
        if kind is sre.AT or kind is sre.LITERAL:
            continue
        if kind is sre.BRANCH and all(_is_finite(part) for part in argument[1]):
            continue
        if kind is sre.SUBPATTERN and _is_finite(argument[3]):
            continue
        if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT) and argument[1] == 1 and _is_finite(argument[2]):
            continue
        if kind is sre.IN and all(one is sre.LITERAL for one, _ in argument):
            continue
        return False
    return True


@lru_cache(maxsize=512)
def read_group(pattern: str, flags: int, group: int | str) -> Fact:
    """What the text of one group of a pattern lacks."""
    try:
        parsed = sre_parser.parse(pattern, flags)
    except Exception:  # boundary: as above
        return NO_FACT
    number = parsed.state.groupdict.get(group) if isinstance(group, str) else group
    nodes = list(parsed) if number == 0 else _find_group(parsed, number)
    if nodes is None:
        return NO_FACT
    may = _Characters()
    may.read(nodes, bool(parsed.state.flags & sre.SRE_FLAG_DOTALL), is_repeated=False)
    lacks = set(EVERYTHING) - may.found
    if "." in may.found and (may.repeated_dots or may.dots > 1):
        lacks.discard(DOTS)
    if "/" in may.found:
        lacks.discard(LEADING_SLASH)
    return Fact(lacks=frozenset(lacks))


@lru_cache(maxsize=512)
def read_removal(pattern: str, flags: int) -> frozenset[str]:
    """Characters that do not survive `re.sub(pattern, "", text)`: the pattern is a set of single characters."""
    try:
        parsed = sre_parser.parse(pattern, flags)
    except Exception:  # boundary: as above
        return frozenset()
    nodes = list(parsed)
    if len(nodes) != 1:
        return frozenset()
    kind, argument = nodes[0]
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT) and argument[0] <= 1:
        inner = list(argument[2])
        if len(inner) != 1:
            return frozenset()
        kind, argument = inner[0]
    if kind is sre.LITERAL:
        return frozenset({chr(argument)})
    if kind is sre.NOT_LITERAL:
        return EVERYTHING - {chr(argument)}
    if kind is not sre.IN:
        return frozenset()
    removed = {one for one in PUNCTUATION if _matches(argument, one)}
    if all(_matches(argument, one) for one in "abzABZ"):
        removed.add(LETTER)
    if all(_matches(argument, one) for one in "0189"):
        removed.add(DIGIT)
    if "." in removed:
        removed.add(DOTS)
    if "/" in removed:
        removed.add(LEADING_SLASH)
    return frozenset(removed)


def _find_group(nodes: Iterable[Any], number: int | None) -> list[Any] | None:
    for kind, argument in nodes:
        if kind is sre.SUBPATTERN:
            if argument[0] == number:
                return list(argument[3])
            found = _find_group(argument[3], number)
        elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            found = _find_group(argument[2], number)
        elif kind is sre.BRANCH:
            found = next((one for part in argument[1] if (one := _find_group(part, number))), None)
        else:
            found = None
        if found is not None:
            return found
    return None


class _Characters:
    """The characters that a pattern can match, of those that matter."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.dots = 0
        self.repeated_dots = False

    def read(self, nodes: Iterable[Any], is_dotall: bool, *, is_repeated: bool) -> None:
        for kind, argument in nodes:
            if kind is sre.LITERAL:
                self._add(chr(argument), is_repeated)
            elif kind is sre.NOT_LITERAL:
                self._add_matching([(sre.NEGATE, None), (sre.LITERAL, argument)], is_repeated)
            elif kind is sre.ANY:
                self._add_all(is_repeated)
                if not is_dotall:
                    self.found.discard("\n")
            elif kind is sre.IN:
                self._add_matching(argument, is_repeated)
            elif kind is sre.BRANCH:
                for part in argument[1]:
                    self.read(part, is_dotall, is_repeated=is_repeated)
            elif kind is sre.SUBPATTERN:
                self.read(argument[3], is_dotall, is_repeated=is_repeated)
            elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, getattr(sre, "POSSESSIVE_REPEAT", None)):
                self.read(argument[2], is_dotall, is_repeated=is_repeated or argument[1] != 1)
            elif kind in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
                continue
            elif kind is getattr(sre, "ATOMIC_GROUP", None):
                self.read(argument, is_dotall, is_repeated=is_repeated)
            elif kind is sre.GROUPREF:
                continue  # repeats what another group matched
            else:
                self._add_all(is_repeated)

    def first_may_be_slash(self, nodes: list[Any]) -> bool:
        for kind, argument in nodes:
            if kind is sre.AT:
                continue
            first = _Characters()
            first.read([(kind, argument)], True, is_repeated=False)
            if "/" in first.found:
                return True
            is_optional = kind in (sre.MAX_REPEAT, sre.MIN_REPEAT) and argument[0] == 0
            if not is_optional:
                return False
        return False

    def _add(self, character: str, is_repeated: bool) -> None:
        if character.isalpha() or character == "_":
            self.found.add(LETTER)
        elif character.isdigit():
            self.found.add(DIGIT)
        else:
            self.found.add(character)
        if character == ".":
            self.dots += 1
            self.repeated_dots = self.repeated_dots or is_repeated

    def _add_all(self, is_repeated: bool) -> None:
        self.found |= EVERYTHING
        self.dots += 1
        self.repeated_dots = self.repeated_dots or is_repeated

    def _add_matching(self, items: list[Any], is_repeated: bool) -> None:
        for one in PUNCTUATION:
            if _matches(items, one):
                self._add(one, is_repeated)
        if any(_matches(items, one) for one in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_\u00e4"):
            self.found.add(LETTER)
        if any(_matches(items, one) for one in "0123456789"):
            self.found.add(DIGIT)


def _matches(items: list[Any], character: str) -> bool:
    """Whether a set of a pattern has this character."""
    code = ord(character)
    is_negated = False
    found = False
    for kind, argument in items:
        if kind is sre.NEGATE:
            is_negated = True
        elif kind is sre.LITERAL:
            found = found or argument == code
        elif kind is sre.RANGE:
            found = found or argument[0] <= code <= argument[1]
        elif kind is sre.CATEGORY:
            found = found or _in_category(argument, character)
    return found != is_negated


def _in_category(category: Any, character: str) -> bool:
    is_word = character.isalnum() or character == "_"
    answers = {
        sre.CATEGORY_DIGIT: character.isdigit(),
        sre.CATEGORY_NOT_DIGIT: not character.isdigit(),
        sre.CATEGORY_SPACE: character.isspace(),
        sre.CATEGORY_NOT_SPACE: not character.isspace(),
        sre.CATEGORY_WORD: is_word,
        sre.CATEGORY_NOT_WORD: not is_word,
    }
    return answers.get(category, True)
