"""Leaves sixteen chains of processes that fork and end."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import LIVE
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    LIVE
    + """
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(16):
    if os.fork() == 0:
        for hop in range(25):
            if os.fork():
                os._exit(0)
            if hop % 8 == 0:
                leak("alive")
        live(2)
"""
)

TECHNIQUE = Technique(
    level="L3",
    attack=("T1543", "T1564"),
    family="M10",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(),
    ends_window=True,
    spoils=True,
    finding="residue.process",
)
