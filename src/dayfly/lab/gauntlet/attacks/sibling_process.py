"""Leaves a process that is a child of its parent's parent (CLONE_PARENT)."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import LIVE
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    LIVE
    + """
import ctypes
number = 56 if os.uname().machine == "x86_64" else 220
if ctypes.CDLL(None).syscall(number, 0x00008000 | 17, 0, 0, 0, 0) == 0:
    live()
time.sleep(0.02)
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
    finding="residue.process",
)
