"""Changes the database that the function stores in /tmp."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import sqlite3
with sqlite3.connect("/tmp/inventory.db") as connection:
    connection.executescript("DROP TABLE IF EXISTS goods; CREATE TABLE goods (name, price); INSERT INTO goods VALUES ('book', 1)")
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1565.001",),
    family="P1",
    must_fail_to="change what a later customer pays",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="inventory.handler",
    finding="residue.file",
)
