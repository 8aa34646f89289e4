"""The first acts of a life: what the first interpreter tells the second, and how closed memory is judged."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from tests.interpreters import found_interpreters
from tests.namespace import in_namespace
from tests.rie import ROOT
from tests.runtimes import RuntimeProcess
from tests.unprivileged import UID

from dayfly._sys import proc
from dayfly._sys.unreadable import Arrival
from dayfly.core.scope import ScopeDecision
from dayfly.core.settings import load_settings
from dayfly.supervisor.life import Life, begin, find_open_stranger


def test_what_the_first_interpreter_did_reaches_the_second() -> None:
    first = Life(began=12.25, is_emptied=True)
    first.has_user_site = True
    first.killed, first.removed, first.objects, first.young_code, first.young_data = 1, 2, 3, 4, 5
    second = Life.of(Arrival("", first.pack(), -1))
    assert (second.began, second.is_emptied) == (12.25, True)
    assert second.found == first.found
    assert list(second.found.values()) == [1, 2, 3, 4, 5]
    assert second.has_user_site is True
    assert second.failure == ""
    assert Life.of(Arrival("no memory file", "", -1)).failure == "no memory file"


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "DAYFLY_SCOPE": "everything"},
    ],
    ids=["no platform", "a setting that is not valid"],
)
def test_nothing_is_ended_or_executed_where_another_has_to_speak_first(environ: dict[str, str]) -> None:
    begun = begin(environ, None)
    assert (begun.is_emptied, begun.failure) == (False, "")


def test_switched_off_nothing_is_executed_and_it_is_said() -> None:
    environ = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "DAYFLY_CLOSE_MEMORY": "off"}
    begun = begin(environ, None)
    assert begun.failure == "switched off by close_memory"
    assert begun.close_memory() == "switched off by close_memory"


def test_what_dies_with_the_life_before_was_left_by_nobody_and_what_lives_on_was() -> None:
    """A lifeline has killed a zygote when its supervisor is gone; on a busy machine it begins to end much later."""
    cpu = min(os.sched_getaffinity(0))
    start, started = os.pipe()

    def keep_the_processor_busy() -> None:
        # Of another user, but of the same session: where sessions share the processor, they share it with him.
        for _ in range(2):
            if os.fork() == 0:
                os.sched_setaffinity(0, {cpu})
                os.read(start, 1)
                signal.setitimer(signal.ITIMER_VIRTUAL, 0.4)
                while True:
                    pass

    def fork_idle() -> int:
        pid = os.fork()
        if pid == 0:
            while True:
                signal.pause()
        while (stat := proc.read_stat(pid)) is None or stat.state != "S":
            os.sched_yield()
        return pid

    def act() -> tuple[bool, int]:
        dying, _survivor = fork_idle(), fork_idle()
        os.sched_setaffinity(dying, {cpu})
        os.sched_setscheduler(dying, os.SCHED_IDLE, os.sched_param(0))
        os.write(started, b"12")
        os.kill(dying, signal.SIGKILL)
        is_late = not proc.is_dead(dying)
        life = Life(began=0.0)
        life.empty(load_settings({}, {}), ScopeDecision("environment", "lambda", "asked for", ""), {})
        return is_late, life.found["processes"]

    assert in_namespace(act, before=keep_the_processor_busy) == (True, 1)


# ---- judged by trying ------------------------------------------------------------------------------------------

JUDGE = """
import os, sys
sys.path[:0] = [SOURCE, TESTS]
if "refuse" in sys.argv:
    from tests import lambda_refusals
    lambda_refusals.install()
from dayfly._sys import unreadable
from dayfly.supervisor.life import Life
life = Life(began=0.0)
if "refuse" in sys.argv:
    life.failure = "no memory file"
print(repr((life.close_memory(), unreadable.is_open())))
"""


def judge(*arguments: str, user: int | None, capabilities: str = "") -> tuple[str, bool]:
    program = f"SOURCE, TESTS = {str(ROOT / 'src')!r}, {str(ROOT)!r}\n{JUDGE}"
    command = [found_interpreters()[-1].path, "-c", program, *arguments]
    if capabilities:
        command = ["setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", user=user)
    assert done.returncode == 0, done.stderr
    found = eval(done.stdout)
    assert isinstance(found, tuple)
    return found


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="it is about root, or drops privileges")


@needs_root
def test_where_prctl_is_allowed_it_stands_in_for_the_memory_file() -> None:
    assert judge(user=UID) == ("", False)


@needs_root
def test_where_neither_is_allowed_memory_is_open_and_the_reason_named() -> None:
    assert judge("refuse", user=UID) == ("no memory file", True)


@needs_root
def test_roots_memory_is_closed_as_far_as_its_rights_go() -> None:
    """A container's root reads every file, but may not trace what is not dumpable."""
    reason, is_open = judge(user=None)
    assert is_open
    assert "CAP_SYS_PTRACE" in reason
    assert judge(user=None, capabilities="-sys_ptrace") == ("", False)


@pytest.mark.skipif(not proc.may_trace_all(), reason="the tests may not trace all processes")
def test_who_may_trace_all_is_not_started_a_second_time_for_nothing() -> None:
    with RuntimeProcess(
        ROOT / "tests" / "conformance" / "functions", "results.handler", runtime="dayfly"
    ) as process:
        process.api.wait_until_ready()
        assert not os.readlink(f"/proc/{process.process.pid}/exe").startswith("/memfd:")
        assert "CAP_SYS_PTRACE" in process.output()


def start_open_process() -> None:
    user = {"user": UID, "group": UID, "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.Popen(["/bin/sleep", "600"], **user)  # type: ignore[call-overload]


@needs_root
def test_a_process_that_is_not_ours_and_can_be_written_is_named() -> None:
    # PID 1 of the namespace is root's, as Lambda's is somebody else's.
    assert in_namespace(find_open_stranger) == ""
    assert in_namespace(find_open_stranger, before=start_open_process) == "sleep"


HANDLER = """
import os, signal
def handler(event, context):
    if event.get("kill"):
        os.kill(os.getppid(), signal.SIGKILL)
    try:
        os.close(os.open(f"/proc/{os.getppid()}/mem", os.O_RDWR))
    except PermissionError:
        return "refused"
    return "open"
"""


@needs_root
def test_root_without_the_right_to_trace_is_served_on_when_the_zygote_is_built_again(tmp_path: Path) -> None:
    """A container's root opens its own memory, closed or not."""
    (tmp_path / "app.py").write_text(HANDLER)
    runtime = RuntimeProcess(tmp_path, "app.handler", runtime="dayfly")
    runtime._command = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", *runtime._command]
    with runtime:
        assert runtime.invoke({}).payload == "refused"
        runtime.invoke({"kill": True})
        assert [runtime.invoke({}).payload for _ in range(3)] == ["refused"] * 3
        assert '"memory":"closed"' in runtime.output()
