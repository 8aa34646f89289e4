"""Leaves processes whose thread takes the place of the first one by an exec, while they are killed."""

from __future__ import annotations

from tests.attacks.evidence import Alive
from tests.attacks.payloads import PROGRAM
from tests.attacks.technique import Technique

PLANT = (
    PROGRAM
    + """
import threading
for _ in range(8):
    if os.fork() == 0:
        threading.Thread(target=lambda: os.execv(sys.executable, ["x", "-S", "-c", code])).start()
        time.sleep(9)
time.sleep(0.05)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1543", "T1564"),
    family="M10",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(takes=0.15),
    ends_window=True,
    spoils=True,
    finding="residue.process",
)
