"""Changes settings of the whole process: umask, timeouts, recursion limit, switch interval, signals, priority, descriptors."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import ReadBack
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
import resource, signal
socket.setdefaulttimeout(77)
signal.signal(signal.SIGTERM, lambda *_: None)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
sys.setswitchinterval(2)
sys.setrecursionlimit(54321)
os.umask(0o777)
os.setpriority(os.PRIO_PROCESS, 0, 17)
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
sys.path.insert(0, "/tmp/evil")
sys.excepthook = lambda *_: None
resource.setrlimit(resource.RLIMIT_NOFILE, (77, 77))
"""

LOOK = """
import resource, signal
marks = []
if socket.getdefaulttimeout() == 77: marks.append("socket timeout")
if getattr(signal.getsignal(signal.SIGTERM), "__name__", "") == "<lambda>": marks.append("signal handler")
if signal.SIGUSR2 in signal.pthread_sigmask(signal.SIG_BLOCK, []): marks.append("signal mask")
if sys.getswitchinterval() > 1: marks.append("switch interval")
if sys.getrecursionlimit() == 54321: marks.append("recursion limit")
if os.umask(0o22) == 0o777: marks.append("umask")
if os.getpriority(os.PRIO_PROCESS, 0) == 17: marks.append("nice")
if os.sched_getscheduler(0) == os.SCHED_IDLE: marks.append("scheduler")
if any("evil" in entry for entry in sys.path): marks.append("path")
if sys.excepthook is not sys.__excepthook__: marks.append("excepthook")
if resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 77: marks.append("limit")
result = marks
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1562", "T1499"),
    family="M11",
    must_fail_to="leave a later customer with its settings",
    plant=PLANT,
    evidence=ReadBack(LOOK),
)
