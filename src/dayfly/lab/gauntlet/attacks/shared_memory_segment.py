"""Leaves a System V shared memory segment, which belongs to no process."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.payloads import CALLS, HAS_IPC
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    CALLS
    + """
libc.shmget(0x1234, 4096, 0o1666)
"""
)

LOOK = (
    CALLS
    + """
result = libc.shmget(0x1234, 0, 0) >= 0
"""
)

TECHNIQUE = Technique(
    level="L3",
    attack=("T1559",),
    family="K2",
    must_fail_to="find it again",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    possible=HAS_IPC,
    finding="residue.ipc",
)
