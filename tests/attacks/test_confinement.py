"""Kernel confinement where the host allows it (L3; T1562.001 Impair Defenses, T1055 Process Injection).

Not on Lambda: there these attacks are answered by other means, which are attacked elsewhere with Lambda's refusals
in force. Here none of them may even begin; what an honest function does goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.attacks.shop import Shop, needs_confinement

pytestmark = needs_confinement()

NATIVE = """
import ctypes, errno, fcntl, resource, signal
libc = ctypes.CDLL(None, use_errno=True)
zygote = os.getppid()
supervisor = int(open("/proc/%d/stat" % zygote).read().rpartition(")")[2].split()[1])
def call(x86, arm, *arguments):
    number = x86 if os.uname().machine == "x86_64" else arm
    if libc.syscall(*[ctypes.c_long(word) for word in (number, *arguments)]) == -1:
        raise OSError(ctypes.get_errno(), "refused")
def refused(act, *arguments):
    try:
        act(*arguments)
    except PermissionError:
        return True
    except OSError as fault:
        return fault.errno == errno.ENOSYS
    return False
ours = (zygote, supervisor)
"""
ATTACKS = {
    "stops them": "result = [refused(os.kill, pid, signal.SIGSTOP) for pid in ours]",
    "kills them": "result = [refused(os.kill, pid, signal.SIGKILL) for pid in ours]",
    "kills everybody": "result = [refused(os.kill, -1, signal.SIGKILL)]",
    "kills its group": "result = [refused(os.kill, 0, signal.SIGKILL), refused(os.killpg, os.getpgrp(), signal.SIGKILL)]",
    "kills by a thread": "result = [refused(call, 234, 131, pid, pid, 9) for pid in ours]",
    "kills with a message": "result = [refused(call, 129, 138, pid, 9, 0) for pid in ours]",
    "kills by a handle": """
result = [refused(os.pidfd_open, pid) for pid in ours]
folders = [os.open("/proc/%d" % pid, os.O_RDONLY | os.O_DIRECTORY) for pid in ours]
result += [refused(call, 424, 424, folder, 9, 0, 0) for folder in folders]
""",
    "has the kernel kill": """
one, other = socket.socketpair()
result = [refused(fcntl.fcntl, one, fcntl.F_SETOWN, pid) for pid in ours]
result += [refused(fcntl.fcntl, one, 15, b"\\0" * 4 + pid.to_bytes(4, "little")) for pid in ours]
result += [refused(fcntl.ioctl, one, 0x8901, pid.to_bytes(4, "little")) for pid in ours]
""",
    "starves them": """
result = [refused(resource.prlimit, pid, resource.RLIMIT_NOFILE, (3, 3)) for pid in ours]
result += [refused(os.sched_setaffinity, pid, {0}) for pid in ours]
result += [refused(os.sched_setscheduler, pid, os.SCHED_IDLE, os.sched_param(0)) for pid in ours]
result += [refused(os.setpriority, os.PRIO_PROCESS, pid, 19) for pid in ours]
result += [refused(os.setpriority, kind, 0, 19) for kind in (os.PRIO_PGRP, os.PRIO_USER)]
result += [refused(call, 251, 30, 1, pid, 3 << 13) for pid in ours]
""",
    "reads them": """
result = [refused(call, 310, 270, pid, 0, 0, 0, 0, 0) for pid in ours]
result += [refused(call, 101, 117, 16, pid, 0, 0) for pid in ours]
result += [refused(call, 312, 272, pid, os.getpid(), 0, 0, 0) for pid in ours]
""",
    "gives the zygote a child": "result = [refused(call, 56, 220, 0x8000 | 17, 0, 0, 0, 0)]",
    "leaves a key": "result = [refused(call, 248, 217, 0, 0, 0, 0, -4), refused(call, 250, 219, 0, -3, 1)]",
    "from a program it executes": """
import subprocess
script = "kill -9 %d 2>/dev/null || echo refused; kill -9 -1 2>/dev/null || echo refused" % zygote
result = [word == "refused" for word in subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True).stdout.split()]
""",
}


@pytest.fixture(scope="module")
def confined() -> Iterator[Shop]:
    with Shop("dayfly", environment={"DAYFLY_CONFINE": "auto"}, refusals=False) as shop:
        shop.serve(1)
        if '"system_calls":"confined"' not in shop.rie.logs():
            pytest.skip("this host allows no filter of system calls")
        yield shop


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_aimed_at_dayflys_processes_does_not_begin(name: str, confined: Shop) -> None:
    found = confined.result_of(NATIVE + ATTACKS[name])
    assert isinstance(found, list)
    assert found
    assert all(found)
    confined.serve(2)
    assert set(confined.findings()) <= {"residue.process"}


@pytest.mark.parametrize(
    "name", ["stops them", "kills by a thread", "starves them", "gives the zygote a child", "leaves a key"]
)
def test_without_the_filter_they_do(name: str) -> None:
    """Otherwise the test above proves nothing."""
    code = (
        ATTACKS[name]
        .replace("signal.SIGSTOP", "signal.SIGURG")
        .replace("pid, pid, 9", "pid, pid, 23")
        .replace("(3, 3)", "(900, 900)")
    )
    with Shop("dayfly", environment={"DAYFLY_CONFINE": "off"}, refusals=False) as shop:
        shop.serve(1)
        found = shop.result_of(NATIVE + code)
        assert isinstance(found, list)
        assert not all(found)


def test_a_rebuilt_zygotes_workers_are_under_it_too(confined: Shop) -> None:
    """By a worker that kills it, which nobody can do from inside: so the environment renews it."""
    with Shop(
        "dayfly", environment={"DAYFLY_CONFINE": "auto", "DAYFLY_ZYGOTE_MAX_AGE": "0.2"}, refusals=False
    ) as shop:
        zygotes: set[str] = set()
        while len(zygotes) < 3:
            zygotes.add(str(shop.result_of("result = os.getppid()")))
            assert shop.result_of(NATIVE + ATTACKS["kills them"]) == [True, True]


@pytest.mark.parametrize("isolation", ["window", "process"])
def test_every_isolation_has_it(isolation: str) -> None:
    environment = {"DAYFLY_CONFINE": "auto", "DAYFLY_ISOLATION": isolation}
    with Shop("dayfly", environment=environment, refusals=False) as shop:
        shop.serve(1)
        if '"system_calls":"confined"' not in shop.rie.logs():
            pytest.skip("this host allows no filter of system calls")
        parent = "result = refused(os.kill, os.getppid(), signal.SIGKILL)"
        assert shop.result_of(NATIVE + parent) is True
        shop.serve(2)


def test_where_the_host_refuses_it_the_function_starts_and_the_first_line_says_so() -> None:
    with Shop("dayfly", environment={"DAYFLY_CONFINE": "auto"}) as shop:
        shop.serve(2)
        first = first_line(shop)
        assert first["system_calls"] == "open"
        assert "not permitted" in str(first["system_calls_reason"])


# ---- no network -------------------------------------------------------------------------------------

REACH = {
    "the Runtime API": "socket.create_connection(tuple(event['api'].split(':')), timeout=1)",
    "the supervisor's endpoint": (
        "socket.create_connection(tuple(os.environ['AWS_LAMBDA_RUNTIME_API'].rsplit(':', 1)), timeout=1)"
    ),
    "a server of the host": "socket.create_connection(('127.0.0.1', event['port']), timeout=1)",
    "the world": "socket.create_connection(('192.0.2.1', 80), timeout=1)",
    "the network it came from": """
import ctypes
opened = os.open("/proc/%d/ns/net" % os.getppid(), os.O_RDONLY)
if ctypes.CDLL(None, use_errno=True).setns(opened, 0) != 0: raise OSError(ctypes.get_errno(), "setns")
""",
}


@pytest.fixture(scope="module")
def offline() -> Iterator[Shop]:
    environment = {"DAYFLY_NETWORK": "none-where-allowed", "DAYFLY_API_LOCK": "off"}
    with Shop("dayfly", environment=environment, refusals=False) as shop:
        shop.serve(1)
        if '"network":"none"' not in shop.rie.logs():
            pytest.skip("this host gives users no network of their own")
        yield shop


@pytest.mark.parametrize("name", REACH)
def test_a_worker_without_a_network_reaches_nobody(name: str, offline: Shop) -> None:
    answer = offline.attack(REACH[name], port=offline.sink.port)
    assert answer.error_type in {"ConnectionRefusedError", "OSError", "PermissionError"}, answer.body
    offline.serve(2)


def test_a_worker_without_a_network_is_a_process_like_any_other(offline: Shop) -> None:
    honest = """
import subprocess, threading
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
open("/tmp/mine", "w").write("x")
result = [subprocess.run(["/bin/cat", "/tmp/mine"], capture_output=True, text=True).stdout, os.listdir("/tmp")]
"""
    for _ in range(3):
        assert offline.result_of(honest) == ["x", ["mine"]]
    assert set(offline.findings()) <= {"residue.file"}


def test_many_workers_in_a_row_each_get_a_network(offline: Shop) -> None:
    offline.serve(60)


def test_none_does_not_start_where_the_host_refuses_it() -> None:
    with Shop("dayfly", environment={"DAYFLY_NETWORK": "none"}) as shop:
        answer = shop.rie.invoke({"card": "4000111122223333"})
        assert answer.error_type == "Dayfly.InvalidSetting"
        assert b"network is none" in answer.body


def test_none_where_allowed_starts_where_the_host_refuses_it_and_says_so() -> None:
    with Shop("dayfly", environment={"DAYFLY_NETWORK": "none-where-allowed"}) as shop:
        shop.serve(2)
        assert first_line(shop)["network"] == "shared"
        assert shop.findings() == ["environment.cannot-check"]


def test_none_does_not_start_a_function_that_is_not_forked() -> None:
    environment = {"DAYFLY_NETWORK": "none", "DAYFLY_ISOLATION": "process"}
    with Shop("dayfly", environment=environment, refusals=False) as shop:
        assert shop.rie.invoke({"card": "4000111122223333"}).error_type == "Dayfly.InvalidSetting"


def first_line(shop: Shop) -> dict[str, object]:
    for line in shop.rie.logs().split("\n"):
        if '"environment.started"' in line:
            found = json.loads(line)["unmapped"]["evidence"]
            assert isinstance(found, dict)
            return found
    raise AssertionError("no first line")
