"""Leaves processes in their own namespaces."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import LIVE
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    LIVE
    + """
import ctypes
if os.fork() == 0:
    ctypes.CDLL(None).unshare(0x10000000 | 0x20000000)
    if os.fork() == 0:
        live()
    live()
time.sleep(0.05)
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
    needs_more_than_lambda=True,
    finding="residue.process",
)
