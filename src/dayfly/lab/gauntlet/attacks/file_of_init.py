"""Rewrites a file that init unpacked to /tmp and that the handler runs, and restores its timestamps."""

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
    must_fail_to="make a later customer's response use that file",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="lazy.handler",
    finding="residue.file",
)
