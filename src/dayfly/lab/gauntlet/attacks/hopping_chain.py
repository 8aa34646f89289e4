"""Leaves a process that forks and ends, again and again, so that a list of processes is always out of date."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import LIVE
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    LIVE
    + """
if os.fork() == 0:
    end = time.time() + 2
    hops = 0
    while time.time() < end:
        hops += 1
        if hops % 16 == 0:
            leak("alive")
        if hops > 300:
            live()
        if os.fork():
            os._exit(0)
        os.setsid()
    os._exit(0)
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
    spoils=True,
    finding="residue.process",
)
