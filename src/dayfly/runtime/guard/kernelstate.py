"""What the kernel keeps for this process, as far as an invocation may leave it otherwise."""

from __future__ import annotations

import os

from dayfly._sys import interpreter

# Beyond that many they are a cache.
_MANY_FILES = 1000

# What functions change at any event: told of where an attack is certain.
FUNCTIONS_OWN = frozenset(("descriptors", "temporary files", "limits and settings"))
# What is compared, and the rule that it breaks.
STATES = {
    "the working directory": "residue.directory",
    "descriptors": "residue.descriptor",
    "child processes": "residue.process",
    "temporary files": "residue.file",
    "limits and settings": "residue.settings",
}


def process_state(temporary: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Return working directory, open descriptors, children, limits and what lies in temporary directories, by the names in STATES.

    A file counts as another one once it was written to: its time is part of it.
    """
    state: dict[str, frozenset[str]] = {"temporary files": frozenset(_files(temporary))}
    try:
        state["the working directory"] = frozenset((os.getcwd(),))
        listed = os.listdir("/proc/self/fd")
        # The one that is open for listing them is closed by now.
        state["descriptors"] = frozenset(
            number for number in listed if os.path.lexists(f"/proc/self/fd/{number}")
        )
    except OSError:
        pass
    try:
        children = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        state["child processes"] = frozenset(("alive" if children is None else str(children.si_pid),))
    except ChildProcessError:
        state["child processes"] = frozenset()
    state["limits and settings"] = frozenset(_settings())
    return state


def _settings() -> list[str]:
    found = [f"{name} {value!r}" for name, value in interpreter.settings().items()]
    try:
        with open("/proc/self/limits", encoding="ascii") as limits:
            found += limits
        with open("/proc/self/status", encoding="utf-8", errors="replace") as status:
            found += [line for line in status if line.startswith("Umask")]
    except OSError:
        pass
    return found


def _files(folders: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    found.append(f"{entry.path} {entry.stat(follow_symlinks=False).st_ctime_ns}")
                    if len(found) >= _MANY_FILES:
                        return found
        except OSError:
            continue
    return found
