"""Answers its own event at the Runtime API and then polls for the next ones, in the runtime's place."""

from __future__ import annotations

from tests.attacks.evidence import Cards
from tests.attacks.payloads import CLIENT
from tests.attacks.technique import Technique

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
