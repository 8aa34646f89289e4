"""Writes a `.pth` file with a line that every later Python process of the user executes at its start."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.payloads import SITE
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    SITE
    + """
with open(folder + "/helper.pth", "w") as file:
    file.write(code)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1546.018",),
    family="P3",
    must_fail_to="run when a later customer's report starts Python",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="reports.handler",
    finding="residue.file",
)
