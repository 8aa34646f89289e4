"""Lowers a limit of every process of the user: new workers inherit it, and no process can raise it again."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.payloads import FAMILY
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    FAMILY
    + """
import resource
for pid in [*others(), mine]:
    try: resource.prlimit(pid, resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    except OSError: pass
"""
)

LOOK = """
import resource
result = resource.getrlimit(resource.RLIMIT_FSIZE)[1] == 1 << 30
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1562", "T1499"),
    family="D3",
    must_fail_to="leave a later customer with that limit",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    # The supervisor is hit as well, and where it cannot be put back the environment begins a new life.
    process="contained",
    resets=True,
    spoils=True,
    finding="residue.limits",
)
