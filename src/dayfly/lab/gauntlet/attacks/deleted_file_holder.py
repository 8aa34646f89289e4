"""Leaves a child process that keeps a deleted file open; a later attacker opens it through /proc."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
file = open("/tmp/stash", "w+")
file.write("card")
file.flush()
os.remove("/tmp/stash")
if os.fork() == 0:
    os.setsid()
    time.sleep(5)
    os._exit(0)
"""

LOOK = """
found = []
for name in os.listdir("/proc"):
    try:
        for number in os.listdir("/proc/%s/fd" % name):
            if "stash (deleted)" in os.readlink("/proc/%s/fd/%s" % (name, number)):
                found.append(name)
    except OSError:
        pass
result = found
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1070.004", "T1074.001"),
    family="P1",
    must_fail_to="read the file back",
    plant=PLANT,
    evidence=ReadBack(LOOK),
    ends_window=True,
    finding="residue.process",
)
