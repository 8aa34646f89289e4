"""Replaces the factory of log records."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import logging
real = logging.getLogRecordFactory()
logging.setLogRecordFactory(lambda *a, **k: (leak(a), real(*a, **k))[1])
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1056", "T1119"),
    family="M12",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
