"""Patches the class with which AWS's runtime client reads events."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller
real = LambdaMarshaller.unmarshal_request
def evil(self, body, *rest):
    leak(body)
    return real(self, body, *rest)
LambdaMarshaller.unmarshal_request = evil
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1557"),
    family="M4",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
