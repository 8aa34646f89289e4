"""Replaces name resolution: a partner's host name leads to the attacker's port."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
port, real = event["sink"], socket.getaddrinfo
def elsewhere(host, service, family=0, kind=0, *rest):
    return real(host, port if kind == socket.SOCK_DGRAM else service, family, kind, *rest)
socket.getaddrinfo = elsewhere
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1557", "T1565.002"),
    family="M3",
    must_fail_to="receive what a later customer sends to a partner",
    plant=PLANT,
    evidence=Cards(),
    handler="partner.handler",
)
