"""Replaces an object that the handler reads with an object of its own class, whose lookup reads its caller's variables."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import app
class Rates(dict):
    def __getitem__(self, key):
        leak(sys._getframe(1).f_locals["card"])
        return dict.__getitem__(self, key)
app.RATES = Rates(app.RATES)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1565.003"),
    family="M1",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
