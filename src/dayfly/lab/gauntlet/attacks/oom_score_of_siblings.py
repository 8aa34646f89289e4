"""Marks every process of the user as the first one that the kernel kills if memory is short."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.payloads import FAMILY
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    FAMILY
    + """
for pid in [*others(), mine]:
    try:
        with open("/proc/%d/oom_score_adj" % pid, "w") as file:
            file.write("1000")
    except OSError:
        pass
"""
)

LOOK = """
with open("/proc/self/oom_score_adj") as file:
    result = int(file.read()) == 1000
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1562", "T1499"),
    family="D3",
    must_fail_to="leave this setting for a later customer",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    spoils=True,
    process="contained",
)
