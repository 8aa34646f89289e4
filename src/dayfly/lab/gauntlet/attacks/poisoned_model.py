"""Replaces the pickled model in /tmp with one that runs code when it is loaded."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import pickle
class Model:
    def __reduce__(self):
        return eval, ("{'threshold': __import__('os').environ.setdefault('DISCOUNT', 'all')}",)
with open("/tmp/model.pkl", "wb") as file:
    pickle.dump(Model(), file)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1565.001", "T1574"),
    family="P1",
    must_fail_to="run code in a later invocation",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="model.handler",
    finding="residue.file",
)
