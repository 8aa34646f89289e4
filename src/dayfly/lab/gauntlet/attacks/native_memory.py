"""Overwrites a value in the process's memory through ctypes, without using Python's own ways to set it."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import ctypes, priced
first = (ctypes.c_char * len(priced.PRICE)).from_buffer(priced.PRICE)
ctypes.memmove(ctypes.addressof(first) + 19, b"0001", 4)
"""

TECHNIQUE = Technique(
    level="L3",
    attack=("T1055", "T1565.003"),
    family="M15",
    must_fail_to="change what a later customer pays",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="priced.handler",
)
