"""Sends a value that the function caches under a key that all customers share."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

TECHNIQUE = Technique(
    level="L1",
    attack=("T1190", "T1565.003"),
    family="E1",
    must_fail_to="set the price for a later customer",
    evidence=WrongAnswers(),
    handler="memo.handler",
    event={"region": "here", "rate": 0},
)
