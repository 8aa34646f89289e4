"""Tells what a function carries: the distributions in its import path, by the folders that installers leave beside them."""

from __future__ import annotations

import os
import re

from dayfly.core import findings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dayfly.supervisor.report import Reporter

# A package of Lambda's with all its layers has some hundred distributions at most.
MANY = 2000
# Of one line, which must stay far below MAX_FINDING_BYTES.
_LINE_CHARACTERS = 8000
# A directory may be anybody's, of any size.
_MANY_NAMES = 20_000
# https://packaging.python.org/en/latest/specifications/recording-installed-packages/
_FOLDER = re.compile(r"([A-Za-z0-9][A-Za-z0-9._]{0,99})-([A-Za-z0-9][A-Za-z0-9.+!_]{0,49})\.dist-info")


def tell(reporter: Reporter, path: Sequence[str]) -> None:
    """Write the finding, in as many lines as it takes."""
    for packages in lines(path):
        reporter.find(
            findings.ENVIRONMENT_PACKAGES,
            f"the function's package contains {len(packages)} distributions",
            {"packages": packages},
        )


def lines(path: Iterable[str]) -> list[list[str]]:
    """Return what `find` does, in pieces that fit into one line each."""
    pieces: list[list[str]] = []
    length = _LINE_CHARACTERS
    for item in find(path):
        if length + len(item) > _LINE_CHARACTERS:
            pieces.append([])
            length = 0
        pieces[-1].append(item)
        length += len(item) + 3
    return pieces


def find(path: Iterable[str]) -> list[str]:
    """Return `name==version` of the distributions in `path`, sorted, names as package indexes normalise them.

    The first of a name is the one that is imported.
    """
    found: dict[str, str] = {}
    left = _MANY_NAMES
    for entry in path:
        try:
            with os.scandir(entry) as listing:
                for item in listing:
                    left -= 1
                    match = _FOLDER.fullmatch(item.name)
                    if match and len(found) < MANY:
                        found.setdefault(re.sub(r"[-_.]+", "-", match[1]).lower(), match[2])
                    if left < 0:
                        break
        except OSError:
            continue
    return [f"{name}=={version}" for name, version in sorted(found.items())]
