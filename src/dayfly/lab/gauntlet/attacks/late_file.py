"""Makes threads and children create files while the worker is killed: a running system call still finishes."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import threading
def make(at):
    n = 0
    while n < 100_000:
        n += 1
        os.close(os.open("/tmp/late-%s-%d" % (at, n % 50), os.O_CREAT | os.O_WRONLY))
for at in range(3):
    if os.fork() == 0:
        make("child%d" % at)
        os._exit(0)
for at in range(3):
    threading.Thread(target=make, args=("thread%d" % at,), daemon=True).start()
time.sleep(0.01)
"""

LOOK = """
result = os.listdir("/tmp")
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1074.001",),
    family="P1",
    must_fail_to="find one of them again",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    ends_window=True,
    spoils=True,
)
