"""Removes the wakeup descriptor of an event loop that init created from its epoll set, so that results of threads are not noticed."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import looping
looping.LOOP._selector._selector.unregister(looping.LOOP._ssock.fileno())
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1499",),
    family="K1",
    must_fail_to="delay a later customer",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="looping.handler",
)
