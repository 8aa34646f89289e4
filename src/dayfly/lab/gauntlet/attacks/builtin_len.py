"""Replaces a built-in function."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import builtins
real = len
def evil(value):
    if isinstance(value, str):
        leak(value)
    return real(value)
builtins.len = evil
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1056"),
    family="M3",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
