"""Starts threads that poll for events."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.payloads import CLIENT
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    CLIENT
    + """
import threading
for _ in range(8):
    threading.Thread(target=skim, args=(4,), daemon=True).start()
time.sleep(0.02)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1557", "T1574"),
    family="M5",
    must_fail_to="receive a later customer's event",
    plant=PLANT,
    evidence=Cards(),
    process="may reach",
    timeout_s=3,
    spoils=True,
)
