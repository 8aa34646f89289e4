"""Replaces the function with which AWS's runtime client creates the context, and reads the event from its caller."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
from awslambdaric import bootstrap
real = bootstrap.create_lambda_context
def evil(*args, **kwargs):
    frame = sys._getframe(1)
    leak(frame.f_locals.get("event_body"))
    return real(*args, **kwargs)
bootstrap.create_lambda_context = evil
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1557"),
    family="M4",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
