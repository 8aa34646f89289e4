"""Replaces a method of a class of the standard library, below the functions that a check would usually cover."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import json.encoder
real = json.encoder.JSONEncoder.encode
def encode(self, value):
    leak(value)
    return real(self, value)
json.encoder.JSONEncoder.encode = encode
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1056"),
    family="M3",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
