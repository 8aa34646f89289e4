"""What the kernel keeps for this process, as far as an invocation may leave it otherwise."""

from __future__ import annotations

import os

# What is compared, and the rule that it breaks.
STATES = {
    "the working directory": "residue.directory",
    "descriptors": "residue.descriptor",
    "child processes": "residue.process",
}


def process_state() -> dict[str, frozenset[str]]:
    """Return the working directory, open descriptors and children, by the names in STATES."""
    state: dict[str, frozenset[str]] = {}
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
    return state
