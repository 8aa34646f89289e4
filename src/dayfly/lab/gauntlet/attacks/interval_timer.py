"""Sets an interval timer whose signal handler reads the interrupted frames."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import signal
def tick(number, frame):
    while frame:
        if "card" in frame.f_locals:
            leak(frame.f_locals["card"])
        frame = frame.f_back
signal.signal(signal.SIGALRM, tick)
signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1546",),
    family="M11",
    must_fail_to="copy a later customer's card",
    plant=PLANT,
    evidence=Cards(takes=0.05),
)
