"""Leaves a child process that continues after the response."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import LIVE
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    LIVE
    + """
if os.fork() == 0:
    live()
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1543",),
    family="M10",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(),
    ends_window=True,
    finding="residue.process",
)
