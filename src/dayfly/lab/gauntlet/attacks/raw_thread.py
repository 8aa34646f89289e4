"""Starts a thread that the threading module does not know."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.payloads import WATCH
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    WATCH
    + """
import _thread

_thread.start_new_thread(watch, ())
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1546", "T1119"),
    family="M9",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(takes=0.05),
)
