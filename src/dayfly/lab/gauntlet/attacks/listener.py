"""Leaves a server that waits for connections of later customers' processes."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.payloads import LIVE
from dayfly.lab.gauntlet.technique import Technique

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
