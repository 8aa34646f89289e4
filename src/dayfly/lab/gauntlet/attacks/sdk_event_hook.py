"""Registers for events of a boto3 client that init created."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import stored
stored.CLIENT.meta.events.register_first("before-call.dynamodb", lambda params, **_: leak(params["body"]))
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1557", "T1056"),
    family="M13",
    must_fail_to="read a later customer's call to AWS",
    plant=PLANT,
    evidence=Cards(),
    handler="stored.handler",
)
