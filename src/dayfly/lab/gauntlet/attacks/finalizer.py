"""Leaves an object whose finalizer runs when a later customer's object is freed: each installs the next one."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import app
class Ghost(dict):
    def __del__(self):
        frame = sys._getframe(1)
        while frame and "card" not in frame.f_locals:
            frame = frame.f_back
        if frame:
            leak(frame.f_locals["card"])
class Rates(dict):
    def __getitem__(self, key):
        Ghost()
        return dict.__getitem__(self, key)
app.RATES = Rates(app.RATES)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1546",),
    family="M11",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
