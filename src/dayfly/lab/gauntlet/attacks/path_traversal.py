"""Uploads a file whose name leads out of the upload folder, to a file that the function reads."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

TECHNIQUE = Technique(
    level="L1",
    attack=("T1190", "T1565.001"),
    family="E2",
    must_fail_to="make a later customer's response use its file",
    evidence=WrongAnswers(),
    handler="uploads.handler",
    finding="residue.file",
    event={"upload": '{"discount": 99}', "name": "../settings.json"},
)
