"""Leaves a process whose main thread has ended: in /proc it looks like a zombie."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import LIVE
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    LIVE
    + """
import ctypes, threading
if os.fork() == 0:
    threading.Thread(target=live).start()
    ctypes.CDLL(None).syscall(60 if os.uname().machine == "x86_64" else 93, 0)
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
    finding="residue.process",
)
