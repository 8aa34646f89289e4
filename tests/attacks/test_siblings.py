"""Attacks on Dayfly's own processes (L2; T1489 Service Stop, T1499 Endpoint Denial of Service, T1057 Discovery).

Worker, zygote, the workers forked ahead and the supervisor share a user, so any of them may be stopped or
killed by number. Later customers must be served by a clean worker, and no attack may add up over time.
"""

from __future__ import annotations

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.processes import descendants, state_of

pytestmark = needs_confinement()

FAMILY = """
import signal
def parent(pid):
    return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
zygote = os.getppid()
supervisor = parent(zygote)
def spares():
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and int(name) != os.getpid() and parent(name) == zygote:
                found.append(int(name))
        except OSError:
            pass
    return found
"""
SIGNALS = {
    "stop the spares": "[os.kill(pid, signal.SIGSTOP) for pid in spares()]",
    "stop the zygote": "os.kill(zygote, signal.SIGSTOP); time.sleep(0.02)",
    "stop the zygote before it forks": "os.kill(zygote, signal.SIGSTOP); time.sleep(0.05)",
    "kill the spares": "[os.kill(pid, signal.SIGKILL) for pid in spares()]",
    "kill the zygote": "os.kill(zygote, signal.SIGKILL)",
    "kill the zygote while a worker is forked": "time.sleep(0.001); os.kill(zygote, signal.SIGKILL); time.sleep(0.03)",
    "kill the zygote and the spares": "[os.kill(pid, 9) for pid in [zygote, *spares()]]; time.sleep(0.03)",
    "every signal to zygote and spares": (
        "[os.kill(pid, number) for pid in [zygote, *spares()] for number in signal.valid_signals() "
        "if number not in (9, signal.SIGSTOP)]"
    ),
    "continue and stop": "[os.kill(p, n) for p in [zygote, *spares()] for n in (signal.SIGSTOP, signal.SIGCONT)]",
    "kill the own group": "os.killpg(0, signal.SIGCHLD)",
}


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_to_siblings_keeps_no_later_customer_waiting(name: str, dayfly_shop: Shop) -> None:
    supervisor = dayfly_shop.rie.runtime_pids()[0]
    for _ in range(3):
        dayfly_shop.attack(FAMILY + SIGNALS[name])
        # A customer who waits for as long as the function may take gets no answer.
        dayfly_shop.serve(4)
    assert dayfly_shop.rie.runtime_pids()[0] == supervisor


def test_handlers_of_the_function_never_run_in_its_pristine_copy() -> None:
    """2.4: a handler that sets "stopping" on SIGTERM would refuse all later customers."""
    with Shop("dayfly", handler="stoppable.handler") as shop:
        shop.serve(1)
        for _ in range(3):
            shop.attack(
                FAMILY + "[os.kill(pid, n) for pid in [zygote, *spares()] for n in (10, 12, 15, 2, 1)]"
            )
            shop.serve(4)


SUPERVISOR = {
    "kill the supervisor": "os.kill(supervisor, signal.SIGKILL); time.sleep(1)",
    "end the supervisor": "os.kill(supervisor, signal.SIGTERM); time.sleep(1)",
    "kill everything": "os.kill(-1, signal.SIGKILL); time.sleep(1)",
}


@pytest.mark.parametrize("name", SUPERVISOR)
def test_without_its_supervisor_the_environment_starts_anew(name: str) -> None:
    with Shop("dayfly") as shop:
        shop.serve(1)
        for _ in range(2):
            shop.attack(FAMILY + SUPERVISOR[name])
            # The platform notices at its next event at the latest.
            shop.rie.invoke({"card": "4000111122223333"})
            shop.serve(4)


@pytest.mark.parametrize(
    "code",
    ["os.kill(supervisor, signal.SIGSTOP); time.sleep(9)", "os.kill(-1, signal.SIGSTOP)\ntime.sleep(9)"],
)
def test_a_stopped_supervisor_ends_with_the_platforms_timeout(code: str) -> None:
    with Shop("dayfly", timeout_s=6) as shop:
        shop.serve(1)
        assert shop.attack(FAMILY + code).body.startswith(b"Task timed out")
        shop.rie.invoke({"card": "4000111122223333"})
        shop.serve(4)


def test_zombies_do_not_pile_up() -> None:
    """2.6: what an attacker leaves dead and unreaped must not fill the process limit."""
    with Shop("dayfly") as shop:
        shop.serve(2)
        for _ in range(30):
            shop.attack(FAMILY + "[os.kill(pid, signal.SIGKILL) for pid in spares()]")
        shop.serve(6)
        zombies = [pid for pid in descendants(shop.rie.pid) if state_of(pid) == "Z"]
        assert len(zombies) < 10


BROKEN = """
import struct
frame = sys._getframe()
while "lambda_runtime_client" not in frame.f_locals:
    frame = frame.f_back
frame.f_locals["lambda_runtime_client"]._work.socket.sendall(os.urandom(64))
sys.modules["app"].RATES["evil"] = 1
time.sleep(3)
"""


def test_in_process_isolation_too_a_hostile_frame_costs_the_process() -> None:
    with Shop("dayfly", environment={"DAYFLY_ISOLATION": "process"}) as shop:
        shop.serve(2)
        for _ in range(2):
            assert shop.attack(BROKEN).error_type == "Runtime.ExitError"
            shop.serve(3)
            assert shop.result_of("result = 'evil' in sys.modules['app'].RATES") is False
