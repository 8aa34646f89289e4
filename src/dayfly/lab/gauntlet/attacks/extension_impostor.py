"""Leaves a program that looks like a Lambda extension, so that it might be spared."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import PROGRAM
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    PROGRAM
    + """
if os.fork() == 0:
    os.setsid()
    os.execv(sys.executable, ["/opt/extensions/agent", "-S", "-c", code])
time.sleep(0.1)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1036.005", "T1543"),
    family="M10",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(takes=0.15),
    ends_window=True,
    finding="residue.process",
)
