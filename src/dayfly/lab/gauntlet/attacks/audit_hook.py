"""Adds an audit hook, which cannot be removed."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
def hook(name, args):
    if name == "sys._getframe":
        frame = args[0]
        while frame and "card" not in frame.f_locals:
            frame = frame.f_back
        if frame:
            leak(frame.f_locals["card"])
sys.addaudithook(hook)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1562.001", "T1546"),
    family="M16",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
