"""Locks one of the function's files, through a child process that keeps the lock."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import fcntl
file = open("/var/task/app.py")
fcntl.flock(file, fcntl.LOCK_EX)
if os.fork() == 0:
    os.setsid()
    time.sleep(5)
    os._exit(0)
"""

LOOK = """
import fcntl
with open("/var/task/app.py") as file:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        result = False
    except BlockingIOError:
        result = True
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1499", "T1489"),
    family="K2",
    must_fail_to="find it again",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    ends_window=True,
    finding="residue.process",
)
