"""Starts a thread that reads the variables of every other thread, again and again."""

from __future__ import annotations

from tests.attacks.evidence import Cards
from tests.attacks.payloads import WATCH
from tests.attacks.technique import Technique

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
