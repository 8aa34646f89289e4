"""Leaves a key on the user's keyring."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.payloads import HAS_KEYS, KEYS
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    KEYS
    + """
libc.syscall(add_key, b"user", b"stash", b"4111", 4, ctypes.c_long(-4))
"""
)

LOOK = (
    KEYS
    + """
result = libc.syscall(keyctl, 10, ctypes.c_long(-4), b"user", b"stash", 0) > 0
"""
)

TECHNIQUE = Technique(
    level="L3",
    attack=("T1559",),
    family="K2",
    must_fail_to="find it again",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    possible=HAS_KEYS,
    finding="residue.ipc",
)
