"""Writes to the local variables of the runtime's running loop, which Python 3.13 allows through frames."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
frame = sys._getframe()
while frame.f_code.co_name != "run":
    frame = frame.f_back
real = frame.f_locals["request_handler"]
frame.f_locals["request_handler"] = lambda event, context: (leak(event), real(event, context))[1]
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1055"),
    family="M6",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
    since=(3, 13),
)
