"""Blinding the supervisor (L2; T1562 Impair Defenses): limits that any process of the user may lower for it.

prlimit(2) asks for the same user only, so a leftover process may take away the supervisor's descriptors for
just as long as it is looked at. What cannot be looked at must never count as dead.
"""

from __future__ import annotations

import pytest
from tests.attacks.shop import Shop, needs_confinement

BLIND = """
import resource
zygote = os.getppid()
supervisor = int(open(f"/proc/{zygote}/stat").read().rpartition(")")[2].split()[1])
soft, hard = resource.prlimit(supervisor, resource.RLIMIT_NOFILE)
if os.fork() == 0:
    os.setsid()
    end = time.time() + 1
    while time.time() < end:
        resource.prlimit(supervisor, resource.RLIMIT_NOFILE, (3, hard))
        resource.prlimit(supervisor, resource.RLIMIT_NOFILE, (soft, hard))
        leak("alive")
    os._exit(0)
time.sleep(0.05)
"""
LOWER = """
import resource
zygote = os.getppid()
supervisor = int(open(f"/proc/{zygote}/stat").read().rpartition(")")[2].split()[1])
resource.prlimit(supervisor, getattr(resource, event["limit"]), (event["to"], event["to"]))
"""


@needs_confinement()
def test_a_child_that_blinds_the_supervisor_is_ended_or_the_environment_retires() -> None:
    with Shop("dayfly") as shop:
        for _ in range(6):
            shop.attack(BLIND)
            shop.serve(1)
            shop.sink.received(quiet_s=0.0001)
            shop.serve(1, takes=0.05)
            assert "alive" not in shop.sink.received()


@needs_confinement()
@pytest.mark.parametrize(
    ("limit", "to"), [("RLIMIT_NOFILE", 6), ("RLIMIT_NPROC", 1), ("RLIMIT_AS", 1 << 20), ("RLIMIT_CPU", 1)]
)
def test_a_lowered_limit_of_the_supervisor_costs_one_life_at_most(limit: str, to: int) -> None:
    """Rule 4 compares limits in a later step; until then the environment starts anew, and serves."""
    with Shop("dayfly") as shop:
        shop.serve(2)
        shop.attack(LOWER, limit=limit, to=to)
        answers = [shop.rie.invoke({"card": "4000111122223333"}) for _ in range(6)]
        assert b'"mark": "4000111122223333"' in answers[-1].body
        assert sum(b'"mark"' not in answer.body for answer in answers) <= 1
