"""Puts another file at the number of a descriptor that init opened and the handler reads."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import opened
memory = os.memfd_create("rates")
os.write(memory, b'{"standard": 1}')
os.dup2(memory, opened.RATES.fileno())
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1565.001"),
    family="K1",
    must_fail_to="make a later customer's response use its file",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="opened.handler",
)
