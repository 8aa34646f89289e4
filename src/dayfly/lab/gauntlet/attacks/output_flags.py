"""Makes the log pipes non-blocking: processes share this flag."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
os.set_blocking(1, False)
os.set_blocking(2, False)
"""

LOOK = """
result = not os.get_blocking(1) or not os.get_blocking(2)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1562.006",),
    family="D4",
    must_fail_to="leave this setting for a later customer",
    plant=PLANT,
    evidence=ReadBack(LOOK),
)
