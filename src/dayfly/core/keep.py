"""Decides which paths under a temporary directory stay."""

from __future__ import annotations

import fnmatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    Keep = Literal["all", "inside", "no"]


def keep_rule(globs: tuple[str, ...]) -> Callable[[str], Keep]:
    """Return the function that says of an absolute path whether it stays.

    "all": it matches a glob, or lies in something that does: it stays with all below. "inside": it is
    a directory on the way to a glob: it stays, its entries are looked at. `**` matches any number of
    parts, the other wildcards match within one part, as in gitignore.
    """
    patterns = [tuple(glob.strip("/").split("/")) for glob in globs]

    def keeps(path: str) -> Keep:
        parts = tuple(path.strip("/").split("/"))
        verdicts = [_match(pattern, parts) for pattern in patterns]
        if "all" in verdicts:
            return "all"
        return "inside" if "inside" in verdicts else "no"

    return keeps


def _match(pattern: tuple[str, ...], parts: tuple[str, ...]) -> Keep:
    if not pattern:
        return "all"
    if not parts:
        return "inside"
    if pattern[0] == "**":
        if len(pattern) == 1:
            return "all"
        verdicts = [_match(pattern[1:], parts[skip:]) for skip in range(len(parts) + 1)]
        return "all" if "all" in verdicts else "inside"
    if not fnmatch.fnmatchcase(parts[0], pattern[0]):
        return "no"
    return _match(pattern[1:], parts[1:])
