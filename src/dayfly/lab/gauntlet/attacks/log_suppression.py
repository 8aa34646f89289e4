"""Removes the handlers from the root logger, so that later customers' log records are lost."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import BrokenLogLines
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import logging
class Nothing:
    def write(self, *_): pass
    def flush(self): pass
    def log_error(self, *_): pass
    def log(self, *_): pass
for handler in logging.getLogger().handlers:
    handler.emit = lambda record: None
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1562.006",),
    family="M12",
    must_fail_to="suppress a later customer's log records",
    plant=PLANT,
    evidence=BrokenLogLines(),
)
