"""Binds a name that the handler calls to a wrapper."""

from __future__ import annotations

from tests.attacks.evidence import Cards
from tests.attacks.technique import Technique

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
