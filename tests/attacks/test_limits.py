"""Limits and priorities of Dayfly's own processes, and of their user (L2; T1499 Endpoint Denial of Service, T1499.001).

A worker may lower the limits of every process of its user, for good if it likes, take processors away from it and make
it wait for all others. And what it leaves dead counts against the user until somebody waits for it.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable

import pytest
from tests.attacks.shop import Shop, needs_confinement
from tests.rie import Runtime

pytestmark = needs_confinement()

FAMILY = """
import resource
zygote = os.getppid()
def stat(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    except OSError:
        return "X0"
def parent(pid):
    return int(stat(pid)[1])
supervisor = parent(zygote) if zygote > 1 else os.getpid()
def find():
    everybody = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, os.getpid())]
    return {
        "zygote": [zygote],
        "supervisor": [supervisor],
        "standbys": [pid for pid in everybody if parent(pid) == zygote and stat(pid)[0] not in "ZX"],
        "all": everybody,
    }[event["whom"]]
for _ in range(500):
    # A standby may be on its way.
    if targets := find():
        break
    time.sleep(0.01)
def lower(kind, soft, hard):
    for pid in targets:
        was = resource.prlimit(pid, kind)
        resource.prlimit(pid, kind, (soft, was[1] if hard is None else hard))
"""
# How a worker is treated; two of these are each worker's own.
FEEL = """
import resource
# What a worker is told apart by is its own: no limit at all, or more than any machine has.
names = {5: "RSS", 10: "LOCKS"}
limits = [resource.getrlimit(n) for n in range(16) if n != resource.RLIMIT_NPROC and n not in names]
limits += [[-1 if limit == -1 or limit >= 1 << 56 else limit for limit in resource.getrlimit(n)] for n in names]
result = [limits, os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), sorted(os.sched_getaffinity(0))]
"""
ZYGOTE = "result = os.getppid()"
CHANGES = {
    "descriptors for good": "lower(resource.RLIMIT_NOFILE, 6, 6)",
    "no descriptors at all": "lower(resource.RLIMIT_NOFILE, 0, 0)",
    "descriptors for a while": "lower(resource.RLIMIT_NOFILE, 6, None)",
    "file size": "lower(resource.RLIMIT_FSIZE, 0, 0)",
    "file size for a while": "lower(resource.RLIMIT_FSIZE, 0, None)",
    "address space": "lower(resource.RLIMIT_AS, 1, 1)",
    "address space for a while": "lower(resource.RLIMIT_AS, 1, None)",
    "data": "lower(resource.RLIMIT_DATA, 1, 1)",
    "stack": "lower(resource.RLIMIT_STACK, 4096, 4096)",
    "processes": "lower(resource.RLIMIT_NPROC, 1, 1)",
    "processor time": "lower(resource.RLIMIT_CPU, 1000, 1000)",
    "processor time that is over": "lower(resource.RLIMIT_CPU, 0, 0)",
    "queued signals": "lower(resource.RLIMIT_SIGPENDING, 0, 0)",
    "core": "lower(resource.RLIMIT_CORE, 0, 0)",
    "every limit": "[lower(kind, 0, 0) for kind in range(16) if kind != resource.RLIMIT_CPU]",
    "nice": "[os.setpriority(os.PRIO_PROCESS, pid, 19) for pid in targets]",
    "idle": "[os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)) for pid in targets]",
    "batch": "[os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0)) for pid in targets]",
    "one processor": "[os.sched_setaffinity(pid, {max(os.sched_getaffinity(0))}) for pid in targets]",
    "input and output": """
import ctypes
number = 251 if os.uname().machine == "x86_64" else 30
for pid in targets:
    ctypes.CDLL(None).syscall(number, 1, pid, 3 << 13)
""",
}
# What ends the supervisor at once, or (a log that is a file) lets it say no more.
DEADLY = {"stack", "every limit", "processor time that is over", "file size"}
# No difference that a worker could feel.
UNFELT = {"batch"}


def serve_and_feel(shop: Shop, before: object, *, whom: str, change: str) -> None:
    # What the attacker gets does not matter; the customers after him do.
    shop.attack(FAMILY + CHANGES[change] + "\ntime.sleep(0.02)\nresult = 'went on'", whom=whom)
    shop.serve(4)
    assert shop.result_of(FEEL) == before


def comes_true(claim: Callable[[], bool]) -> bool:
    """Say whether it does in time: the emulator takes its own over log lines."""
    end = time.monotonic() + 60
    while not claim():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def told(shop: Shop) -> int:
    """How many findings tell of changes; who it was done to may end of it before it is compared."""
    return sum(kind in ("residue.limits", "residue.signals", "zygote.lost") for kind in shop.findings())


def named_in(shop: Shop) -> set[str]:
    """The changes that findings name, all of them."""
    names: set[str] = set()
    for line in shop.rie.logs().split("\n"):
        if '"residue.limits"' in line:
            names |= set(json.loads(line)["unmapped"]["evidence"]["changed"])
    return names


@pytest.fixture(scope="module")
def limited_shop(dayfly_shop: Shop) -> Shop:
    return dayfly_shop


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("whom", ["zygote", "standbys"])
def test_what_is_done_to_zygote_or_standby_reaches_no_later_worker(
    whom: str, change: str, limited_shop: Shop
) -> None:
    """2.5: limits, processors and priority of the zygote were inherited by every later worker."""
    before = limited_shop.result_of(FEEL)
    if change == "nice" and isinstance(before, list) and before[1] == 19:
        pytest.skip("these tests run at the lowest priority already")
    zygote, count = limited_shop.result_of(ZYGOTE), told(limited_shop)
    serve_and_feel(limited_shop, before, whom=whom, change=change)
    # Or, on a busy machine, a sweep that took too long has ended the zygote with all it had forked.
    is_new = limited_shop.result_of(ZYGOTE) != zygote
    # A standby that has just been forked takes its policy by itself, whatever it was.
    is_undone = (whom, change) == ("standbys", "idle")
    assert change in UNFELT or is_new or is_undone or comes_true(lambda: told(limited_shop) > count)
    assert limited_shop.rie.logs().count('"types":["environment.started"]') == 1


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_done_to_the_supervisor_costs_no_customer_an_answer(change: str) -> None:
    """It goes on, or ends in order, and the environment begins a new life; it never hangs."""
    with Shop("dayfly") as shop:
        shop.serve(1)
        before = shop.result_of(FEEL)
        serve_and_feel(shop, before, whom="supervisor", change=change)
        said = {"residue.limits", "environment.not-clean"}
        assert change in DEADLY | UNFELT or comes_true(lambda: not said.isdisjoint(shop.findings()))


def test_priority_of_the_whole_user_ends_the_life_of_the_environment() -> None:
    with Shop("dayfly") as shop:
        shop.serve(1)
        shop.attack("os.setpriority(os.PRIO_USER, 0, 19)")
        shop.serve(3)
        said = {"residue.limits", "environment.not-clean"}
        assert comes_true(lambda: said <= set(shop.findings()))


def test_priority_of_the_whole_session_reaches_no_later_worker() -> None:
    """sched(7): who is executed anew may write his own file, and zygote and workers have one group."""
    lower = "subprocess.run(['sh', '-c', 'echo 7 > /proc/self/autogroup'], check=True)"
    with Shop("dayfly") as shop:
        shop.serve(1)
        if shop.result_of("result = os.access('/proc/self/autogroup', os.R_OK)") is not True:
            pytest.skip("this kernel has no groups by session")
        assert shop.result_of(f"import subprocess\n{lower}\nresult = 'lowered'") == "lowered"
        shop.serve(3)
        assert comes_true(lambda: "zygote: priority of the session" in named_in(shop))
        assert str(shop.result_of("result = open('/proc/self/autogroup').read()")).endswith("nice 0\n")


def test_a_finding_names_limits_and_whose_they_are(limited_shop: Shop) -> None:
    wanted = {f"{who}: RLIMIT_NOFILE" for who in ("supervisor", "zygote", "standby")}

    def are_named() -> bool:
        # More than once: on a busy machine no standby may have been there yet.
        limited_shop.attack(FAMILY + CHANGES["descriptors for a while"], whom="all")
        limited_shop.serve(1)
        return wanted <= named_in(limited_shop)

    assert comes_true(are_named)


def test_an_honest_function_that_limits_itself_is_no_finding(limited_shop: Shop) -> None:
    count = limited_shop.findings().count("residue.limits")
    limited_shop.attack(
        "import resource\nos.nice(5)\nresource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    )
    limited_shop.serve(2)
    assert limited_shop.findings().count("residue.limits") == count


LEFT_ALIVE = """
if os.fork() == 0:
    end = time.time() + 3
    while time.time() < end:
        leak("alive")
        time.sleep(0.002)
    os._exit(0)
"""


@pytest.mark.parametrize("hard", ["None", "6", "0"])
def test_who_cannot_look_does_not_believe_that_all_are_gone(hard: str) -> None:
    """A child that keeps taking the supervisor's descriptors while it looks for such children."""
    attack = f"""
if os.fork() == 0:
    end = time.time() + 3
    while time.time() < end:
        try:
            lower(resource.RLIMIT_NOFILE, 0, {hard})
        except (OSError, ValueError):
            pass
        leak("alive")
    os._exit(0)
time.sleep(0.05)
"""
    with Shop("dayfly") as shop:
        shop.serve(1)
        for _ in range(2):
            shop.attack(FAMILY + LEFT_ALIVE + attack, whom="supervisor")
            shop.serve(1)
            for _ in range(100_000):
                if not shop.sink.received(quiet_s=0.001):
                    break
            shop.serve(2, takes=0.1)
            assert shop.sink.received() == []


# ---- processes ------------------------------------------------------------------------------------

# A busy machine takes long to start so many processes; none of them ends by itself before.
STORM_S = 60
STORMS = {
    "as many as the user may have": """
while True:
    try:
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
    except OSError:
        break
""",
    "a bomb": """
if os.fork() == 0:
    end = time.time() + 20
    while time.time() < end:
        try:
            os.fork()
        except OSError:
            pass
time.sleep(0.2)
""",
    "a bomb that buries its dead": """
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if os.fork() == 0:
    end = time.time() + 20
    while time.time() < end:
        try:
            if os.fork() and os.fork():
                os._exit(0)
        except OSError:
            pass
time.sleep(0.2)
""",
    "threads": """
import threading
for _ in range(2000):
    try:
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    except RuntimeError:
        break
""",
}
ROOM = """
import threading
threads = [threading.Thread(target=time.sleep, args=(0.3,)) for _ in range(event["threads"])]
for thread in threads: thread.start()
for thread in threads: thread.join()
result = len(threads)
"""


@pytest.mark.parametrize("refusals", [True, False], ids=["as on Lambda", "orphans come to us"])
@pytest.mark.parametrize("name", STORMS)
def test_a_storm_ends_with_its_invocation(name: str, refusals: bool) -> None:
    """Within the event's own time, and the next customers are served at once."""
    with Shop("dayfly", refusals=refusals, timeout_s=STORM_S) as shop:
        shop.serve(1)
        answer = shop.attack(STORMS[name])
        assert b"timed out" not in answer.body
        shop.serve(4)
        assert shop.result_of(ROOM, threads=32) == 32


def test_orphans_are_buried_where_they_come_to_the_supervisor() -> None:
    """Six storms leave 1,500 dead; without a burial the user's 742 are used up by the third."""
    with Shop("dayfly", refusals=False, timeout_s=STORM_S) as shop:
        shop.serve(1)
        for _ in range(6):
            shop.attack(STORMS["as many as the user may have"])
            assert shop.result_of(ROOM, threads=200) == 200
        assert "environment.zombies" not in shop.findings()


def test_dead_that_nobody_buries_leave_room_for_later_customers() -> None:
    """2.6: one invocation left 737 zombies, and the environment was dead for ever, also after a reset."""
    with Shop("dayfly", refusals=True, timeout_s=STORM_S) as shop:
        shop.serve(1)
        shop.attack(STORMS["as many as the user may have"])
        assert shop.result_of(ROOM, threads=200) == 200
        for _ in range(5):
            shop.attack(STORMS["as many as the user may have"])
            shop.serve(3)
        shop.wait_for_finding("environment.zombies")
        # Neither does a reset help, nor is there one for every event.
        assert shop.findings().count("environment.not-clean") <= 1
        assert shop.rie.logs().count('"types":["environment.started"]') <= 2


@pytest.mark.parametrize("runtime", ["plain", "dayfly"])
def test_one_storm_is_the_end_of_a_warm_environment_without_dayfly(runtime: Runtime) -> None:
    with Shop(runtime, refusals=True, timeout_s=STORM_S) as shop:
        shop.serve(1)
        try:
            shop.attack(STORMS["as many as the user may have"])
            body = shop.attack(ROOM, threads=32).body
        except (OSError, http.client.HTTPException):
            # The emulator itself has no thread left.
            body = b""
        assert (body == b"32") is (runtime == "dayfly")
