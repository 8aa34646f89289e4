"""Sends every process of the user the signals that the function handles: a copy that believes it must stop rejects all requests."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.payloads import FAMILY
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    FAMILY
    + """
for pid in [*others(), mine]:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP):
        try: os.kill(pid, number)
        except OSError: pass
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1489", "T1499"),
    family="D2",
    must_fail_to="make the function reject a later customer",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="stoppable.handler",
    spoils=True,
    process="reaches",
    finding="residue.signals",
)
