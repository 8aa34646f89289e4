"""Leaves a tree of processes that grows while its processes are killed."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import LIVE
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    LIVE
    + """
def grow(levels):
    for _ in range(2):
        if os.fork() == 0:
            if levels:
                grow(levels - 1)
            live(2)
grow(5)
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
