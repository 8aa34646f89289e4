"""Which findings mean that an environment served others while it was in an attacker's hands."""

from __future__ import annotations

# The runtime, or a rule, says by itself that somebody else serves.
ALWAYS = frozenset({"environment.infected", "environment.not-clean"})
RULES = frozenset({"divergence", "foothold", "unaccounted_invocations"})
# What is planted dies with a fresh worker, and stays where requests share a process.
UNLESS_FRESH = frozenset({"residue.memory", "residue.code", "residue.kept-file", "residue.served"})
RULES_UNLESS_FRESH = frozenset({"infection_burst", "residue_divergence"})
HARM = RULES | RULES_UNLESS_FRESH
_FRESH = frozenset({"invocation", "window"})


def keeps_harm(kind: str, isolation: str) -> bool:
    """Say whether this kind of finding, or this rule, leaves the environment infected under this isolation."""
    if kind in ALWAYS or kind in RULES:
        return True
    return (kind in UNLESS_FRESH or kind in RULES_UNLESS_FRESH) and isolation not in _FRESH
