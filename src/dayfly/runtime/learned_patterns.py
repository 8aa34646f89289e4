"""Compiles in the zygote the regular expressions that workers compiled while they served, where init left their texts.

What a worker compiled may be an event's text: a disposable fork reads it, and tells the zygote of those alone that its own heap holds.
Nothing of an event is in that: such a text is the function's own, also if an attacker asks for it. To compile one
computes and does nothing else. What an attacker can still choose is which of these texts, and for how long: bounded here.
"""

from __future__ import annotations

import gc
import re
import time
import types
import warnings

from dayfly.runtime import heap
from dayfly.runtime.learned_imports import OWN, compiled, line_of, read

# What one slice may take, and all of them together: one pattern of a CSS parser took 50 ms.
_SLICE_S = 0.02
_MOST_S = 2.0
# A pattern's longest part takes as long as it takes: no slice ends within one.
_MOST_CHARACTERS = 5000
_PIECE = 1000
# Not DEBUG, which prints, nor LOCALE, which is of the moment.
_FLAGS = re.ASCII | re.IGNORECASE | re.MULTILINE | re.DOTALL | re.UNICODE | re.VERBOSE


class LearnedPatterns:
    """The patterns that are still to be compiled, and how much may be spent on that."""

    __slots__ = ("_left_s", "_waiting")

    def __init__(self) -> None:
        self._waiting: list[tuple[str, int]] = []
        self._left_s = _MOST_S

    def hear(self, lines: list[str]) -> None:
        """Take what the disposable fork found."""
        self._waiting += _parse(lines)

    def spend_a_moment(self) -> None:
        """Compile some."""
        end = time.perf_counter() + _SLICE_S
        while self._waiting and self._left_s > 0 and (began := time.perf_counter()) < end:
            text, flags = self._waiting.pop()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    re.compile(text, flags)
                except (re.error, RecursionError, OverflowError, ValueError):
                    # A text of the function's that is no pattern.
                    continue
                finally:
                    self._left_s -= time.perf_counter() - began


def find_own(pipes: list[int]) -> list[str]:
    """In a disposable fork: return of the lines in these pipes those whose pattern init left in this heap."""
    wanted = _parse([line for number in pipes for line in read(number)])
    own = _texts_here([text for text, _ in wanted])
    return [OWN + line_of(text, flags) for text, flags in wanted if text in own]


def _parse(lines: list[str]) -> list[tuple[str, int]]:
    """Return the patterns of lines, each with flags, a blank, the pattern with escapes, that are not compiled yet."""
    known = compiled()
    wanted: list[tuple[str, int]] = []
    for line in lines:
        number, _, escaped = line.partition(" ")
        try:
            text, flags = escaped.encode("ascii").decode("unicode_escape"), int(number)
        except ValueError:
            continue
        if len(text) <= _MOST_CHARACTERS and not flags & ~_FLAGS and (text, flags) not in known:
            wanted.append((text, flags))
    return wanted


def _texts_here(wanted: list[str]) -> dict[str, str]:
    """Return those that objects of init hold, or are constants of its code: as they are there."""
    objects = heap.everything()
    texts, asked = set(wanted), {id(text) for text in wanted}
    found: dict[str, str] = {}
    for at in range(0, len(objects), _PIECE):
        layer = gc.get_referents(*objects[at : at + _PIECE])
        while layer:
            below: list[object] = []
            for part in layer:
                kind = type(part)
                if kind is str:
                    if part in texts and id(part) not in asked:
                        found[part] = part
                elif kind is types.CodeType:
                    below += part.co_consts
                elif (kind is tuple or kind is dict) and not gc.is_tracked(part):
                    below += gc.get_referents(part)
            layer = below
    return found
