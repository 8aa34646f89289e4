"""Leaves a file in /tmp for a later attack."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
with open("/tmp/stash", "w") as file:
    file.write("card")
"""

LOOK = """
result = os.listdir("/tmp")
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1074.001",),
    family="P1",
    must_fail_to="find it again",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    finding="residue.file",
)
