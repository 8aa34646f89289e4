"""Leaves a server that waits for a later customer's process to connect."""

from __future__ import annotations

from tests.attacks.evidence import Alive
from tests.attacks.payloads import LIVE
from tests.attacks.technique import Technique

PLANT = (
    LIVE
    + """
if os.fork() == 0:
    server = socket.create_server(("127.0.0.1", 0))
    live()
time.sleep(0.02)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1543", "T1557"),
    family="M10",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(),
    ends_window=True,
    finding="residue.process",
)
