"""Hides a file below three thousand directories, where a recursive cleanup fails."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
os.chdir("/tmp")
for _ in range(3000):
    os.mkdir("d")
    os.chdir("d")
open("stash", "w").close()
"""

LOOK = """
result = os.listdir("/tmp")
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1074.001", "T1564"),
    family="P1",
    must_fail_to="find it again",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    finding="residue.file",
)
