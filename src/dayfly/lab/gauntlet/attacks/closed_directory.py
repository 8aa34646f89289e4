"""Hides a file in directories without any permissions, where a cleanup that does not change modes fails."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
os.makedirs("/tmp/a/b/c")
open("/tmp/a/b/c/stash", "w").close()
os.chmod("/tmp/a/b/c", 0)
os.chmod("/tmp/a/b", 0)
os.chmod("/tmp/a", 0)
"""

LOOK = """
result = os.listdir("/tmp")
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1074.001", "T1222"),
    family="P1",
    must_fail_to="find it again",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    finding="residue.file",
)
