"""Patches the HTTP client that every SDK uses."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import http.client
real = http.client.HTTPConnection.request
def request(self, method, url, body=None, *rest, **more):
    leak(body)
    return real(self, method, url, body, *rest, **more)
http.client.HTTPConnection.request = request
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1557", "T1056"),
    family="M13",
    must_fail_to="read a later customer's request to a partner",
    plant=PLANT,
    evidence=Cards(),
    handler="partner.handler",
)
