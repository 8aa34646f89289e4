"""Leaves a child process that keeps standard output and error open and writes to the log."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.technique import Technique

PLANT = r"""
if os.fork() == 0:
    end = time.time() + 3
    while time.time() < end:
        os.write(1, b"alive in the log\n")
        leak("alive")
        time.sleep(0.002)
    os._exit(0)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1543", "T1562.006"),
    family="M10",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(),
    ends_window=True,
    finding="residue.process",
)
