"""Starts a thread that repeatedly reads the variables of all other threads."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.payloads import WATCH
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    WATCH
    + """
import threading

threading.Thread(target=watch, daemon=True).start()
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1546", "T1119"),
    family="M9",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(takes=0.05),
    finding="worker.work-discarded",
)
