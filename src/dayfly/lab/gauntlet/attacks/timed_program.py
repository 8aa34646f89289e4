"""Sets an interval timer, then executes another program: the timer continues and drives it."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import Alive
from dayfly.lab.gauntlet.technique import Technique

PLANT = r"""
import signal
code = "import signal, socket\nout = socket.socket(2, 2)\nfor _ in range(150):\n signal.sigwait([14]); out.sendto(b'alive', ('127.0.0.1', %d))" % event["sink"]
if os.fork() == 0:
    os.setsid()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    os.execv(sys.executable, ["x", "-S", "-c", code])
time.sleep(0.1)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1546", "T1543"),
    family="M11",
    must_fail_to="run while a later customer is served",
    plant=PLANT,
    evidence=Alive(takes=0.15),
    ends_window=True,
    finding="residue.process",
)
