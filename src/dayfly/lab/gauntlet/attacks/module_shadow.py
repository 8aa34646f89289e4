"""Puts a folder in /tmp first on the import path, with a module of the same name as one that is imported late."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
os.makedirs("/tmp/shadow", exist_ok=True)
with open("/tmp/shadow/tariffs.py", "w") as file:
    file.write("PRICE = 1")
sys.modules.pop("tariffs", None)
sys.path.insert(0, "/tmp/shadow")
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574.007", "T1546"),
    family="P2",
    must_fail_to="serve an altered module to a later customer",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="late.handler",
)
