"""What Lambda refuses is refused in the tests too: in every process of an environment, and only that."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.confined import confinement_here
from tests.lambda_refusals import CLONE, CLONE3, REFUSED, filter_for, under_refusals
from tests.rie import MODULES, Rie, Runtime

# Every call with arguments that fail, or change nothing, where nothing refuses it. Prints {name: errno}.
TRY_ALL = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
refused, clone, clone3 = %r, %d, %d
harmless = {
    "prctl": (16, ctypes.create_string_buffer(64)), "ptrace": (0x4206, -1), "seccomp": (99,), "unshare": (0,), "setns": (-1, 0),
}
def call(number, *arguments):
    ctypes.set_errno(0)
    words = [word if isinstance(word, ctypes.Array) else ctypes.c_long(word) for word in arguments]
    return ctypes.get_errno() if libc.syscall(ctypes.c_long(number), *words) < 0 else 0
def answers():
    found = {name: call(number, *harmless.get(name, (-1,) * 6)) for name, number in refused.items()}
    # CLONE_NEWUSER with CLONE_FS is refused by every kernel, as invalid: nothing is started.
    found["clone"] = call(clone, 0x10000000 | 0x200, 0, 0, 0, 0)
    found["clone3"] = call(clone3, 0, 0)
    return found
"""
MACHINE = os.uname().machine
CALLS = TRY_ALL % (REFUSED.get(MACHINE, {}), CLONE.get(MACHINE, 0), CLONE3)
EPERM, ENOSYS = 1, 38
AS_ON_LAMBDA = {**dict.fromkeys(REFUSED.get(MACHINE, {}), EPERM), "clone": EPERM, "clone3": ENOSYS}

needs_known_machine = pytest.mark.skipif(MACHINE not in REFUSED, reason=f"Lambda has no {MACHINE}")
every_runtime = pytest.mark.parametrize("runtime", MODULES)


def _run(program: str, wrap: Callable[[list[str]], list[str]] = list) -> object:
    done = subprocess.run(
        wrap([sys.executable, "-c", program]), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    value: object = ast.literal_eval(done.stdout)
    return value


@needs_known_machine
def test_every_call_that_lambda_refuses_is_refused() -> None:
    assert _run(CALLS + "print(answers())", under_refusals) == AS_ON_LAMBDA


@needs_known_machine
def test_without_the_filter_the_same_calls_get_other_answers() -> None:
    answers = _run(CALLS + "print(answers())")
    assert isinstance(answers, dict)
    allowed = {name for name, number in answers.items() if number not in (EPERM, ENOSYS)}
    assert {"prctl", "ptrace", "seccomp", "setns", "clone", "clone3"} <= allowed, "the test cannot fail"


@needs_known_machine
def test_a_filtered_process_can_still_start_threads_and_processes() -> None:
    program = """
import os, subprocess, threading
thread = threading.Thread(target=print, args=("[",), kwargs={"end": "", "flush": True})
thread.start(); thread.join()
pid = os.fork()
if pid == 0: os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), end=",", flush=True)
subprocess.run(["/bin/echo", "8]"])
"""
    assert _run(program, under_refusals) == [7, 8]


@needs_known_machine
@pytest.mark.skipif(MACHINE != "x86_64", reason="x32 is x86-64's")
def test_the_same_calls_by_their_other_numbers_are_refused() -> None:
    program = CALLS + "print([call(0x40000000 | number, -1, -1) for number in refused.values()])"
    assert _run(program, under_refusals) == [EPERM] * len(REFUSED[MACHINE])


def test_both_machines_of_lambda_have_the_same_calls() -> None:
    assert REFUSED["x86_64"].keys() == REFUSED["aarch64"].keys()
    assert all(len(filter_for(machine)) % 8 == 0 for machine in REFUSED)


SEEN = """
import contextlib
devices = [name for name in ("shm", "mqueue") if os.path.exists("/dev/" + name)]
def filtered():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        # An earlier event's worker may go meanwhile.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{pid}/status") as status:
            yield [line.split()[1] for line in status if line.startswith("Seccomp:")][0]
def orphan_parent():
    out, into = os.pipe()
    if os.fork() == 0:
        middle = os.getpid()
        if os.fork() == 0:
            while os.getppid() == middle: os.sched_yield()
            os.write(into, b"%d" % os.getppid())
        os._exit(0)
    return int(os.read(out, 20))
def handler(event, context):
    if event.get("answers"):
        return answers()
    return {
        "devices": devices,
        "filtered": list(filtered()),
        "orphan": orphan_parent(),
    }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(CALLS + SEEN)
    return tmp_path


@needs_known_machine
@every_runtime
def test_a_function_meets_what_it_meets_on_lambda(folder: Path, runtime: Runtime) -> None:
    if confinement_here().kind == "none":
        pytest.skip(f"no environment of its own can be had here: {confinement_here().reason}")
    with Rie(folder, runtime=runtime, confined=True, refusals=True) as rie:
        assert rie.invoke({"answers": True}).payload == AS_ON_LAMBDA
        seen = rie.invoke({}).payload
        assert isinstance(seen, dict)
        assert seen["devices"] == []
        assert seen["orphan"] == 1
        # "2" is a filter, seccomp(2); RIE, the runtime and all of Dayfly's processes are under it.
        assert set(seen["filtered"]) == {"2"}
        assert len(seen["filtered"]) >= (2 if runtime == "plain" else 4)


@needs_known_machine
def test_refusals_are_in_force_without_a_confinement_too(folder: Path) -> None:
    with Rie(folder, runtime="plain", refusals=True) as rie:
        assert rie.invoke({"answers": True}).payload == AS_ON_LAMBDA
