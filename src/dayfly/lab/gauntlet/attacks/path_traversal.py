"""Uploads a file whose name climbs out of the folder for uploads, onto one the function reads."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

TECHNIQUE = Technique(
    level="L1",
    attack=("T1190", "T1565.001"),
    family="E2",
    must_fail_to="have a later customer served from its file",
    evidence=WrongAnswers(),
    handler="uploads.handler",
    finding="residue.file",
    event={"upload": '{"discount": 99}', "name": "../settings.json"},
)
