"""Whether a process was executed unreadable is found out, and a program is copied to be executed so."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys

import pytest
from tests.interpreters import found_interpreters
from tests.rie import ROOT
from tests.unprivileged import UID, as_user

from dayfly._sys import proc, unreadable

F_GET_SEALS, F_ALL_SEALS = 1034, 0xF


def user_pythons() -> list[str]:
    """Interpreters that an unprivileged user can run."""
    paths = [found.path for found in found_interpreters()]
    return [path for path in paths if as_user(lambda path=path: os.access(path, os.X_OK))]  # type: ignore[misc]


def user() -> int | None:
    return UID if os.geteuid() == 0 else None


def test_nobody_takes_himself_for_executed_whom_it_was_not_meant_for() -> None:
    environ = {"_DAYFLY_EXECUTED": "\x1f".join(["1,1", "", "0", ""]), "OTHER": "x"}
    assert unreadable.arrive(environ) is None
    assert environ == {"OTHER": "x"}


LOOK = """
import resource, sys
sys.path.insert(0, SOURCE)
from dayfly._sys import native, proc, unreadable
seen = [unreadable.is_open(), proc.opens_memory("self")]
if native.set_dumpable(False):
    seen += [unreadable.is_open(), proc.opens_memory("self")]
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limit))
    # Whoever has no descriptor left has not been refused.
    seen.append(proc.opens_memory("self"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    native.set_dumpable(True)
    seen.append(unreadable.is_open())
print(seen)
"""


def test_an_ordinary_process_of_a_user_is_open_and_one_that_is_not_dumpable_is_closed() -> None:
    done = subprocess.run(
        [user_pythons()[-1], "-c", f"SOURCE = {str(ROOT / 'src')!r}\n{LOOK}"],
        user=user(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd="/",
    )
    seen = json.loads(done.stdout.lower())
    if not seen[0]:
        pytest.skip("this kernel closes every process's memory (Yama)")
    assert seen in ([True, True], [True, True, False, False, True, True])


def test_the_memory_of_what_is_gone_opens_to_nobody() -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert not proc.opens_memory(done.pid)


def test_a_copy_runs_and_is_closed_to_its_user_and_cannot_be_changed() -> None:
    def act() -> tuple[int, bool, int]:
        memory = unreadable.copy("/bin/sleep")
        process = subprocess.Popen(["sleep", "60"], executable=f"/proc/self/fd/{memory}", pass_fds=[memory])
        try:
            return memory, proc.opens_memory(process.pid), fcntl.fcntl(memory, F_GET_SEALS)
        finally:
            process.kill()
            process.wait()

    memory, is_open, seals = as_user(act)
    assert memory > 2
    assert (is_open, seals) == (False, F_ALL_SEALS)


def test_what_a_start_changed_is_given_back() -> None:
    code = """
import os, sys
sys.path.insert(0, SOURCE)
from dayfly._sys import unreadable
environ = {"_DAYFLY_EXECUTED": "\x1f".join([unreadable._identity(), "why", "2", "=/mine"]), "LD_LIBRARY_PATH": "/x"}
print([unreadable.arrive(environ), environ, sys.orig_argv[1:2], sys._xoptions])
"""
    done = subprocess.run(
        [sys.executable, "-X", "_MARK=1", "-c", f"SOURCE = {str(ROOT / 'src')!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert eval(done.stdout) == ["why", {"LD_LIBRARY_PATH": "/mine"}, ["-c"], {}]


JUDGE = """
import sys
sys.path[:0] = [SOURCE, TESTS]
if "refuse" in sys.argv:
    from tests import lambda_refusals
    lambda_refusals.install()
from dayfly._sys import unreadable
unreadable.close(unreadable.SWITCHED_OFF if "off" in sys.argv else "")
print(unreadable.is_open())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="it is about root, or drops privileges")
@pytest.mark.parametrize(
    ("arguments", "user", "capabilities", "is_open"),
    [
        ((), UID, "", False),
        (("off",), UID, "", True),
        # As on Lambda: then it depends on how the supervisor executed it.
        (("refuse",), UID, "", True),
        # A container's root reads every file, but may not trace what is not dumpable.
        ((), None, "", True),
        ((), None, "-sys_ptrace", False),
    ],
)
def test_memory_is_closed_as_far_as_rights_and_settings_go(
    arguments: tuple[str, ...], user: int | None, capabilities: str, is_open: bool
) -> None:
    program = f"SOURCE, TESTS = {str(ROOT / 'src')!r}, {str(ROOT)!r}\n{JUDGE}"
    command = [user_pythons()[-1], "-c", program, *arguments]
    if capabilities:
        command = ["setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", user=user)
    assert done.stdout == f"{is_open}\n", done.stderr
