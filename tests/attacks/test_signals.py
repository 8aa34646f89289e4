"""Signals, stops and kills among Dayfly's own processes (L2; T1489 Service Stop, T1499 Endpoint Denial of Service).

Worker, standby, zygote and supervisor share a user, so a worker may send any signal to any of them. Whatever it sends,
later customers get their own answers; and whoever kills the supervisor does not outlive it.
"""

from __future__ import annotations

import json
import time

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.rie import Runtime

pytestmark = needs_confinement()

# Who is who, as any worker can find out; without Dayfly they are all one process.
FAMILY = """
import signal
zygote = os.getppid()
def parent(pid):
    return int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
supervisor = parent(zygote) if zygote > 1 else os.getpid()
if zygote == 1:
    zygote = supervisor
everybody = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != 1]
standbys = [pid for pid in everybody if pid not in (zygote, supervisor, os.getpid())]
def send(pid, *numbers):
    for number in numbers:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            # A worker before this one, which was buried since.
            assert pid not in (zygote, supervisor)
"""
ENDING = "SIGTERM SIGINT SIGHUP SIGQUIT SIGUSR1 SIGUSR2 SIGALRM SIGSEGV SIGABRT SIGILL SIGXCPU SIGSYS"
HARMLESS = {
    "every plain signal to the supervisor": f"""
for name in "{ENDING}".split():
    send(supervisor, getattr(signal, name))
""",
    "every plain signal to everybody else": f"""
for name in "{ENDING}".split():
    for pid in (zygote, *standbys):
        send(pid, getattr(signal, name))
""",
    "one to all at once": "signal.signal(15, signal.SIG_IGN)\nos.kill(-1, signal.SIGTERM)",
    "real-time signals": "[send(pid, 34, 40, 64) for pid in (supervisor, zygote, *standbys)]",
    "the signals that libc reserves": "send(supervisor, 32, 33)",
    "job control": "[send(pid, 20, 21, 22, 18) for pid in (supervisor, zygote, *standbys)]",
    "a flood that fills the user's queue, then SIGTERM without a sender": """
import ctypes
libc = ctypes.CDLL(None)
for pid in (supervisor, zygote, *standbys):
    for _ in range(30000):
        try:
            os.kill(pid, 50)
        except OSError:
            break
# Full: a signal that is queued is then delivered without saying who sent it (SI_USER, pid 0).
tgkill = 234 if os.uname().machine == "x86_64" else 131
for pid in (supervisor, zygote, *standbys):
    libc.syscall(tgkill, pid, pid, 15)
""",
    "SIGTERM in the name of PID 1": """
import ctypes, struct
libc = ctypes.CDLL(None)
number = 129 if os.uname().machine == "x86_64" else 138
for code in (-1, -6, 0, 128):
    info = ctypes.create_string_buffer(struct.pack("iiiiII", 15, 0, code, 0, 1, 0), 128)
    libc.syscall(number, supervisor, 15, info)
""",
    "SIGHUP from the kernel, to a process group that is orphaned": """
signal.signal(signal.SIGHUP, signal.SIG_IGN)
def orphan():
    os.setpgid(0, 0)
    if os.fork() == 0:
        os.setpgid(0, os.getpgid(zygote))
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    time.sleep(0.05)
    os._exit(0)
if os.fork() == 0:
    orphan()
time.sleep(0.1)
""",
    "a signal whenever a socket of one's own is readable": """
import fcntl
left, right = socket.socketpair()
fcntl.fcntl(left, fcntl.F_SETSIG, 15)
fcntl.fcntl(left, fcntl.F_SETOWN, supervisor)
fcntl.fcntl(left, fcntl.F_SETFL, fcntl.fcntl(left, fcntl.F_GETFL) | os.O_ASYNC)
right.send(b"x")
""",
}


def test_signals_end_a_function_without_dayfly(plain_shop: Shop) -> None:
    """What the tests below are about: the process that serves is gone, and with it everything init made."""
    answer = plain_shop.attack(FAMILY + "send(supervisor, signal.SIGTERM)\ntime.sleep(1)\nresult = 'went on'")
    assert answer.body != b'"went on"'


@pytest.fixture(scope="module")
def steady_shop(dayfly_shop: Shop) -> Shop:
    """The module's environment, which must be the same one from the first attack to the last."""
    return dayfly_shop


def wait_for_more(shop: Shop, before: int) -> None:
    """Return once there are more findings of signals."""
    assert has_more(shop, before, deadline_s=60.0), "no finding tells of it"


def has_more(shop: Shop, before: int, *, deadline_s: float = 1.0) -> bool:
    """Say whether there are more findings of signals in time: the emulator takes its own over log lines."""
    end = time.monotonic() + deadline_s
    while shop.findings().count("residue.signals") <= before:
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def lives(shop: Shop) -> int:
    return shop.rie.logs().count('"types":["environment.started"]')


@pytest.mark.parametrize("name", HARMLESS)
def test_no_signal_ends_or_disturbs_anything(name: str, steady_shop: Shop) -> None:
    assert steady_shop.result_of(FAMILY + HARMLESS[name] + "\nresult = 'went on'") == "went on"
    steady_shop.serve(4)
    assert lives(steady_shop) == 1
    assert "zygote.lost" not in steady_shop.findings()


def test_a_signal_to_the_supervisor_is_found(steady_shop: Shop) -> None:
    before = steady_shop.findings().count("residue.signals")
    steady_shop.attack(FAMILY + "send(supervisor, signal.SIGTERM)")
    steady_shop.serve(1)
    wait_for_more(steady_shop, before)


def test_the_functions_own_handlers_run_for_its_own_signals_alone() -> None:
    """2.4: a handler that refuses later orders, run in the zygote or a standby, refused all later customers."""
    with Shop("dayfly", handler="stoppable.handler") as shop:
        shop.serve(1)
        shop.attack(FAMILY + "[send(pid, 15, 2, 10, 12, 1) for pid in (zygote, *standbys)]")
        shop.serve(4)


def test_neither_do_they_where_threads_of_init_take_the_signal() -> None:
    """Threads have masks of their own: what the zygote blocks may be taken by one that waits in it."""
    attack = """
import ctypes
tgkill = 234 if os.uname().machine == "x86_64" else 131
for pid in (zygote, *standbys):
    for number in (15, 2, 10, 12, 1):
        send(pid, number)
        for thread in os.listdir(f"/proc/{pid}/task"):
            ctypes.CDLL(None).syscall(tgkill, pid, int(thread), number)
"""
    with Shop("dayfly", handler="patient.handler") as shop:
        shop.serve(2)
        assert '"isolation":"invocation"' in shop.rie.logs()
        for _ in range(3):
            shop.attack(FAMILY + attack)
            shop.serve(4)
        # A worker's end is told by its wait status, which the kernel must not have thrown away.
        assert b"signal: killed" in shop.attack("os.kill(os.getpid(), 9)").body
        shop.serve(2)


# ---- stops ----------------------------------------------------------------------------------------

STOPS = {
    "all at once": "os.kill(-1, signal.SIGSTOP)",
    "the supervisor": "send(supervisor, signal.SIGSTOP)",
    "zygote and standbys": "[send(pid, signal.SIGSTOP) for pid in (zygote, *standbys)]",
    "all, twenty times": "for _ in range(20):\n    os.kill(-1, signal.SIGSTOP)\n    time.sleep(0.005)",
}


@pytest.mark.parametrize("name", STOPS)
def test_a_stop_is_undone(name: str, steady_shop: Shop) -> None:
    assert steady_shop.result_of(FAMILY + STOPS[name] + "\nresult = 'went on'") == "went on"
    steady_shop.serve(4)
    assert lives(steady_shop) == 1


def test_stopped_standbys_and_a_stopped_zygote_are_found(steady_shop: Shop) -> None:
    before = steady_shop.findings().count("residue.signals")
    # A stop that the zygote was resumed from before it could run again leaves nothing to find.
    until_stopped = """
def state(pid):
    return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0]
until = time.monotonic() + 10
while state(zygote) != "T":
    assert time.monotonic() < until, "it goes on"
    send(zygote, signal.SIGSTOP)
"""
    steady_shop.attack(FAMILY + STOPS["zygote and standbys"] + until_stopped)
    steady_shop.serve(3)
    wait_for_more(steady_shop, before)


def test_a_stop_loop_ends_at_the_platforms_timeout() -> None:
    """What cannot be had from inside: it costs the attacker's own event its time, and then the platform resets."""
    loop = "\nuntil = time.time() + 20\nwhile time.time() < until:\n    send(supervisor, signal.SIGSTOP)"
    with Shop("dayfly", timeout_s=6) as shop:
        shop.serve(1)
        answer = shop.attack(FAMILY + loop)
        assert b"timed out" in answer.body
        cards = shop.serve(3, may_time_out=1)
        assert shop.stolen(cards) == 0


# ---- kills ----------------------------------------------------------------------------------------

LIVE = """
def live(seconds=3):
    end = time.time() + seconds
    while time.time() < end:
        leak("alive")
        time.sleep(0.002)
"""
# What is killed, and whether the environment starts anew: None where the kernel may end the killer before he is through.
KILLS = {
    "everybody": ("os.kill(-1, signal.SIGKILL)", True),
    "the supervisor": ("send(supervisor, signal.SIGKILL)", True),
    "the zygote": ("send(zygote, signal.SIGKILL)", False),
    "zygote, then supervisor": ("send(zygote, 9)\nsend(supervisor, 9)", None),
    "supervisor, then zygote": ("send(supervisor, 9)\nsend(zygote, 9)", True),
}


@pytest.mark.parametrize("name", KILLS)
def test_whoever_kills_ends_with_those_he_killed(name: str) -> None:
    """The kernel ends the worker when supervisor or zygote does; 26 of 30 lived on without (1.3)."""
    code, is_reset = KILLS[name]
    with Shop("dayfly") as shop:
        for _ in range(3):
            shop.serve(1)
            shop.attack(LIVE + FAMILY + "os.setsid()\n" * (name == "everybody") + code + "\nlive()")
            for _ in range(100_000):
                if not shop.sink.received(quiet_s=0.001):
                    break
            assert shop.sink.received(quiet_s=0.2) == []
            cards = shop.serve(3)
            assert shop.stolen(cards) == 0
        was_reset = lives(shop) > 1
        assert is_reset is None or was_reset is is_reset
        assert was_reset or "zygote.lost" in shop.findings()


def test_a_child_forked_before_the_supervisor_is_killed_meets_no_customer() -> None:
    """A child is not on the worker's lifeline: the next life ends it before any function code."""
    attack = "if os.fork() == 0:\n    time.sleep(0.05)\n    live(6)\n    os._exit(0)\nsend(supervisor, 9)\ntime.sleep(3)"
    with Shop("dayfly") as shop:
        shop.serve(1)
        shop.attack(LIVE + FAMILY + attack)
        # Whatever is heard until the next life has begun is heard of nobody's order.
        shop.rie.invoke({"card": "4000111122223333"})
        for _ in range(100_000):
            if not shop.sink.received(quiet_s=0.001):
                break
        cards = shop.serve(3, takes=0.05)
        assert shop.sink.received(quiet_s=0.1) == []
        assert shop.stolen(cards) == 0


def test_the_first_line_of_a_later_life_says_so() -> None:
    def first_lines(shop: Shop) -> list[str]:
        lines = [line for line in shop.rie.logs().split("\n") if '"types":["environment.started"]' in line]
        return [json.loads(line)["message"] for line in lines]

    with Shop("dayfly") as shop:
        shop.serve(2)
        shop.attack(FAMILY + "open('/tmp/planted', 'w').write('x')\nsend(supervisor, 9)\ntime.sleep(3)")
        shop.serve(2)
        # Nothing of anybody's is left to be found: the platform has seen the second life end.
        shop.attack(FAMILY + "send(supervisor, 9)\ntime.sleep(3)")
        shop.serve(2)
        first, second, third = first_lines(shop)
        assert "restarted" not in first
        assert "runtime restarted" in second
        assert "restarted" in third
        assert shop.result_of("result = os.path.exists('/tmp/planted')") is False


@pytest.mark.parametrize("moment", [0.0, 0.001, 0.003, 0.01])
def test_killed_standbys_are_replaced_whenever_it_happens(moment: float, steady_shop: Shop) -> None:
    attack = f"""
time.sleep({moment})
for pid in standbys:
    try:
        send(pid, 9)
    except ProcessLookupError:
        pass  # the worker before this one, buried meanwhile
result = "went on"
"""
    before = steady_shop.findings().count("residue.signals")
    for _ in range(5):
        # On a busy machine no standby may have been there yet.
        assert steady_shop.result_of(FAMILY + attack) == "went on"
        steady_shop.serve(4)
        assert lives(steady_shop) == 1
        if has_more(steady_shop, before):
            return
    pytest.fail("no finding tells of it")


def test_kills_that_race_with_forks_cost_no_customer_an_answer(steady_shop: Shop) -> None:
    attack = """
until = time.time() + 0.2
while time.time() < until:
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in (1, os.getpid(), zygote, supervisor):
            try:
                os.kill(int(name), 9)
            except OSError:
                pass
result = "went on"
"""
    for _ in range(3):
        assert steady_shop.result_of(FAMILY + attack) == "went on"
        steady_shop.serve(3)
    assert lives(steady_shop) == 1


@pytest.mark.parametrize("isolation", ["process", "window"])
def test_the_supervisors_death_ends_the_function_in_every_isolation(isolation: str) -> None:
    with Shop("dayfly", environment={"DAYFLY_ISOLATION": isolation}) as shop:
        shop.serve(1)
        kill = "target = os.getppid() if event['isolation'] == 'process' else supervisor\nsend(target, 9)\nlive()"
        shop.attack(LIVE + FAMILY + kill, isolation=isolation)
        for _ in range(100_000):
            if not shop.sink.received(quiet_s=0.001):
                break
        assert shop.sink.received(quiet_s=0.2) == []
        shop.serve(2)


@pytest.mark.parametrize("runtime", ["plain", "dayfly"])
def test_a_single_stop_of_what_serves_costs_only_its_sender_without_dayfly_more(runtime: Runtime) -> None:
    """Without Dayfly the process that is stopped is the one that serves, until the platform's timeout."""
    with Shop(runtime, timeout_s=6) as shop:
        shop.serve(1)
        answer = shop.attack(FAMILY + "send(supervisor, signal.SIGSTOP)\nresult = 'went on'")
        assert (answer.body == b'"went on"') is (runtime == "dayfly")
