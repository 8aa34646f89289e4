"""Wraps a function of a module that everybody uses."""

from __future__ import annotations

from tests.attacks.evidence import Cards
from tests.attacks.technique import Technique

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
