"""Gives every process of the user the lowest priority."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.payloads import FAMILY
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    FAMILY
    + """
for pid in [*others(), mine]:
    try: os.setpriority(os.PRIO_PROCESS, pid, 19)
    except OSError: pass
"""
)

LOOK = """
result = os.getpriority(os.PRIO_PROCESS, 0) == 19
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
