"""An environment's first process starts programs, reports their ends, and ends with its lab."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.running import is_alive

from dayfly.lab import init


class Driver:
    """Plays the lab to one init."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(60)
        self.telemetry, write = os.pipe()
        self.extensions, output = os.pipe()
        numbers = [theirs.fileno(), -1, -1, write, output]
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", init.__file__, *(str(number) for number in numbers)],
            pass_fds=[theirs.fileno(), write, output],
            start_new_session=True,
        )
        theirs.close()
        os.close(write)
        os.close(output)

    def order(self, *fields: str) -> None:
        self.control.send("\0".join(fields).encode())

    def start(self, key: str, *argv: str, **variables: str) -> None:
        pairs = [f"{name}={value}" for name, value in variables.items()]
        self.order("start", key, "-1", "-1", "/", "7:64:64", str(len(argv)), *argv, *pairs)

    def report(self) -> list[str]:
        return self.control.recv(init.MAX_MESSAGE).decode().split("\0")


@pytest.fixture
def driver() -> Iterator[Driver]:
    driver = Driver()
    yield driver
    driver.control.close()
    driver.process.wait(60)
    os.close(driver.telemetry)
    os.close(driver.extensions)


def test_a_program_gets_its_variables_limits_and_the_telemetry_descriptor(driver: Driver) -> None:
    assert driver.report() == ["hello", str(driver.process.pid)]
    script = f"test $(ulimit -n) = 64 && test $PWD = / && printf $X >&{init.TELEMETRY_FD}"
    driver.start("a", "/bin/bash", "-c", script, X="from variable")
    assert driver.report()[:2] == ["started", "a"]
    assert driver.report() == ["exit", "a", "0"]
    assert os.read(driver.telemetry, 100) == b"from"


@pytest.mark.parametrize(("script", "code"), [("exit 3", "3"), ("kill -9 $$", "-9"), ("exit 137", "137")])
def test_exit_codes_and_signals_are_told_apart(driver: Driver, script: str, code: str) -> None:
    driver.report()
    driver.start("a", "/bin/sh", "-c", script)
    driver.report()
    assert driver.report() == ["exit", "a", code]


def test_a_program_that_is_not_there_ends_with_127(driver: Driver) -> None:
    driver.report()
    driver.start("a", "/nowhere/at/all")
    driver.report()
    assert driver.report() == ["refused", "a", "exec", str(errno.ENOENT)]
    assert driver.report() == ["exit", "a", "127"]


def test_a_signal_reaches_the_whole_process_group(driver: Driver) -> None:
    driver.report()
    driver.start("a", "/bin/bash", "-c", "sleep 300 & echo $! >&62; wait")
    pid = int(driver.report()[2])
    child = int(os.read(driver.telemetry, 100))
    driver.order("signal", "a", str(int(signal.SIGKILL)))
    assert driver.report() == ["exit", "a", "-9"]
    while is_alive(child):
        os.sched_yield()
    driver.order("signal", "a", "9")  # late orders find nothing and harm nothing
    driver.start("b", "/bin/true")
    assert driver.report()[0] == "started"
    assert not is_alive(pid)


def test_a_program_ignores_no_signal_that_it_did_not_choose_to(driver: Driver) -> None:
    driver.report()
    script = "trap 'exit 5' TERM; grep ^SigIgn: /proc/self/status >&62; sleep 300 & wait"
    driver.start("a", "/bin/bash", "-c", script)
    driver.report()
    assert os.read(driver.telemetry, 100).split() == [b"SigIgn:", b"0000000000000000"]
    driver.order("signal", "a", str(int(signal.SIGTERM)))
    assert driver.report() == ["exit", "a", "5"]


def test_everything_ends_when_the_lab_is_gone(driver: Driver) -> None:
    driver.report()
    driver.start("a", "/bin/sleep", "300")
    pid = int(driver.report()[2])
    driver.control.close()
    assert driver.process.wait(60) == 0
    while is_alive(pid):
        os.sched_yield()


def test_what_an_extension_writes_is_kept_apart_from_the_runtimes(driver: Driver) -> None:
    driver.report()
    driver.start("an extension", "/bin/sh", "-c", "echo out; echo error >&2")
    assert [driver.report()[0], driver.report()[0]] == ["started", "exit"]
    assert sorted(os.read(driver.extensions, 100).split()) == [b"error", b"out"]
    driver.start(init.RUNTIME_KEY, "/bin/bash", "-c", f"echo >&{init.TELEMETRY_FD}; echo out")
    assert [driver.report()[0], driver.report()[0]] == ["started", "exit"]
    assert os.read(driver.telemetry, 100) == b"\n"
    os.set_blocking(driver.extensions, False)
    with pytest.raises(BlockingIOError):
        os.read(driver.extensions, 100)


def test_a_program_can_be_ended_before_it_has_run() -> None:
    # Without a group of its own from the first moment, whoever is slow to be scheduled outlives the lab.
    read, write = os.pipe()
    for _ in range(50):
        pid, _ = init.start([b"-1", b"-1", b"/", b"", b"2", b"/bin/sleep", b"300"], -1, write, -1)
        os.killpg(pid, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    os.close(read)
    os.close(write)


def test_it_needs_no_more_than_the_standard_library() -> None:
    source = Path(init.__file__).read_text()
    imported = {line.split()[1] for line in source.splitlines() if line.startswith("import ")}
    assert imported == {"os", "resource", "select", "signal", "sys"}
