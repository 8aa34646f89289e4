"""Answers its own event and polls for others where the Runtime API is not locked, as on a platform where the lock was not verified."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.payloads import CLIENT
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    CLIENT
    + """
call("POST", mine + "/response", "1")
skim(60)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1557", "T1574"),
    family="M5",
    must_fail_to="receive a later customer's event",
    plant=PLANT,
    evidence=Cards(),
    environment={"DAYFLY_API_LOCK": "off"},
    finding="environment.infected",
    noticed_within=20,
    process="contained",
    timeout_s=3,
    spoils=True,
)
