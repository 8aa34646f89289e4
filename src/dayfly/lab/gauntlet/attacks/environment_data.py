"""Writes to the dictionary inside `os.environ`, which raises no audit event."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
os.environ._data[b"DISCOUNT"] = b"all"
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1565.003",),
    family="M14",
    must_fail_to="change what a later customer pays",
    plant=PLANT,
    evidence=WrongAnswers(),
)
