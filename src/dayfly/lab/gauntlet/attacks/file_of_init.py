"""Rewrites a file that init unpacked to /tmp and the handler runs, with its times set back."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
path = "/tmp/lib/rates.py"
times = os.stat(path)
with open(path, "r+") as file:
    file.write("STANDARD = 'poison!'")
os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1565.001", "T1574"),
    family="K1",
    must_fail_to="have a later customer served from it",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="lazy.handler",
    finding="residue.kept-file",
)
