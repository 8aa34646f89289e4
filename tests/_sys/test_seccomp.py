"""The filter of system calls: run here instruction by instruction, and put in force in processes that end."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import resource
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable

import pytest

from dayfly._sys import seccomp
from dayfly._sys.seccomp import NUMBERS, REFUSED, assemble

MACHINES = ("x86_64", "aarch64")
SUPERVISOR, ZYGOTE, GROUP, OTHER = 1000, 1001, 999, 5000
ALLOW = 0x7FFF0000
REFUSE = 0x00050000 | errno.EPERM
MISSING = 0x00050000 | errno.ENOSYS
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
MINUS_ONE = (1 << 64) - 1


def run(program: bytes, number: int, arguments: tuple[int, ...], architecture: int) -> int:
    """What the kernel would answer: classic BPF over struct seccomp_data."""
    data = struct.pack("<IIQ6Q", number, architecture, 0, *(arguments + (0,) * 6)[:6])
    code = list(struct.iter_unpack("<HBBI", program))
    at = accumulator = 0
    while True:
        operation, true, false, constant = code[at]
        at += 1
        if operation == 0x06:
            return int(constant)
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, constant)
        else:
            holds = {
                0x15: accumulator == constant,
                0x35: accumulator >= constant,
                0x45: bool(accumulator & constant),
            }[operation]
            at += true if holds else false


def verdict(machine: str, name: str, *arguments: int) -> int:
    program = assemble(machine, protected=[SUPERVISOR, ZYGOTE], groups=[GROUP])
    number = NUMBERS[name][MACHINES.index(machine)]
    return run(program, number, arguments, ARCHITECTURE[machine])


every_machine = pytest.mark.parametrize("machine", MACHINES)


@every_machine
@pytest.mark.parametrize("name", REFUSED)
def test_what_no_function_needs_is_refused_whatever_it_is_aimed_at(machine: str, name: str) -> None:
    assert verdict(machine, name, OTHER, OTHER) == REFUSE


@every_machine
@pytest.mark.parametrize("target", [SUPERVISOR, ZYGOTE])
@pytest.mark.parametrize(("name", "at"), seccomp.SIGNALS.items())
def test_no_signal_reaches_dayflys_processes_and_asking_for_them_is_no_signal(
    machine: str, target: int, name: str, at: int
) -> None:
    sent, asked = [target] * at + [9], [target] * at + [0]
    assert verdict(machine, name, *sent) == REFUSE
    assert verdict(machine, name, *asked) == ALLOW
    assert verdict(machine, name, *([OTHER] * at), 9) == ALLOW


@every_machine
@pytest.mark.parametrize("target", [0, MINUS_ONE, 0xFFFFFFFF, (1 << 64) - GROUP, 2**32 - GROUP])
def test_no_signal_goes_to_everybody_or_to_dayflys_group(machine: str, target: int) -> None:
    assert verdict(machine, "kill", target, 9) == REFUSE


@every_machine
def test_the_upper_half_of_a_pid_counts_for_nothing(machine: str) -> None:
    assert verdict(machine, "kill", SUPERVISOR | 7 << 32, 9) == REFUSE
    assert verdict(machine, "kill", OTHER, 9 | 1 << 40) == ALLOW


@every_machine
@pytest.mark.parametrize("name", seccomp.AIMED)
def test_limits_and_priorities_of_dayflys_processes_are_out_of_reach(machine: str, name: str) -> None:
    for target in (SUPERVISOR, ZYGOTE):
        assert verdict(machine, name, target) == REFUSE
    for own in (0, OTHER):
        assert verdict(machine, name, own) == ALLOW


@every_machine
@pytest.mark.parametrize(("name", "one"), [("setpriority", 0), ("ioprio_set", 1)])
def test_a_priority_is_set_for_one_process_at_a_time(machine: str, name: str, one: int) -> None:
    assert verdict(machine, name, one, 0, 5) == ALLOW
    assert verdict(machine, name, one, OTHER, 5) == ALLOW
    assert verdict(machine, name, one, ZYGOTE, 5) == REFUSE
    for group_or_user in (one + 1, one + 2):
        assert verdict(machine, name, group_or_user, 0, 5) == REFUSE


@every_machine
def test_the_kernel_sends_no_signal_in_a_workers_name(machine: str) -> None:
    for owner in (SUPERVISOR, ZYGOTE, (1 << 64) - GROUP):
        assert verdict(machine, "fcntl", 3, fcntl.F_SETOWN, owner) == REFUSE
    assert verdict(machine, "fcntl", 3, fcntl.F_SETOWN, OTHER) == ALLOW
    assert verdict(machine, "fcntl", 3, fcntl.F_GETFL) == ALLOW
    assert verdict(machine, "fcntl", 3, fcntl.F_DUPFD_CLOEXEC, SUPERVISOR) == ALLOW
    assert verdict(machine, "fcntl", 3, 15, 0) == REFUSE
    assert verdict(machine, "ioctl", 3, 0x8901, 0) == REFUSE
    assert verdict(machine, "ioctl", 3, 0x5401, 0) == ALLOW


@every_machine
def test_no_child_is_given_to_the_zygote(machine: str) -> None:
    assert verdict(machine, "clone", 0x8000 | signal.SIGCHLD) == REFUSE
    assert verdict(machine, "clone", 0x01200011) == ALLOW
    assert verdict(machine, "clone3", 1, 88) == MISSING


@every_machine
def test_calls_by_another_door_are_refused(machine: str) -> None:
    """32-bit calls have other numbers, and x86's x32 calls share the architecture of the 64-bit ones."""
    program = assemble(machine, protected=[SUPERVISOR], groups=[GROUP])
    assert run(program, 1, (), 0x40000003) == REFUSE
    assert run(program, 1, (), 0x40000028) == REFUSE
    if machine == "x86_64":
        assert run(program, 0x40000000 | 62, (OTHER, 9), ARCHITECTURE[machine]) == REFUSE
        assert run(program, 0xFFFFFFFF, (), ARCHITECTURE[machine]) == REFUSE


@every_machine
def test_every_other_number_passes(machine: str) -> None:
    program = assemble(machine, protected=[SUPERVISOR], groups=[GROUP])
    named = {numbers[MACHINES.index(machine)] for numbers in NUMBERS.values()}
    for number in set(range(480)) - named:
        assert run(program, number, (SUPERVISOR,) * 6, ARCHITECTURE[machine]) == ALLOW


def test_no_more_processes_are_protected_than_a_filter_can_name() -> None:
    assert assemble("x86_64", protected=range(2, 102), groups=[GROUP])
    with pytest.raises(ValueError, match="too many"):
        assemble("x86_64", protected=range(2, 400), groups=[GROUP])
    with pytest.raises(KeyError):
        assemble("riscv64", protected=[], groups=[GROUP])


# ---- in force ---------------------------------------------------------------------------------------


def in_child(act: Callable[[], object], *, protected: list[int] | None = None, group: int = 0) -> str:
    """What `act` returned or raised in a child under the filter."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        text = "nothing"
        try:
            reason = seccomp.confine(protected or [os.getppid()], groups=[group])
            text = f"not confined: {reason}" if reason else str(act())
        except BaseException as fault:
            text = f"{type(fault).__name__}: {fault}"
        finally:
            os.write(write_end, text.encode()[:4000])
            os._exit(0)
    os.close(write_end)
    with open(read_end, "rb") as file:
        text = file.read().decode()
    os.waitpid(pid, 0)
    if text.startswith("not confined: "):
        pytest.skip(f"the host allows no filter: {text}")
    return text


def refused(act: Callable[[], object]) -> Callable[[], str]:
    def tried() -> str:
        try:
            act()
        except PermissionError:
            return "refused"
        return "done"

    return tried


def call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    column = MACHINES.index(platform.machine())
    words = [ctypes.c_long(word) for word in (NUMBERS[name][column], *arguments)]
    if libc.syscall(*words) == -1:
        raise OSError(ctypes.get_errno(), name)


ATTACKS: dict[str, Callable[[], object]] = {
    "a signal": lambda: os.kill(os.getppid(), signal.SIGURG),
    "a signal to everybody": lambda: os.kill(-1, signal.SIGURG),
    "a signal to its group": lambda: os.kill(0, signal.SIGURG),
    "a signal to a thread": lambda: call("tgkill", os.getppid(), os.getppid(), signal.SIGURG),
    "a signal to a thread, the old way": lambda: call("tkill", os.getppid(), signal.SIGURG),
    "a handle": lambda: os.pidfd_open(os.getppid()),
    "a limit": lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (9, 9)),
    "a processor": lambda: os.sched_setaffinity(os.getppid(), {0}),
    "a policy": lambda: os.sched_setscheduler(os.getppid(), os.SCHED_IDLE, os.sched_param(0)),
    "a priority": lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19),
    "everybody's priority": lambda: os.setpriority(os.PRIO_USER, 0, 19),
    "an owner": lambda: fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid()),
    "a look into memory": lambda: call("process_vm_readv", os.getppid(), 0, 0, 0, 0, 0),
    "a trace": lambda: call("ptrace", 16, os.getppid(), 0, 0),
    "a key": lambda: call("keyctl", 0, -3, 1),
    "a sibling": lambda: call("clone", 0x8000 | signal.SIGCHLD, 0, 0, 0, 0),
    "a ring": lambda: call("io_uring_setup", 1, 0),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_aimed_at_the_protected_is_refused_by_this_kernel(name: str) -> None:
    assert in_child(refused(ATTACKS[name]), group=os.getpgrp()) == "refused"


def test_children_and_programs_are_under_it_too() -> None:
    code = "import os, sys\ntry: os.kill(int(sys.argv[1]), 23)\nexcept PermissionError: print('refused')\n"

    def execute() -> str:
        command = [sys.executable, "-S", "-c", code, str(os.getppid())]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    assert in_child(execute) == "refused"


def test_threads_that_ran_before_are_under_it_too() -> None:
    import threading

    go, said = threading.Event(), []

    def late() -> None:
        go.wait(60)
        said.append(refused(lambda: os.kill(os.getppid(), signal.SIGURG))())

    def act() -> str:
        go.set()
        thread.join(60)
        return said[0]

    # The thread has to live in the child, so the filter is installed there after it was started.
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            thread = threading.Thread(target=late, daemon=True)
            thread.start()
            reason = seccomp.confine([os.getppid()], groups=[])
            os.write(write_end, (f"skip {reason}" if reason else act()).encode())
        finally:
            os._exit(0)
    os.close(write_end)
    with open(read_end, "rb") as file:
        text = file.read().decode()
    os.waitpid(pid, 0)
    if text.startswith("skip"):
        pytest.skip(text)
    assert text == "refused"


HONEST = {
    "subprocess": "import subprocess; subprocess.run(['/bin/sh', '-c', 'exit 3']).returncode == 3 or 1/0",
    "a child ended": "import subprocess; p = subprocess.Popen(['/bin/sleep', '60']); p.terminate(); p.wait()",
    "a group ended": (
        "import os, signal, subprocess\n"
        "p = subprocess.Popen(['/bin/sleep', '60'], start_new_session=True)\n"
        "os.killpg(p.pid, signal.SIGKILL); p.wait()"
    ),
    "timeout(1)": "import subprocess; subprocess.run(['timeout', '0.1', 'sleep', '60']).returncode == 124 or 1/0",
    "threads": (
        "import concurrent.futures as c\n"
        "with c.ThreadPoolExecutor(8) as pool: sum(pool.map(abs, range(100))) == 4950 or 1/0"
    ),
    "multiprocessing": (
        "import multiprocessing as m\n"
        "c = m.get_context('fork'); a, b = c.Pipe()\n"
        "p = c.Process(target=b.send, args=(7,)); p.start(); a.recv() == 7 or 1/0; p.join()\n"
        "q = c.Process(target=__import__('time').sleep, args=(60,)); q.start(); q.kill(); q.join()"
    ),
    "asyncio and its children": (
        "import asyncio\n"
        "async def main():\n"
        "    p = await asyncio.create_subprocess_exec('/bin/sleep', '60')\n"
        "    p.kill(); await p.wait()\n"
        "    return await asyncio.to_thread(lambda: 1)\n"
        "asyncio.run(main()) == 1 or 1/0"
    ),
    "signals to itself": (
        "import os, signal\n"
        "got = []\n"
        "signal.signal(signal.SIGUSR1, lambda *_: got.append(1))\n"
        "os.kill(os.getpid(), signal.SIGUSR1); signal.raise_signal(signal.SIGUSR1)\n"
        "import threading; signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)\n"
        "len(got) == 3 or 1/0"
    ),
    "its own limits": (
        "import os, resource\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.nice(1)\n"
        "os.sched_setaffinity(0, os.sched_getaffinity(0))"
    ),
    "numpy": "import numpy; (numpy.ones((300, 300)) @ numpy.ones((300, 300)))[0, 0] == 300 or 1/0",
    "boto3": (
        "import boto3\n"
        "boto3.client('s3', region_name='eu-central-1', aws_access_key_id='a', aws_secret_access_key='b')"
        ".generate_presigned_url('get_object', Params={'Bucket': 'b', 'Key': 'k'})"
    ),
    "a look whether a process is there": "import os; os.kill(os.getppid(), 0)",
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_code_works_under_it(name: str) -> None:
    def execute() -> str:
        done = subprocess.run(
            [sys.executable, "-c", HONEST[name]], capture_output=True, text=True, timeout=60
        )
        return f"{done.returncode} {done.stderr[-500:]}"

    assert in_child(execute) == "0 "


def test_an_honest_client_still_reaches_its_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def act() -> str:
            with socket.create_connection(server.getsockname()) as client:
                client.sendall(b"x")
            return "sent"

        assert in_child(act) == "sent"


def test_a_process_is_reached_by_any_of_its_threads() -> None:
    import threading

    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        assert {os.getpid(), other.native_id} <= seccomp.threads_of(os.getpid())
    finally:
        done.set()
        other.join()
    assert seccomp.threads_of(2**22 + 5) == {2**22 + 5}


def test_the_filter_is_short() -> None:
    """Every call that it does not allow at once runs through it."""
    for machine in MACHINES:
        assert len(assemble(machine, protected=[1, 2], groups=[3])) // 8 < 400
