"""Sends a path of attribute names that leads from an object to the globals of a method of its class, and a new value for one of them."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

TECHNIQUE = Technique(
    level="L1",
    attack=("T1190", "T1565.003"),
    family="E1",
    must_fail_to="change what a later customer pays",
    evidence=WrongAnswers(),
    handler="merging.handler",
    event={"preferences": {"__init__": {"__globals__": {"SETTINGS": {"rebate": 99}}}}},
)
