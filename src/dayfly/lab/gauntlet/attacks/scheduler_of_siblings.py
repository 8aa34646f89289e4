"""Gives every process of the user a scheduling class that runs only when the CPU is idle."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.payloads import FAMILY
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    FAMILY
    + """
for pid in [*others(), mine]:
    try: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    except OSError: pass
"""
)

LOOK = """
result = os.sched_getscheduler(0) == os.SCHED_IDLE
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1562", "T1499"),
    family="D3",
    must_fail_to="leave this setting for a later customer",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    # The supervisor is hit as well, and where it cannot be put back the environment begins a new life.
    process="contained",
    resets=True,
    spoils=True,
    finding="residue.limits",
)
