"""Tell what a leaf left in a text from what stands there by chance: each rule by the case that forced it.

All texts are bytes in lower case.
"""

from __future__ import annotations

import re

_RUNS = re.compile(rb"[a-z]+|[0-9]+|[\x80-\xff]+|[^a-z0-9\x80-\xff\s]+")
LETTERS = b"abcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789"
_WORD = frozenset(LETTERS + _DIGITS + b"_" + bytes(range(128, 256)))
# Where functions split. Not "." and "-": their pieces ("example" of a mail address) say too little.
_CUT_SIGNS = b" \t\r\n\x01,;:|/?&=#<>()[]{}\"'`@!*+%^~$\\"
CUTS = frozenset(_CUT_SIGNS)
# Not ";", "|", "&", brackets and quotes: those are structure that an attacker brings along.
SPLITS = b" \t\r\n,/=:?"
CUT_BYTES = re.compile(rb"[ \t\r\n\x01,;:|/?&=#<>()\[\]{}\"'`@!*+%^~$\\]+")
# What stands between the parts of a value with several.
PARTS = frozenset(b"\t\r\n,;:|/?&=")
_OPERATORS = frozenset(b"+-*/%=<>!&|^~:.@?#$\\")
_SEPARATORS = frozenset(b",.:/()[]{}\"'`\\?=_-")
QUOTES = frozenset(b"'\"`\\")
# Tables of the judge are such that nobody can change them: what replaces one is reported.
CLASSES = bytes(
    1 if byte in LETTERS else 2 if byte in _DIGITS else 3 if byte > 127 else 0 for byte in range(256)
)


def has_cut(content: bytes) -> bool:
    """Say whether there is a sign in `content` at which functions split."""
    return len(content.translate(None, _CUT_SIGNS)) < len(content)


def has_edge(text: bytes, at: int) -> bool:
    """Say whether a token may end or begin at `at`: not between two letters, two digits."""
    if at <= 0 or at >= len(text):
        return True
    kind = CLASSES[text[at]]
    return kind == 0 or kind != CLASSES[text[at - 1]]


def fits(text: bytes, start: int, end: int) -> bool:
    """Say whether a whole leaf of three bytes and more stands at `start` as a token, not by chance."""
    size = end - start
    before = text[start - 1] if start else 32
    after = text[end] if end < len(text) else 32
    leaf = text[start:end]
    if not leaf.translate(None, LETTERS + b"_-") and b"--" not in leaf:
        # A word: "rate" is not in `generate`, "name" neither in `user_name` nor in the option `--name`. But for "users--", which
        # makes a comment of what follows.
        if before in _WORD or after in _WORD:
            return False
        if before == 45 and (size < 4 or start < 2 or text[start - 2] not in _WORD):
            return False
        return after != 45 or size >= 4
    first, last = CLASSES[leaf[0]], CLASSES[leaf[-1]]
    if first == 0 and last == 0 and not has_word(leaf):
        # "---" in a line of dashes; but `'='` between quotes ends a text and begins one.
        return (before != leaf[0] and after != leaf[-1]) or (
            len(set(leaf)) > 1 and not QUOTES.isdisjoint(leaf)
        )
    if size < 8:
        for own, byte in ((first, before), (last, after)):
            other = CLASSES[byte]
            if own and own == other and (own != 3 or size < 6):
                return False
        if not leaf.translate(None, _DIGITS) and size < 5:
            # 100 in 3.100, in 1,100 and in 10.0.100.1
            if before in b".," and start > 1 and CLASSES[text[start - 2]] == 2:
                return False
            if after in b".," and end + 1 < len(text) and CLASSES[text[end + 1]] == 2:
                return False
    return True


def fits_short(text: bytes, leaf: bytes, start: int, end: int, known: set[int]) -> bool:
    """Say whether a leaf of one or two bytes stands at `start` as a token."""
    before = text[start - 1] if start else 32
    after = text[end] if end < len(text) else 32
    touches_left, touches_right = start in known or not start, end in known or end == len(text)
    if all(byte in _WORD for byte in leaf.lower()):
        if (before in _WORD and start not in known) or (after in _WORD and end not in known):
            return False
        if leaf.isdigit():
            return not (
                (before in b".," and start > 1 and CLASSES[text[start - 2]] == 2)
                or (after in b".," and end + 1 < len(text) and CLASSES[text[end + 1]] == 2)
            )
        return before != 45
    if CLASSES[leaf.lower()[0]] or CLASSES[leaf.lower()[-1]]:
        # "-4", "x;"
        return has_edge(text, start) and has_edge(text, end)
    if leaf == b"..":
        return before != 46 and after != 46
    # A comma, a bracket or a quote stands at a token's place everywhere: only between two values of the event. An
    # operator has its place in `1+2` beside a value of the event, in `a | b` between spaces; in "c++" and "->" never.
    spaced_left = touches_left or (before == 32 and (start - 1 in known or start < 2))
    spaced_right = touches_right or (after == 32 and (end + 1 in known or end + 2 > len(text)))
    if all(byte in _SEPARATORS for byte in leaf):
        return spaced_left and spaced_right
    if (before in _OPERATORS and start not in known) or (after in _OPERATORS and end not in known):
        return False
    return spaced_left or spaced_right or (before in b" \n\t" and after in b" \n\t")


def has_word(leaf: bytes) -> bool:
    return any(CLASSES[byte] for byte in leaf)


def weigh(piece: bytes) -> int:
    """Return how little a piece looks like chance: words count 4 at most, digits and marks as many as they are."""
    weight = 0
    for match in _RUNS.finditer(piece, 0, 256):
        run = match[0]
        kind = CLASSES[run[0]]
        weight += min(len(run), 6 if kind > 1 else 4)
    return weight
