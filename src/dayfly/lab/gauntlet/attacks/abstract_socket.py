"""Leaves a listener on an abstract socket, which no directory shows."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.technique import Technique

PLANT = r"""
server = socket.socket(socket.AF_UNIX)
server.bind("\0stash")
server.listen()
if os.fork() == 0:
    os.setsid()
    time.sleep(5)
    os._exit(0)
"""

LOOK = r"""
with socket.socket(socket.AF_UNIX) as client:
    try:
        client.connect("\0stash")
        result = True
    except OSError:
        result = False
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1559",),
    family="K2",
    must_fail_to="find it again",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    ends_window=True,
    finding="residue.process",
)
