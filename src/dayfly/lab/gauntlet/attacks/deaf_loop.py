"""Takes the waker out of the epoll set of a loop that init made, so that work handed to threads is never heard of."""

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
    must_fail_to="keep a later customer waiting",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="looping.handler",
)
