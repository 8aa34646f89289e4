"""Writes `usercustomize.py`, which every later Python of the user runs at its start."""

from __future__ import annotations

from tests.attacks.evidence import WrongAnswers
from tests.attacks.payloads import SITE
from tests.attacks.technique import Technique

PLANT = (
    SITE
    + """
with open(folder + "/usercustomize.py", "w") as file:
    file.write(code)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1546.018",),
    family="P3",
    must_fail_to="run when a later customer's report starts a Python",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="reports.handler",
    finding="residue.file",
)
