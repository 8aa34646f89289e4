"""What an attacker can still do, said by a test: limits and priority of Dayfly's own processes (L2; T1499).

These tests fail as soon as it holds, so that nobody forgets to promise it; docs/security.md names the gap until then.
"""

from __future__ import annotations

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = needs_confinement()

STOP_FOR_EVER = """
zygote = os.getppid()
for name, value in (("RLIMIT_NOFILE", 12), ("RLIMIT_FSIZE", 0)):
    import resource
    resource.prlimit(zygote, getattr(resource, name), (value, value))
os.sched_setaffinity(zygote, {min(os.sched_getaffinity(0))})
os.setpriority(os.PRIO_PROCESS, zygote, 19)
"""
FEEL = """
import resource
result = [resource.getrlimit(resource.RLIMIT_FSIZE)[1], os.getpriority(os.PRIO_PROCESS, 0)]
"""


@pytest.mark.xfail(strict=True, reason="rule 4: limits and priority of the zygote are not compared yet")
def test_limits_put_on_the_zygote_reach_no_later_worker() -> None:
    with Shop("dayfly") as shop:
        before = shop.result_of(FEEL)
        shop.attack(STOP_FOR_EVER)
        for _ in range(4):
            shop.rie.invoke({"card": "4000111122223333"})
        assert shop.result_of(FEEL) == before
