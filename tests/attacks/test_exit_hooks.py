"""Hooks for the end of a process (L2; T1546 Event Triggered Execution): none gets a turn where a later event is.

What else is changed in memory is in the catalogue: dayfly/lab/gauntlet/attacks/.
"""

from __future__ import annotations

from tests.attacks.shop import Shop, needs_confinement

pytestmark = needs_confinement()

EXIT_HOOKS = """
import atexit, signal, weakref, os
atexit.register(lambda: leak("atexit ran"))
class Thing: pass
thing = Thing(); sys.modules["keep"] = thing
weakref.finalize(thing, lambda: leak("finalizer ran"))
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD, signal.SIGCONT):
    signal.signal(number, lambda n, f: leak("handler ran %d" % n))
os.register_at_fork(before=lambda: leak("fork seen"), after_in_child=lambda: leak("fork seen"))
result = "planted"
"""


def test_hooks_for_the_end_never_run_where_a_later_event_is(dayfly_shop: Shop) -> None:
    """M11, T1546: the worker is killed, so that exit hooks, finalizers and handlers get no turn of their own."""
    assert dayfly_shop.result_of(EXIT_HOOKS) == "planted"
    dayfly_shop.serve(3, takes=0.01)
    assert dayfly_shop.sink.received() == []
