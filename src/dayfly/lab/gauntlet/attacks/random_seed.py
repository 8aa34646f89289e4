"""Seeds the random number generator, so that it can predict later customers' values."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import random
random.seed(20260101)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1600.001",),
    family="M3",
    must_fail_to="predict a later customer's token",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="tokens.handler",
)
