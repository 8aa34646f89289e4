"""Sets `PYTHONPATH` to a folder with a `sitecustomize.py`, which every later Python process runs at its start."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
os.makedirs("/tmp/start", exist_ok=True)
with open("/tmp/start/sitecustomize.py", "w") as file:
    file.write("import os; os.write(1, b'poisoned ')")
os.environ["PYTHONPATH"] = "/tmp/start"
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1546.018", "T1574.007"),
    family="P3",
    must_fail_to="run when a later customer's report starts Python",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="reports.handler",
    finding="residue.file",
)
