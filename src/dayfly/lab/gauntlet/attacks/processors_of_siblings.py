"""Binds every process of the user to one CPU."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.payloads import FAMILY
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    FAMILY
    + """
one = {min(os.sched_getaffinity(0))}
for pid in [*others(), mine]:
    try: os.sched_setaffinity(pid, one)
    except OSError: pass
"""
)

LOOK = """
result = len(os.sched_getaffinity(0)) == 1
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1562", "T1499"),
    family="D3",
    must_fail_to="leave this setting for a later customer",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    spoils=True,
    possible="result = len(os.sched_getaffinity(0)) > 1",
    finding="residue.limits",
)
