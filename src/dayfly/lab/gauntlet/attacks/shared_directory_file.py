"""Leaves a file in /dev/shm, which contains shared memory and named semaphores."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
from multiprocessing.shared_memory import SharedMemory
SharedMemory("stash", create=True, size=16, track=False) if sys.version_info >= (3, 13) else open("/dev/shm/stash", "w")
"""

LOOK = """
result = os.listdir("/dev/shm")
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1074.001", "T1559"),
    family="P1",
    must_fail_to="find it again",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    finding="residue.file",
    needs_more_than_lambda=True,
)
