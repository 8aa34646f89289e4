"""What the supervisor reads of its host: commands chosen by an attacker, socket paths, facts of any kind."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unprivileged import forked

from dayfly._sys import proc
from dayfly.core.scope import INITIAL_PID_NAMESPACE, HostFacts, decide_api_lock, decide_scope
from dayfly.supervisor.residue import bound_paths

COMMANDS = [
    b") Z 1 1 1 1 1",
    b"a b (c) d",
    b"\n) S 1 1\nUid:",
    b"\nUid:\t0\t0\t0\t0",
    b"\nSigPnd:\tff",
    b"((((((((((((((",
    b"))))))))))))))",
    b"\xff\xfe\x80",
    b"   ",
    b"77 (x) R 0",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_process_is_seen_as_it_is_whatever_it_calls_itself(command: bytes) -> None:
    def act() -> None:
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            # The command of a process is that of its first thread, and the kernel takes any 15 bytes.
            Path("/proc/self/comm").write_bytes(command)
            os.write(write_end, b"x")
            signal.pause()
        os.read(read_end, 1)
        try:
            assert Path(f"/proc/{pid}/stat").read_bytes().split(b"(", 1)[1].startswith(command)
            seen = proc.read_stat(pid)
            assert seen is not None
            assert (seen.parent, proc.ancestors(pid)[0]) == (os.getpid(), os.getpid())
            assert seen.state in "SR"
            assert seen.started >= 1
            assert proc.read_uids(pid) == (os.getuid(),) * 4
            assert not proc.is_dead(pid)
            assert not proc.is_dying(pid)
            assert pid in (proc.children(os.getpid()) or [])
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            assert proc.is_dead(pid)
            assert proc.is_dying(pid)
            assert proc.is_zombie(pid)
            os.waitpid(pid, 0)

    forked(act)


@given(command=st.binary(max_size=40))
def test_a_part_of_a_record_is_no_process(command: bytes) -> None:
    assert proc.parse_stat(77, b"77 (" + command + b") S 5 77 77 0 -1 4194624 1 2 3") is None


@pytest.mark.parametrize("name", ["plain", "a b", "new\nline", "form\x0cfeed", "u\u2028v", "tail "])
def test_the_path_of_a_bound_socket_is_found_whatever_it_is(name: str, tmp_path: Path) -> None:
    path = str(tmp_path / name)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        found = bound_paths(proc.read_file("/proc/net/unix"))
    # A line feed is not escaped: the name is cut there, and its socket is removed like a file.
    assert path.split("\n")[0] in found


COMMAND = st.sampled_from(
    ["", "/var/rapid/init", "/var/rapid/", "/usr/bin/aws-lambda-rie", "aws-lambda-rie", "/bin/sh", "x"]
) | st.text(max_size=20)
NAMESPACE = st.sampled_from(["", INITIAL_PID_NAMESPACE, "pid:[4026532000]"]) | st.text(max_size=10)


@given(
    setting=st.sampled_from(["auto", "environment", "descendants"]),
    facts=st.builds(
        HostFacts,
        pid_namespace=NAMESPACE,
        init_command=COMMAND,
        parent_command=COMMAND,
        parent_pid=st.sampled_from([0, 1, 77]),
        tmp_is_own_mount=st.booleans(),
    ),
)
def test_no_facts_give_the_wide_scope_on_somebodys_machine(setting: str, facts: HostFacts) -> None:
    decision = decide_scope(setting, facts)
    assert decision.reason
    assert bool(decision.not_promised) == (decision.scope == "descendants")
    if decision.scope == "environment":
        is_lambda = facts.init_command.startswith("/var/rapid/")
        assert is_lambda or facts.pid_namespace not in ("", INITIAL_PID_NAMESPACE)
        assert setting != "descendants"
        assert is_lambda or setting == "environment" or (facts.tmp_is_own_mount and facts.parent_pid == 1)
    assert decide_api_lock("auto", decision.platform) == (decision.platform == "emulator")
