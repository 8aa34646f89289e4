"""Writes to a multiprocessing value that init created."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import valued
valued.RATE.value = 1
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1565.001", "T1559"),
    family="K1",
    must_fail_to="change what a later customer pays",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="valued.handler",
    needs_more_than_lambda=True,
)
