"""Says with which options interpreters are started, and where code could be planted that runs as one starts.

An interpreter runs `usercustomize` and `.pth` files of the user's own site directory before anything else. Where
that directory does not exist yet but a worker could make it (HOME=/tmp, say), it is switched off.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Variables that name places with code that every interpreter loads.
_PLACES = ("PYTHONHOME", "PYTHONPYCACHEPREFIX")
_MANY = 3


def options() -> list[str]:
    """Return what to add to the options of the interpreters that are started from here on."""
    if sys.flags.no_site or sys.flags.isolated or sys.flags.no_user_site or _has_user_site():
        return ["-s"] if sys.flags.no_user_site and not sys.flags.isolated else []
    return ["-s"]


def shut_user_site() -> None:
    """Before `site.main()`: leave out a user site directory that does not exist; who made it later planted it."""
    import site

    if not os.path.isdir(site.getusersitepackages()):
        site.ENABLE_USER_SITE = False


def restore_search_path(environ: Mapping[str, str]) -> None:
    """Give function code the search path of `python -m`, where an isolated interpreter (-I) left parts out."""
    added = [] if not sys.flags.safe_path else [os.getcwd()]
    if sys.flags.ignore_environment and (path := environ.get("PYTHONPATH")):
        added += [os.path.abspath(part) for part in path.split(os.pathsep)]
    if sys.flags.isolated:
        sys.path[:0] = added


def plantable(environ: Mapping[str, str]) -> list[str]:
    """Return phrases for the places from which this interpreter started and in which a worker may write.

    What is put there runs at the next start of the runtime, before any act of Dayfly's.
    """
    found: list[str] = []
    if not sys.flags.no_site and not sys.flags.no_user_site:
        import site

        if site.ENABLE_USER_SITE and _can_be_made(site.getusersitepackages()):
            found.append(f"the user site directory {site.getusersitepackages()}")
    if not sys.flags.ignore_environment:
        for name in _PLACES:
            if environ.get(name) and _can_be_made(environ[name]):
                found.append(f"{environ[name]} ({name})")
        entries = environ.get("PYTHONPATH", "").split(os.pathsep)
        found += [f"{entry} (PYTHONPATH)" for entry in entries if entry and _can_be_made(entry)]
    return found[:_MANY]


def _has_user_site() -> bool:
    site = sys.modules.get("site")
    if site is None or not site.ENABLE_USER_SITE:
        return True
    return os.path.isdir(site.getusersitepackages())


def _can_be_made(path: str) -> bool:
    """Say whether this user may write in a directory, or make it where it is missing."""
    path = os.path.abspath(path)
    while not os.path.exists(path) and path != "/":
        path = os.path.dirname(path)
    return os.access(path, os.W_OK)
