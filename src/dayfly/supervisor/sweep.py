"""Ends every process that should not be there, and proves that none is left.

One clean look at /proc proves nothing: a process that forks and exits faster than the look is always
somewhere else. A sweep ends when a pass finds nothing and no pid was given out meanwhile.
"""

from __future__ import annotations

import os
import time

from dayfly._sys import proc
from dayfly._sys.pids import has_ended, kill_pid, open_pid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Set

# After this long without proof, processes that belong to extensions are stopped for the passes: their
# own forks move the last pid too.
_PAUSE_EXTENSIONS_AFTER = 0.01
# After this long the sweep kills everything of the user in one system call, zygote included.
_KILL_ALL_AFTER = 0.25
# After this long at work there is no proof to be had. Hundreds of processes that want the processor may leave us
# hardly any of it, and they want it for their own ends as well: then it takes as long as it takes, nearly.
_GIVE_UP_AFTER = 2.0
_GIVE_UP_STARVED_AFTER = 20.0
# So many runnable threads (of the whole machine), and births since the last proof, say so. A look at them all would
# take us many turns, and between two turns they fork.
_STORM = 64
_QUICK_LOOKS = 2
# Clean looks in a row that must do where nothing better proves death: pids of all users move the last pid
# of a machine that is not ours.
_CLEAN_LOOKS = 3
EXTENSIONS = "/opt/extensions/"


class Swept:
    """What a sweep did: how many processes it ended, zombies it saw, whether death is proved."""

    __slots__ = ("fault", "is_proved", "killed", "zombies", "zygote_lost")

    def __init__(self) -> None:
        self.killed = 0
        self.zombies = 0
        self.is_proved = False
        # Why there is no proof.
        self.fault = "new processes kept appearing, so not all could be ended"
        self.zygote_lost = False


class Sweeper:
    """Finds and ends what a worker left. Two of them: one per scope.

    `spared` are processes of ours (zygote, spares); `staying` is a worker that will serve further events, 0
    without, whose children are foreign nevertheless; `zygote` the zygote's pid and `fork_pending` whether a fork
    is under way: then one child of the zygote that nobody knows yet may be the next worker, and
    `settle` is called to learn which. `relieve` puts our own limits back, and says whether any had been lowered.
    """

    def __init__(self) -> None:
        self.spared: set[int] = set()
        self.staying = 0
        self.zygote = 0
        self.fork_pending = False
        # What `_mark` said when death was last proved.
        self._proved_at = 0
        self.settle: Callable[[], None] = lambda: None
        self.relieve: Callable[[], bool] = lambda: False

    def sweep(self, expected: set[int]) -> Swept:
        """End everything foreign. Processes in `expected` (the worker) are not counted as left over."""
        swept = Swept()
        killed: set[int] = set()
        began, used = time.monotonic(), time.process_time()
        looks = 0
        self._prepare(expected, swept)
        while True:
            has_looked = True
            mark = -1
            found: list[int] = []
            unknown: list[int] = []
            try:
                mark = self._mark()
                found, unknown = self._look(swept)
            except (OSError, MemoryError):
                # Somebody of our user has lowered our own limits, and what cannot be looked at is not gone.
                has_looked = False
                if not self.relieve():
                    swept.fault = (
                        "the supervisor's limits were lowered permanently, so it cannot list processes"
                    )
                    self._strike_blindly(swept)
                    break
            for pid in found:
                if pid not in killed and pid not in expected:
                    swept.killed += 1
                killed.add(pid)
                self._kill(pid)
            if unknown:
                # Perhaps the next worker, perhaps an impostor that chose the zygote for its parent:
                # the zygote's own word tells, and it comes at the end of the fork.
                self.settle()
            if has_looked and not found and not unknown and self._is_unmoved(mark):
                swept.is_proved = True
                self._proved_at = mark
                break
            # A dying process may wait for this very processor.
            looks += 1
            if looks <= _QUICK_LOOKS:
                os.sched_yield()
            else:
                time.sleep(0.00002)
            waited = time.monotonic() - began
            if waited > _GIVE_UP_AFTER and (
                time.process_time() - used > _GIVE_UP_AFTER or waited > _GIVE_UP_STARVED_AFTER
            ):
                break
            self._escalate(waited, mark, swept)
        self._relax()
        return swept

    def foreign(self) -> list[int]:
        """Return what a sweep would end now."""
        return self._look(Swept())[0]

    def bystanders(self) -> list[int]:
        """Return the processes that are neither Dayfly's nor a sweep's to end, and may call the platform too."""
        raise NotImplementedError

    def _kill(self, pid: int) -> None:
        handle = open_pid(pid)
        # Between the look and the handle the number may have passed to another: to a process of ours, or, where
        # its parent buries it, to anybody's. What is foreign now and has not ended is what the handle holds.
        if pid not in self.spared and pid != self.staying and (handle < 0 or self._is_foreign(pid)):
            kill_pid(pid, handle)
        if handle >= 0:
            os.close(handle)

    def _prepare(self, expected: set[int], swept: Swept) -> None:
        """Do what must come before the first look, `expected` being dead or about to be."""

    def _is_foreign(self, _pid: int) -> bool:
        """Say whether a pid that `_look` found is still one that it would find, where that can be told."""
        # By descent it cannot: an orphan's parent is anybody's. A number goes round in some 30,000 processes, and
        # whoever makes it go round could have ended any process of his user by himself.
        return True

    def _strike_blindly(self, swept: Swept) -> None:
        """End what can be ended without a look; it proves nothing."""

    def _mark(self) -> int:
        raise NotImplementedError

    def _is_unmoved(self, mark: int) -> bool:
        raise NotImplementedError

    def _look(self, swept: Swept) -> tuple[list[int], list[int]]:
        """Return the foreign processes that are not dead, and unknown children of a forking zygote."""
        raise NotImplementedError

    def _escalate(self, waited: float, mark: int, swept: Swept) -> None:
        """Try harder, after `waited` seconds without proof; the last look began at `mark`."""

    def _relax(self) -> None:
        """Undo what `_escalate` did."""


class EnvironmentSweeper(Sweeper):
    """Everything of our user in our PID namespace that is not Dayfly, an ancestor or an extension.

    `extension_files` are the programs the platform starts as extensions, None for those on this host;
    `is_first_life` whether the platform has ended no runtime here before, None to look.
    """

    def __init__(self, extension_files: set[str] | None = None, *, is_first_life: bool | None = None) -> None:
        super().__init__()
        self._uid = os.getuid()
        self._self = os.getpid()
        self._ancestors = set(proc.ancestors(self._self))
        self._extensions: dict[int, int] = {}
        # Whether as many processes are seen here as the platform starts extensions.
        self.sees_all_extensions = True
        self._paused: set[int] = set()
        # Whoever starts a runtime anew has waited for the one before.
        self.is_first_life = (
            not any(proc.has_buried(pid) for pid in self._ancestors)
            if is_first_life is None
            else is_first_life
        )
        # Orphans become our children (PR_SET_CHILD_SUBREAPER), and nobody else waits for them.
        self.buries = False
        self._find_extensions(_extension_files() if extension_files is None else set(extension_files))

    def bystanders(self) -> list[int]:
        """Return the processes of extensions; the platform's own do not call it."""
        if not self._extensions:
            return []
        stats = (proc.read_stat(pid) for pid in proc.list_pids())
        return [stat.pid for stat in stats if stat is not None and self._is_extension(stat)]

    @property
    def has_extensions(self) -> bool:
        """Say whether processes of external extensions run beside the function."""
        return bool(self._extensions)

    def extension_pids(self) -> list[int]:
        """Return the extensions' processes that were seen at start and still run."""
        return [pid for pid, started in self._extensions.items() if self._started(pid) == started]

    def _find_extensions(self, files: set[str]) -> None:
        mine = proc.read_stat(self._self)
        if not files:
            return
        if mine is None:
            self.sees_all_extensions = False
            return
        # Extensions start before the runtime, as children of the platform's process. What looks like
        # one but is somebody else's child, or younger than we are, is not spared.
        older: list[proc.ProcessStat] = []
        for pid in proc.list_pids():
            stat = proc.read_stat(pid)
            if (
                stat is not None
                and stat.parent in self._ancestors
                and stat.started <= mine.started
                and pid != self._self
                and pid not in self._ancestors
                and not proc.is_dead(pid)
            ):
                older.append(stat)
        # One of another user is no concern of a sweep's.
        self.sees_all_extensions = len(older) >= len(files)
        older = [stat for stat in older if proc.belongs_to(stat.pid, self._uid)]
        if not self.is_first_life:
            older = _surely_extensions(older, files)
        self._extensions = {stat.pid: stat.started for stat in older}

    @staticmethod
    def _started(pid: int) -> int:
        stat = proc.read_stat(pid)
        return -1 if stat is None else stat.started

    def _mark(self) -> int:
        return proc.last_pid()

    def _is_unmoved(self, mark: int) -> bool:
        return mark >= 0 and proc.last_pid() == mark

    def _look(self, swept: Swept) -> tuple[list[int], list[int]]:
        found: list[int] = []
        unknown: list[int] = []
        swept.zombies = 0
        for pid in proc.list_pids():
            if pid in (self._self, self.staying) or pid in self.spared or pid in self._ancestors:
                continue
            if not proc.belongs_to(pid, self._uid):
                continue
            if proc.is_dead(pid):
                if self.buries:
                    # One that is not ours yet, or not yet to be waited for, is when we next look.
                    _bury(pid)
                else:
                    swept.zombies += 1
                continue
            stat = proc.read_stat(pid)
            if stat is None or self._is_extension(stat):
                continue
            if self.fork_pending and stat.parent == self.zygote:
                unknown.append(pid)
            else:
                found.append(pid)
        return found, unknown

    def _prepare(self, expected: set[int], swept: Swept) -> None:
        # The zygote goes with them: another init, for one system call that ends a storm. A busy machine is none, where
        # nobody was born here.
        is_busy = bool(expected) and not 0 <= proc.last_pid() - self._proved_at <= _STORM
        if is_busy and proc.count_runnable() > _STORM:
            self._strike_blindly(swept)

    def count_zombies(self) -> int:
        """Return how many dead processes of our user nobody has waited for."""
        return sum(proc.belongs_to(pid, self._uid) and proc.is_zombie(pid) for pid in proc.list_pids())

    def _is_foreign(self, pid: int) -> bool:
        try:
            stat = proc.read_stat(pid)
            return stat is not None and proc.belongs_to(pid, self._uid) and not self._is_extension(stat)
        except OSError:
            # We cannot look for the moment; a number that was seen a moment ago will do.
            return True

    def _is_extension(self, stat: proc.ProcessStat) -> bool:
        if not self._extensions:
            return False
        seen: set[int] = set()
        while stat.pid not in seen:
            if self._extensions.get(stat.pid) == stat.started:
                return True
            seen.add(stat.pid)
            parent = proc.read_stat(stat.parent)
            if parent is None:
                return False
            stat = parent
        return False

    def _escalate(self, waited: float, mark: int, swept: Swept) -> None:
        if self._extensions and waited > _PAUSE_EXTENSIONS_AFTER:
            for pid in proc.list_pids():
                stat = proc.read_stat(pid)
                if stat is not None and pid not in self._paused and self._is_extension(stat):
                    self._paused.add(pid)
                    kill_pid(pid, -1, proc.SIGSTOP)
        if (
            waited > _KILL_ALL_AFTER
            and self.can_kill_all
            and not swept.zygote_lost
            # Where nobody was born since the look, it met all, and they are killed: they wait for a processor to end on.
            and (self.fork_pending or not self._is_unmoved(mark))
        ):
            swept.zygote_lost = True
            # Who hops may be met by no look; what else keeps a sweep from its end is a fork of our own.
            swept.killed += max(self.kill_all(), 0 if self.fork_pending else 1)

    def _strike_blindly(self, swept: Swept) -> None:
        if self.can_kill_all and not swept.zygote_lost:
            swept.zygote_lost = True
            swept.killed += 1
            self._signal_all()

    def _relax(self) -> None:
        for pid in self._paused:
            kill_pid(pid, -1, proc.SIGCONT)
        self._paused.clear()

    @property
    def can_kill_all(self) -> bool:
        """Say whether nothing but PID 1, which no signal of ours ends, would be hit unjustly."""
        return self._ancestors <= {1} and not self._extensions

    def kill_all(self, expected: Set[int] = frozenset()) -> int:
        """End every process of our user but ourselves, in one call that no fork can outrun.

        Returns how many foreign ones a look just before met, without the `expected`.

        kill(-1) holds the kernel's task list lock over the whole walk, and a fork needs it to publish
        its child (kernel/signal.c, kernel/fork.c). It spares PID 1 and its caller.
        """
        found, _ = self._look(Swept())
        return len(set(found) - expected) if self._signal_all() else 0

    @staticmethod
    def _signal_all() -> bool:
        try:
            os.kill(-1, proc.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return False
        return True


class DescendantsSweeper(Sweeper):
    """Only what Dayfly started: by parentage, as the reaper of orphans, and by a mark.

    `mark` is a string in the environment of everything that was executed from the zygote down, and in the zygote's
    command line.
    `is_subreaper` says that orphans of our descendants become our children; without it, death is proved
    only as far as some clean looks in a row prove it.
    """

    def __init__(self, *, mark: bytes, is_subreaper: bool) -> None:
        super().__init__()
        self._uid = os.getuid()
        self._self = os.getpid()
        self._signature = mark
        self._is_subreaper = is_subreaper
        self._reaped = 0
        self._clean_looks = 0

    def bystanders(self) -> list[int]:
        """Return everybody else's processes of our user, of all users for root."""
        ours = {self._self, self.zygote, self.staying, *self.spared, *self.foreign()}
        return [
            pid
            for pid in proc.list_pids()
            if pid not in ours and (self._uid == 0 or proc.belongs_to(pid, self._uid))
        ]

    def _mark(self) -> int:
        if not self._is_subreaper:
            return proc.last_pid()
        return self._count_deaths()

    def _is_unmoved(self, mark: int) -> bool:
        if not self._is_subreaper:
            self._clean_looks += 1
            if self._clean_looks < _CLEAN_LOOKS and (mark < 0 or proc.last_pid() != mark):
                return False
            self._clean_looks = 0
            return True
        # Every hop of a process that forks and exits leaves a zombie, and as its reaper we see it.
        return self._count_deaths() == mark

    def _count_deaths(self) -> int:
        """Return a number that every hop of a chain raises.

        A process that chose the zygote for its parent (CLONE_PARENT) leaves its zombies there, where
        nobody reaps what he was not told to.
        """
        self._reap()
        return self._reaped + len(proc.children(self.zygote) or [])

    def _reap(self) -> None:
        if not self._is_subreaper or not self._has_dead_child():
            return
        for pid in proc.children(self._self, has_one_thread=True) or []:
            if pid == self.zygote or pid in self.spared:
                continue
            try:
                self._reaped += os.waitpid(pid, os.WNOHANG)[0] != 0
            except ChildProcessError:
                continue

    @staticmethod
    def _has_dead_child() -> bool:
        """One call that spares reading lists in the ordinary case."""
        try:
            return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return False

    def _look(self, swept: Swept) -> tuple[list[int], list[int]]:
        table: dict[int, int] | None = None
        descendants: list[tuple[int, int]] = []
        # Spares wait for their first event and have no children; the zygote's and our own are looked at.
        ours = {self._self, self.zygote} - {0}
        roots = ours | ({self.staying} - {0})
        pending = list(roots)
        seen = roots | self.spared
        while pending:
            pid = pending.pop()
            below = proc.children(pid, has_one_thread=pid in ours)
            if below is None:
                table = table or proc.parents()
                below = [child for child, parent in table.items() if parent == pid]
            for child in below:
                if child not in seen:
                    seen.add(child)
                    descendants.append((child, pid))
                    pending.append(child)
        found: list[int] = []
        unknown: list[int] = []
        for pid, parent in descendants:
            if proc.is_dead(pid):
                continue
            (unknown if self.fork_pending and parent == self.zygote else found).append(pid)
        if not self._is_subreaper:
            found += self._marked(seen)
            if found or unknown:
                self._clean_looks = 0
        return found, unknown

    def _marked(self, seen: set[int]) -> list[int]:
        return [
            pid
            for pid in proc.list_pids()
            if pid not in seen
            and proc.belongs_to(pid, self._uid)
            and proc.bears_mark(pid, self._signature)
            and not proc.is_dead(pid)
        ]


def _surely_extensions(older: list[proc.ProcessStat], files: set[str]) -> list[proc.ProcessStat]:
    """Return those of the platform's children that nobody but an extension can be, where some may be survivors.

    An earlier, poisoned life may have left processes that are as old, have the same parent by adoption, lead a
    group and give themselves any name. So whoever names a file of an extension, or leads a group without (a
    script may have executed another program), claims to be one. More claims than files, and a survivor is
    among them: then all of them are ended, and the platform, which notices, starts its extensions again.
    """
    claims = [
        stat
        for stat in older
        # A script's path comes after its interpreter and that one's options.
        if files.intersection(proc.command_line(stat.pid)[:3]) or proc.group(stat.pid) == stat.pid
    ]
    if len(claims) > len(files):
        # What an extension has made a daemon has a session of its own; the platform gives it none.
        claims = [stat for stat in claims if proc.session(stat.pid) == proc.session(os.getpid())]
    return claims if len(claims) <= len(files) else []


def _extension_files() -> set[str]:
    """Return what the platform starts as external extensions: the files directly in /opt/extensions."""
    try:
        return {EXTENSIONS + name for name in os.listdir(EXTENSIONS)}
    except OSError:
        return set()


def _bury(pid: int) -> None:
    """Wait for a dead process, if it is a child of ours."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def wait_until_dead(pid: int, handle: int, *, limit_s: float) -> bool:
    """Poll until a process has ended; False after `limit_s` seconds."""
    until = time.monotonic() + limit_s
    while not has_ended(handle, pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.0005)
    return True
