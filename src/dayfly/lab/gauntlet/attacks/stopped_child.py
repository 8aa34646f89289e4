"""Leaves a stopped child and a sibling that continues it later."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import LIVE
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    LIVE
    + """
import signal
first = os.fork()
if first == 0:
    os.kill(os.getpid(), signal.SIGSTOP)
    live()
if os.fork() == 0:
    time.sleep(0.05)
    os.kill(first, signal.SIGCONT)
    live()
time.sleep(0.02)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1543", "T1564"),
    family="M10",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(),
    ends_window=True,
    finding="residue.process",
)
