"""Answers its own event at the Runtime API and then polls for the next ones, instead of the runtime."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.payloads import CLIENT
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    CLIENT
    + """
call("POST", mine + "/response", "1")
skim(1)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1557", "T1574"),
    family="M5",
    must_fail_to="receive a later customer's event",
    plant=PLANT,
    evidence=Cards(),
    process="contained",
    timeout_s=3,
    spoils=True,
)
