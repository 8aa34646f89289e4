"""Leaves a child process that polls for events, between an answer and the runtime's next poll."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.payloads import CLIENT
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    CLIENT
    + """
if os.fork() == 0:
    skim(4)
    os._exit(0)
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
    ends_window=True,
    process="may reach",
    timeout_s=3,
    spoils=True,
)
