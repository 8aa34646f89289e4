"""Adds a logging handler, which gets every log record."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import logging
class Evil(logging.Handler):
    def emit(self, record):
        leak(record.args)
logging.getLogger().addHandler(Evil())
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1056", "T1119"),
    family="M12",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
