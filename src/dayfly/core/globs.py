"""Matches names and paths with globs in bounded time, without regular expressions.

`*` stands for any characters and `?` for one, neither for a `/` of a path; `**` as a whole part of a path for any number of
parts. Nothing else is special.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# What is longer is no name and no path that a rule could mean.
MANY_CHARACTERS = 4096
_TREE = "/**"


def is_glob(text: str) -> bool:
    """Say whether `text` stands for more than itself."""
    return "*" in text or "?" in text


def matches(pattern: str, text: str) -> bool:
    """Say whether `text` is one that `pattern` means; at most as many steps as the product of their lengths."""
    if len(text) > MANY_CHARACTERS:
        return False
    at = read = 0
    star = behind = -1
    while read < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, behind = at, read
            at += 1
        elif at < len(pattern) and (pattern[at] == "?" or pattern[at] == text[read]):
            at += 1
            read += 1
        elif star >= 0:
            # One character more for the last star: an earlier one never has to give.
            behind += 1
            at, read = star + 1, behind
        else:
            return False
    return pattern[at:].strip("*") == ""


class Names:
    """Globs of names."""

    __slots__ = ("_exact", "_globs")

    def __init__(self, globs: Sequence[str]) -> None:
        self._exact = {glob for glob in globs if not is_glob(glob)}
        self._globs = [glob for glob in globs if is_glob(glob)]

    def find(self, name: str) -> str:
        """Return the glob that means `name`, "" where none does."""
        if name in self._exact:
            return name
        return next((glob for glob in self._globs if matches(glob, name)), "")


class Paths:
    """Globs of absolute paths; `dir/**` means `dir` and everything below it."""

    __slots__ = ("_exact", "_globs", "_trees")

    def __init__(self, globs: Sequence[str]) -> None:
        self._exact: set[str] = set()
        self._trees: list[tuple[str, str]] = []
        self._globs: list[tuple[tuple[str, ...], str]] = []
        for glob in globs:
            stem = glob.removesuffix(_TREE)
            if not is_glob(glob):
                self._exact.add(glob)
            elif stem != glob and not is_glob(stem):
                self._trees.append((stem + "/", glob))
            else:
                self._globs.append((tuple(glob.strip("/").split("/")), glob))

    def find(self, path: str) -> str:
        """Return the glob that means `path`, "" where none does; `path` must be absolute and without `..`."""
        if path in self._exact:
            return path
        for stem, glob in self._trees:
            if path.startswith(stem) or path == stem[:-1]:
                return glob
        if not self._globs or len(path) > MANY_CHARACTERS:
            return ""
        parts = tuple(path.strip("/").split("/"))
        return next((glob for pattern, glob in self._globs if _match(pattern, parts)), "")


def _match(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    # All positions at once: trying each length of each `**` in turn takes a path of a thousand parts, which an attacker may
    # make, to the power of their number.
    positions = _with_skips({0}, pattern)
    for part in parts:
        reached: set[int] = set()
        for at in positions:
            if at == len(pattern):
                continue
            if pattern[at] == "**":
                reached.add(at)
            elif matches(pattern[at], part):
                reached.add(at + 1)
        positions = _with_skips(reached, pattern)
        if not positions:
            return False
    return len(pattern) in positions


def _with_skips(positions: set[int], pattern: tuple[str, ...]) -> set[int]:
    """Add the positions behind a `**`, which may match no part."""
    for at in list(positions):
        while at < len(pattern) and pattern[at] == "**":
            at += 1
            positions.add(at)
    return positions
