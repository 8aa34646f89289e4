"""Puts a folder with its own program first on `PATH`."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = r"""
os.makedirs("/tmp/bin", exist_ok=True)
with open("/tmp/bin/uname", "w") as file:
    file.write("#!/bin/sh\necho poisoned")
os.chmod("/tmp/bin/uname", 0o755)
os.environ["PATH"] = "/tmp/bin:" + os.environ["PATH"]
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574.007",),
    family="M14",
    must_fail_to="run instead of a program that a later customer's order starts",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="labels.handler",
    finding="residue.file",
)
