"""Changes an in-memory database that init created."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import ledger
ledger.DATABASE.execute("UPDATE goods SET price = 1")
ledger.DATABASE.commit()
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1565.003",),
    family="M2",
    must_fail_to="change what a later customer pays",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="ledger.handler",
)
