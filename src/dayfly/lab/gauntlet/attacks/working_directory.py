"""Changes the working directory to one that contains a file with a name that the function opens."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
os.chdir("/tmp")
with open("rates.json", "w") as file:
    file.write('{"standard": 1}')
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1565.001"),
    family="M14",
    must_fail_to="make a later customer's response use its file",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="relative.handler",
)
