"""Leaves a process that kills every other process repeatedly."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import MOMENT_S, WrongAnswers
from dayfly.lab.gauntlet.payloads import FAMILY
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    FAMILY
    + """
if os.fork() == 0:
    os.setsid()
    mine = os.getpid()
    time.sleep(1)
    end = time.time() + 3
    while time.time() < end:
        for pid in others():
            try: os.kill(pid, signal.SIGKILL)
            except OSError: pass
    os._exit(0)
time.sleep(0.02)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1489", "T1499"),
    family="D2",
    must_fail_to="prevent a later customer's response",
    plant=PLANT,
    evidence=WrongAnswers(takes=MOMENT_S),
    spoils=True,
    ends_window=True,
    process="may reach",
    finding="residue.process",
)
