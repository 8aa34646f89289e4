"""Registers a callback of the garbage collector, and triggers collections all the time."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import gc
def collected(phase, info):
    frame = sys._getframe()
    while frame and "card" not in frame.f_locals:
        frame = frame.f_back
    if frame:
        leak(frame.f_locals["card"])
gc.callbacks.append(collected)
gc.set_threshold(1, 1, 1)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1546",),
    family="M11",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
