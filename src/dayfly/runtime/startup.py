"""Begins a zygote, and says where code could be planted that runs as an interpreter starts.

An interpreter runs `usercustomize` and `.pth` files of the user's own site directory before anything else. Where
that directory does not exist yet but a worker could make it (HOME=/tmp, say), it is switched off.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly._sys.channel import Channel

# Variables that name places with code that every interpreter loads.
_PLACES = ("PYTHONHOME", "PYTHONPYCACHEPREFIX")
_MANY = 3


def shut_user_site() -> None:
    """Before `site.main()`: leave out a user site directory that does not exist; who made it later planted it."""
    import site

    if not os.path.isdir(_user_site()):
        site.ENABLE_USER_SITE = False


def restore_search_path(environ: Mapping[str, str]) -> None:
    """Give function code the search path of `python -m`, where an isolated interpreter (-I) left parts out."""
    if not sys.flags.isolated:
        return
    path = environ.get("PYTHONPATH")
    parts = path.split(os.pathsep) if path else []
    sys.path[:0] = [os.getcwd(), *(os.path.abspath(part) for part in parts)]


def begin_zygote(environ: Mapping[str, str], arrival: str | None) -> Channel:
    """Close the memory of an executed zygote, and return its channel, with what there is to say of its start.

    Before the function's code, which may change variables.
    """
    # It loads nothing of what supervises it.
    from dayfly._sys import unreadable
    from dayfly._sys.channel import channel_from_environment

    unreadable.close(arrival or "")
    channel = channel_from_environment(environ)
    assert channel is not None
    if channel.options.tells_start:
        channel.limits = limits(environ, has_user_site=channel.options.has_user_site)
    return channel


def limits(environ: Mapping[str, str], *, has_user_site: bool) -> list[str]:
    """Return the limit for the first log record, if a worker may write what interpreters run at their start.

    `has_user_site` says whether the first interpreter looks into its user's site directory.
    """
    places = " or ".join(plantable(environ, has_user_site=has_user_site))
    limit = (
        f"Python may run files that a worker writes to {places} at its next start: "
        "use python -I, or a directory that the function cannot write"
    )
    return [limit] if places else []


def plantable(environ: Mapping[str, str], *, has_user_site: bool) -> list[str]:
    """Return phrases for the places in which interpreters look for code here, and in which a worker may write."""
    found: list[str] = []
    # The layer's first interpreter does not, but the zygote does where that directory exists.
    if (has_user_site or (sys.flags.no_site and os.path.isdir(_user_site()))) and _can_be_made(_user_site()):
        found.append(f"the user site directory {_user_site()}")
    if not sys.flags.ignore_environment:
        for name in _PLACES:
            if environ.get(name) and _can_be_made(environ[name]):
                found.append(f"{environ[name]} ({name})")
        entries = environ.get("PYTHONPATH", "").split(os.pathsep)
        found += [f"{entry} (PYTHONPATH)" for entry in entries if entry and _can_be_made(entry)]
    return found[:_MANY]


def _user_site() -> str:
    import site

    return str(site.getusersitepackages())


def _can_be_made(path: str) -> bool:
    """Say whether this user may write in a directory, or make it where it is missing."""
    path = os.path.abspath(path)
    while not os.path.exists(path) and path != "/":
        path = os.path.dirname(path)
    return os.access(path, os.W_OK)
