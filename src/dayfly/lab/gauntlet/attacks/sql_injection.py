"""Changes a price in a database in /tmp through a search term."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

TECHNIQUE = Technique(
    level="L1",
    attack=("T1190", "T1565.001"),
    family="E2",
    must_fail_to="change what a later customer pays",
    evidence=WrongAnswers(),
    handler="inventory.handler",
    finding="residue.file",
    event={"search": "'; UPDATE goods SET price = 1; --"},
)
