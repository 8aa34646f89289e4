"""Shuts down a socket that init created: all processes that have it share it."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import counted
counted.AGENT.shutdown(socket.SHUT_RDWR)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1499", "T1562.006"),
    family="K1",
    must_fail_to="prevent a later customer from being counted",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="counted.handler",
)
