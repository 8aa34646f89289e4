"""Registers a hook that runs at every fork of a function that forks."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
def forked():
    frame = sys._getframe()
    while frame and "card" not in frame.f_locals:
        frame = frame.f_back
    if frame:
        leak(frame.f_locals["card"])
os.register_at_fork(before=forked)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1546",),
    family="M11",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
    handler="forking.handler",
)
