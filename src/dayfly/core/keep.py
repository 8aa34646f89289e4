"""Decides which paths under a temporary directory stay."""

from __future__ import annotations

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
    if not patterns:
        return lambda _path: "no"
    # 3 ms with the regular expressions it needs; only functions that keep files pay it at the first start.
    import fnmatch

    matches = fnmatch.fnmatchcase

    def keeps(path: str) -> Keep:
        parts = tuple(path.strip("/").split("/"))
        verdicts = [_match(pattern, parts, matches) for pattern in patterns]
        if "all" in verdicts:
            return "all"
        return "inside" if "inside" in verdicts else "no"

    return keeps


def _match(pattern: tuple[str, ...], parts: tuple[str, ...], matches: Callable[[str, str], bool]) -> Keep:
    # All positions at once: trying each length of each `**` in turn takes a path of a thousand parts, which
    # an attacker may make, to the power of their number.
    positions = _with_skips({0}, pattern)
    for part in parts:
        if len(pattern) in positions:
            return "all"
        reached: set[int] = set()
        for at in positions:
            if pattern[at] == "**":
                reached.add(at if at + 1 < len(pattern) else at + 1)
            elif matches(part, pattern[at]):
                reached.add(at + 1)
        positions = _with_skips(reached, pattern)
    if len(pattern) in positions:
        return "all"
    return "inside" if positions else "no"


def _with_skips(positions: set[int], pattern: tuple[str, ...]) -> set[int]:
    """Add the positions behind a `**`, which may match no part; the last one needs a part."""
    for at in list(positions):
        while at + 1 < len(pattern) and pattern[at] == "**":
            at += 1
            positions.add(at)
    return positions
