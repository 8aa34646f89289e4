"""Rewrites a file that init unpacks only if it is missing, and ends the runtime, so that the next init reads it."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
os.makedirs("/tmp/lib", exist_ok=True)
with open("/tmp/lib/rates.py", "w") as file:
    file.write("STANDARD = 'poisoned'")
import signal
mine = os.getpid()
for name in sorted((name for name in os.listdir("/proc") if name.isdigit()), key=int):
    if int(name) not in (1, mine):
        try: os.kill(int(name), signal.SIGKILL)
        except OSError: pass
os.kill(mine, signal.SIGKILL)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1574", "T1565.001"),
    family="R1",
    must_fail_to="make a later customer's response use that file",
    plant=PLANT,
    evidence=WrongAnswers(),
    handler="unpacking.handler",
    resets=True,
    spoils=True,
    process="contained",
)
