"""Which findings mean that an environment served others while it was in an attacker's hands."""

from __future__ import annotations

# Rules whose environments have a foothold in them, or must be taken for it.
HARM = frozenset({"infection_burst", "divergence", "residue_divergence", "foothold"})
# The runtime says by itself that somebody else served.
ALWAYS = frozenset({"environment.infected", "environment.not-clean"})
# What is planted dies with a fresh worker, and stays where requests share a process.
UNLESS_FRESH = frozenset({"residue.memory", "residue.code", "residue.kept-file", "residue.served"})


def keeps_harm(kind: str, isolation: str) -> bool:
    """Say whether this kind of finding leaves the environment infected, under this isolation."""
    return (
        kind in HARM or kind in ALWAYS or (kind in UNLESS_FRESH and isolation not in ("invocation", "window"))
    )
