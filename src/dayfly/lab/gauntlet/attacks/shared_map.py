"""Writes to a memory map that init created; Python's default is shared."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import mapped
mapped.RATES[:2] = b"01"
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1565.001", "T1559"),
    family="K1",
    must_fail_to="change what a later customer pays",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="mapped.handler",
)
