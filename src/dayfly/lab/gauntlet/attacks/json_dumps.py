"""Wraps a function of a shared module."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import json
real = json.dumps
json.dumps = lambda value, *a, **k: (leak(value), real(value, *a, **k))[1]
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1056"),
    family="M3",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
