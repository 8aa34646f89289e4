"""Leaves two hundred processes at the same time."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import LIVE
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    LIVE
    + """
for _ in range(200):
    try:
        if os.fork() == 0:
            live(5)
    except OSError:
        break
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1543", "T1499.001"),
    family="M10",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(),
    ends_window=True,
    spoils=True,
    timeout_s=60,
    finding="residue.process",
)
