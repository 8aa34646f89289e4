"""Adds a logging filter that reads all log records."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import logging
logging.getLogger("shop").addFilter(lambda record: (leak(record.args), True)[1])
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1056", "T1119"),
    family="M12",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
