"""Leaves a POSIX message queue, which no system call lists."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.payloads import CALLS
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    CALLS
    + """
ctypes.CDLL('librt.so.1').mq_open(b'/stash', 0o102, 0o600, None)
"""
)

LOOK = (
    CALLS
    + """
result = ctypes.CDLL('librt.so.1').mq_open(b'/stash', 0) >= 0
"""
)

TECHNIQUE = Technique(
    level="L3",
    attack=("T1559",),
    family="K2",
    must_fail_to="find it again",
    plant=PLANT,
    evidence=ReadBack(LOOK),
)
