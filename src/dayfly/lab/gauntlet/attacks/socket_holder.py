"""Leaves child processes that keep all sockets of their parent open, so that its end causes no end of file."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import LIVE
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    LIVE
    + """
for _ in range(5):
    if os.fork() == 0:
        live()
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
