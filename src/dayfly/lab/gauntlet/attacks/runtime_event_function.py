"""Replaces the function with which AWS's runtime client handles an event."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
from awslambdaric import bootstrap
real = bootstrap.handle_event_request
def evil(*args, **kwargs):
    leak(args)
    return real(*args, **kwargs)
bootstrap.handle_event_request = evil
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1557"),
    family="M4",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
