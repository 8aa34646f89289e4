"""Ending what a worker left, in both scopes, with real processes that hide, fork and hop; bystanders live on."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pytest
from tests.namespace import in_namespace
from tests.unprivileged import UID

from dayfly._sys import native, proc
from dayfly._sys.pids import open_pid
from dayfly.supervisor.sweep import DescendantsSweeper, EnvironmentSweeper, Sweeper, Swept, wait_until_dead

MARK = b"_DAYFLY_MARK=0123456789"
# A process that forks and exits faster than anybody looks is always somewhere else.
HOP = """
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(int(sys.argv[1])):
    if os.fork():
        os._exit(0)
    os.setsid()
os.kill(os.getpid(), signal.SIGSTOP)
"""


def start(act: Callable[[], object]) -> int:
    """Fork a process that runs `act` and then waits to be ended."""
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            act()
        wait_for_ever()
    return pid


def wait_for_ever() -> NoReturn:
    while True:
        signal.pause()


def wait_for(condition: Callable[[], bool], *, deadline_s: float = 60.0) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.001)


def living() -> set[int]:
    """Return every process of the namespace that could run."""
    return {pid for pid in proc.list_pids() if not proc.is_dead(pid)}


def settled(expected: int) -> set[int]:
    """Wait until so many processes more than PID 1 and ourselves live, and return them."""
    mine = {1, os.getpid()}
    wait_for(lambda: len(living() - mine) == expected)
    return living() - mine


# ---- ways to stay behind; each leaves one process, but for those that say otherwise ------------------


def detach() -> None:
    middle = os.fork()
    if middle == 0:
        os.setsid()
        if os.fork() == 0:
            os.chdir("/")
            for descriptor in range(3):
                os.close(descriptor)
            wait_for_ever()
        os._exit(0)
    os.waitpid(middle, 0)
    os._exit(0)


def ignore_every_signal() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())


def stop_itself() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def leave_a_thread_under_a_dead_leader() -> None:
    code = """
import ctypes, os, threading, time
threading.Thread(target=lambda: [time.sleep(0.01) for _ in iter(int, 1)], daemon=True).start()
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)
"""
    os.execv(sys.executable, [sys.executable, "-c", code])


def clear_its_environment() -> None:
    os.execve("/bin/sleep", ["[kworker/0:1]", "600"], {})


def make_itself_undumpable() -> None:
    ctypes.CDLL(None).prctl(native.PR_SET_DUMPABLE, 0, 0, 0, 0)


WAYS = (
    detach,
    ignore_every_signal,
    stop_itself,
    leave_a_thread_under_a_dead_leader,
    clear_its_environment,
    make_itself_undumpable,
)


def leave(way: Callable[[], None]) -> None:
    """Start a process that stays behind in this way, and wait until it does."""
    pid = start(way)
    # The child of `detach` is gone when it is done, the others wait; a dead leader shows as Z.
    states = {detach: "Z", leave_a_thread_under_a_dead_leader: "Z"}.get(way, "ST")
    wait_for(lambda: (stat := proc.read_stat(pid)) is not None and stat.state in states)


# ---- the whole environment ----------------------------------------------------------------------------


def environment_sweep(
    act: Callable[[EnvironmentSweeper], Swept],
) -> Callable[[], tuple[Swept, set[int]]]:
    """Sweep by `act` beside a spared zygote; return what was done and which processes live on."""

    def sweep() -> tuple[Swept, set[int]]:
        sweeper = EnvironmentSweeper({AGENT})
        sweeper.zygote = start(lambda: None)
        sweeper.spared = {sweeper.zygote}
        swept = act(sweeper)
        # A zygote that was given up is not looked at: nothing of it is in the way, and `end` waits for it.
        wait_for(lambda: not swept.zygote_lost or proc.is_dead(sweeper.zygote))
        alive = living() - {1, os.getpid()}
        assert alive == (set() if swept.zygote_lost else {sweeper.zygote})
        return swept, alive

    return sweep


def test_an_environment_without_leftovers_is_proved_clean_at_once() -> None:
    swept, _ = in_namespace(environment_sweep(lambda sweeper: sweeper.sweep(set())))
    assert (swept.is_proved, swept.killed, swept.zombies, swept.zygote_lost) == (True, 0, 0, False)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_whatever_way_a_process_stays_behind_it_is_ended_and_counted(way: Callable[[], None]) -> None:
    def act(sweeper: EnvironmentSweeper) -> Swept:
        leave(way)
        return sweeper.sweep(set())

    swept, _ = in_namespace(environment_sweep(act))
    assert (swept.is_proved, swept.killed, swept.zygote_lost) == (True, 1, False)


def test_the_worker_is_ended_but_not_counted_as_left_over() -> None:
    def act(sweeper: EnvironmentSweeper) -> Swept:
        worker = start(lambda: start(lambda: None))
        settled(3)
        return sweeper.sweep({worker})

    swept, _ = in_namespace(environment_sweep(act))
    assert (swept.is_proved, swept.killed) == (True, 1)


def test_processes_that_fork_while_being_looked_at_are_all_ended() -> None:
    def act(sweeper: EnvironmentSweeper) -> Swept:
        def fork_and_fork() -> None:
            for _ in range(6):
                os.fork()

        start(fork_and_fork)
        return sweeper.sweep(set())

    swept, _ = in_namespace(environment_sweep(act))
    assert swept.is_proved


def test_hoppers_are_ended_and_proof_is_not_claimed_before() -> None:
    """Red-team 2.1: one clean pass over /proc left hoppers alive in 9 of 12 runs."""

    def act(sweeper: EnvironmentSweeper) -> Swept:
        for _ in range(8):
            subprocess.Popen([sys.executable, "-c", HOP, "100000"], stderr=subprocess.DEVNULL)
        before = proc.last_pid()
        wait_for(lambda: proc.last_pid() > before + 100)
        return sweeper.sweep(set())

    swept, _ = in_namespace(environment_sweep(act))
    assert swept.is_proved
    assert swept.killed > 0, "nobody would be told of them"


def test_zombies_that_nobody_reaps_are_counted_and_no_obstacle() -> None:
    def act(sweeper: EnvironmentSweeper) -> Swept:
        for _ in range(5):
            pid = start(lambda: os._exit(0))
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        return sweeper.sweep(set())

    swept, _ = in_namespace(environment_sweep(act))
    assert (swept.is_proved, swept.killed, swept.zombies) == (True, 0, 5)


def test_a_process_that_hides_behind_an_unreadable_program_is_ended() -> None:
    def make_program() -> None:
        program = Path("/tmp/hidden")
        program.write_bytes(Path("/bin/sleep").read_bytes())
        program.chmod(0o111)

    def act(sweeper: EnvironmentSweeper) -> Swept:
        process = subprocess.Popen(["/tmp/hidden", "600"])
        wait_for(lambda: not os.access(f"/proc/{process.pid}/environ", os.R_OK))
        return sweeper.sweep(set())

    swept, _ = in_namespace(environment_sweep(act), before=make_program)
    assert (swept.is_proved, swept.killed) == (True, 1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start another user's process")
def test_other_users_processes_and_ancestors_are_left_alone() -> None:
    def act() -> tuple[Swept, bool]:
        others = living() - {1, os.getpid()}
        assert len(others) == 1
        swept = EnvironmentSweeper().sweep(set())
        return swept, living() == {1, os.getpid(), *others}

    swept, all_live = in_namespace(act, before=lambda: subprocess.Popen(["/bin/sleep", "600"]))
    assert (swept.is_proved, swept.killed) == (True, 0)
    assert all_live


AGENT = "/opt/extensions/agent"


def start_extension() -> None:
    """Start what looks like an external extension, before the runtime, with a child of its own."""
    code = "import os, signal\nos.fork()\nwhile True: signal.pause()"
    subprocess.Popen(
        [AGENT, "-c", code],
        executable=sys.executable,
        user=UID if os.geteuid() == 0 else None,
    )
    wait_for(lambda: len(proc.list_pids()) == 3)


def test_an_extension_and_its_children_live_on() -> None:
    def act() -> tuple[Swept, int, bool]:
        extension = living() - {1, os.getpid()}
        wait_for(lambda: all("agent" in proc.command_line(pid)[0] for pid in extension))
        sweeper = EnvironmentSweeper({AGENT})
        assert sweeper.has_extensions
        assert not sweeper.can_kill_all
        start(lambda: None)
        settled(3)
        swept = sweeper.sweep(set())
        return swept, len(sweeper.extension_pids()), living() == {1, os.getpid(), *extension}

    swept, extensions, all_live = in_namespace(act, before=start_extension)
    assert (swept.is_proved, swept.killed) == (True, 1)
    assert extensions == 1
    assert all_live


def start_older(*commands: list[str]) -> Callable[[], None]:
    """Return what starts processes before the runtime, as the platform does; each leads a group of its own."""

    def act() -> None:
        for name, *rest in commands:
            subprocess.Popen(
                [name, *rest],
                executable="/bin/sleep",
                user=UID if os.geteuid() == 0 else None,
                process_group=None if name in ("survivor", "daemon") else 0,
                start_new_session=name == "daemon",
            )
        wait_for(lambda: len(proc.list_pids()) == 1 + len(commands))

    return act


def older_that_live(*, is_first_life: bool | None) -> list[str]:
    """Sweep as a runtime that starts beside what `start_older` started; return the names of what lives."""
    sweeper = EnvironmentSweeper({AGENT}, is_first_life=is_first_life)
    assert sweeper.sweep(set()).is_proved
    return sorted(proc.command_line(pid)[0] for pid in living() - {1, os.getpid()})


CLAIMS: dict[str, tuple[list[list[str]], bool | None, list[str]]] = {
    "a script that executed another program, first life": ([["agent-core", "600"]], None, ["agent-core"]),
    "two processes of an extension, first life": (
        [[AGENT, "600"], ["helper", "600"]],
        None,
        [AGENT, "helper"],
    ),
    "an extension by its name, later life": ([[AGENT, "600"]], False, [AGENT]),
    "a script that executed another program, later life": ([["agent-core", "600"]], False, ["agent-core"]),
    "a survivor beside an extension": ([["survivor", "600"], [AGENT, "600"]], False, [AGENT]),
    "a survivor beside a script's program": (
        [["survivor", "600"], ["agent-core", "600"]],
        False,
        ["agent-core"],
    ),
    "a survivor of the extension's name": ([[AGENT, "600"], [AGENT, "601"]], False, []),
    "an extension and a daemon of its own": ([["daemon", "600"], [AGENT, "600"]], False, [AGENT]),
    "a survivor that leads a group": ([["evil", "600"], ["agent-core", "600"]], False, []),
    "a survivor that leads a group beside an extension": ([["evil", "600"], [AGENT, "600"]], False, []),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_of_older_processes_only_those_live_that_nobody_but_an_extension_can_be(case: str) -> None:
    commands, is_first_life, expected = CLAIMS[case]
    alive = in_namespace(lambda: older_that_live(is_first_life=is_first_life), before=start_older(*commands))
    assert alive == expected


def test_a_platform_that_waited_for_a_runtime_has_had_an_earlier_life() -> None:
    def act() -> tuple[bool, bool]:
        return EnvironmentSweeper({AGENT}).is_first_life, proc.has_buried(os.getpid())

    assert in_namespace(act) == (True, False)

    def bury() -> None:
        subprocess.run(["/bin/true"], check=True)

    assert in_namespace(act, before=bury) == (False, False)


def test_a_worker_that_names_itself_like_an_extension_is_ended() -> None:
    def act(sweeper: EnvironmentSweeper) -> Swept:
        subprocess.Popen([AGENT, "600"], executable="/bin/sleep")
        settled(2)
        return sweeper.sweep(set())

    swept, _ = in_namespace(environment_sweep(act))
    assert (swept.is_proved, swept.killed) == (True, 1)


def test_of_the_zygotes_children_only_the_one_it_names_is_spared() -> None:
    """CLONE_PARENT lets a worker choose the zygote for its child's parent."""

    def act() -> tuple[Swept, bool]:
        read_end, write_end = os.pipe()

        def fork_two() -> None:
            os.write(write_end, b"%d %d" % (start(lambda: None), start(lambda: None)))

        sweeper = EnvironmentSweeper()
        sweeper.zygote = start(fork_two)
        sweeper.spared = {sweeper.zygote}
        sweeper.fork_pending = True
        worker, impostor = map(int, os.read(read_end, 100).split())

        def settle() -> None:
            sweeper.spared.add(worker)
            sweeper.fork_pending = False

        sweeper.settle = settle
        swept = sweeper.sweep(set())
        assert impostor not in living()
        return swept, living() == {1, os.getpid(), sweeper.zygote, worker}

    swept, others_live = in_namespace(act)
    assert (swept.is_proved, swept.killed, swept.zygote_lost) == (True, 1, False)
    assert others_live


def test_a_zygote_that_never_names_its_child_is_ended_with_everything() -> None:
    def act(sweeper: EnvironmentSweeper) -> Swept:
        os.kill(sweeper.zygote, signal.SIGKILL)
        settled(0)
        sweeper.zygote = start(lambda: start(lambda: None))
        sweeper.spared = {sweeper.zygote}
        sweeper.fork_pending = True
        settled(2)
        return sweeper.sweep(set())

    swept, _ = in_namespace(environment_sweep(act))
    assert (swept.is_proved, swept.zygote_lost) == (True, True)


def test_what_cannot_be_proved_is_not_claimed() -> None:
    """An extension keeps `kill(-1)` from being used, and a child that is never named stays unknown."""

    def act() -> Swept:
        sweeper = EnvironmentSweeper({AGENT})
        sweeper.zygote = start(lambda: start(lambda: None))
        sweeper.spared = {sweeper.zygote}
        sweeper.fork_pending = True
        settled(4)
        return sweeper.sweep(set())

    swept = in_namespace(act, before=start_extension)
    assert (swept.is_proved, swept.zygote_lost) == (False, False)


# ---- only what Dayfly started: rule 0 -----------------------------------------------------------------


def start_bystander() -> None:
    """Start what belongs to the same user and not to Dayfly: a busy shell, and a file it holds open."""
    Path("/tmp/document").write_text("precious")
    Path("/tmp/document").chmod(0o666)
    subprocess.Popen(
        ["/bin/sh", "-c", "exec 3</tmp/document; while :; do /bin/true; done"],
        user=UID if os.geteuid() == 0 else None,
        env={"_DAYFLY_MARK": "9876543210"},
    )
    wait_for(lambda: len(proc.list_pids()) >= 2)


def bystanders() -> set[int]:
    """Return the busy shell; what it starts looks like it until it executes something."""
    shells = {pid for pid in living() if any("exec 3<" in part for part in proc.command_line(pid))}
    return {pid for pid in shells if proc.ancestors(pid) == [1]}


def living_but_for(*known: int) -> set[int]:
    """Return what lives beside PID 1, ourselves, the busy shell's own children and `known`."""
    table = proc.parents()
    shells = bystanders()
    return {pid for pid in living() if table.get(pid) not in shells} - {1, os.getpid(), *known}


def make_unreadable_interpreter() -> None:
    """What runs from it shows no environment, as Dayfly's own processes."""
    program = Path("/tmp/python")
    program.write_bytes(Path(os.path.realpath(sys.executable)).read_bytes())
    program.chmod(0o111)
    start_bystander()


@pytest.mark.parametrize("finds", ["as subreaper", "by mark", "by mark in the command line"])
@pytest.mark.parametrize(
    "way", [way for way in WAYS if way is not clear_its_environment], ids=lambda way: way.__name__
)
def test_only_descendants_are_ended_and_bystanders_never(way: Callable[[], None], finds: str) -> None:
    is_subreaper = finds == "as subreaper"
    is_unreadable = finds == "by mark in the command line"

    def act() -> tuple[Swept, str]:
        shell = bystanders()
        assert len(shell) == 1
        if is_subreaper and not native.set_child_subreaper():
            return Swept(), "prctl is refused here"
        sweeper = DescendantsSweeper(mark=MARK, is_subreaper=is_subreaper)
        # The mark is in the environment of everything that was executed from the zygote down.
        zygote = subprocess.Popen(
            [
                sys.executable,
                *(["-X", MARK.decode()] if is_unreadable else []),
                "-c",
                "from tests.supervisor import test_sweep as t; t.be_zygote()",
                way.__name__,
            ],
            executable="/tmp/python" if is_unreadable else None,
            env={
                "_DAYFLY_MARK": "0123456789",
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            },
            stdout=subprocess.PIPE,
        )
        assert zygote.stdout is not None
        zygote.stdout.readline()
        assert (proc.initial_environment(zygote.pid) == b"") is is_unreadable
        sweeper.zygote = zygote.pid
        sweeper.spared = {zygote.pid}
        swept = sweeper.sweep(set())
        assert zygote.pid in living()
        assert bystanders() == shell
        wait_for(lambda: not living_but_for(zygote.pid, *shell))
        assert Path("/tmp/document").read_text() == "precious"
        return swept, ""

    swept, refused = in_namespace(act, before=make_unreadable_interpreter)
    if refused:
        pytest.skip(refused)
    assert (swept.is_proved, swept.killed) == (True, 1)


def be_zygote() -> None:
    """Be a zygote whose one worker stayed behind in the way named on the command line."""
    way = next(way for way in WAYS if way.__name__ == sys.argv[1])
    leave(way)
    print(flush=True)
    wait_for_ever()


def test_a_clean_tree_is_proved_while_bystanders_fork_all_the_time() -> None:
    def act() -> Swept:
        native.set_child_subreaper()
        return DescendantsSweeper(mark=MARK, is_subreaper=True).sweep(set())

    swept = in_namespace(act, before=start_bystander)
    assert (swept.is_proved, swept.killed) == (True, 0)


def test_hopping_descendants_are_ended_by_the_reaper_of_orphans() -> None:
    def act() -> tuple[Swept, bool]:
        if not native.set_child_subreaper():
            pytest.skip("prctl is refused here")
        for _ in range(3):
            subprocess.Popen([sys.executable, "-c", HOP, "3000"], stderr=subprocess.DEVNULL)
        before = proc.last_pid()
        wait_for(lambda: proc.last_pid() > before + 50)
        shell = bystanders()
        swept = DescendantsSweeper(mark=MARK, is_subreaper=True).sweep(set())
        wait_for(lambda: not living_but_for(*shell))
        return swept, bystanders() == shell

    swept, shell_lives = in_namespace(act, before=start_bystander)
    assert swept.is_proved
    assert shell_lives


# ---- small parts ----------------------------------------------------------------------------------------


def test_a_sweeper_without_a_scope_does_nothing() -> None:
    with pytest.raises(NotImplementedError):
        Sweeper().sweep(set())


def test_waiting_for_death_ends_with_the_process_or_the_time() -> None:
    process = subprocess.Popen(["/bin/sleep", "600"])
    handle = open_pid(process.pid)
    try:
        assert not wait_until_dead(process.pid, handle, limit_s=0.01)
        process.kill()
        assert wait_until_dead(process.pid, handle, limit_s=10)
        assert wait_until_dead(process.pid, -1, limit_s=10)
    finally:
        process.kill()
        process.wait()
        os.close(handle)
