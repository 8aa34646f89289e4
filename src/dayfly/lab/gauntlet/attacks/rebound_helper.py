"""Replaces a function that the handler calls with a wrapper."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import app
real = app.receipt
app.receipt = lambda card: (leak(card), real(card))[1]
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574",),
    family="M2",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
