"""Rewrites the price list that the function caches in /tmp."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
with open("/tmp/prices.json", "w") as file:
    file.write('{"price": 1}')
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1565.001",),
    family="P1",
    must_fail_to="change what a later customer pays",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="cached.handler",
    finding="residue.file",
)
