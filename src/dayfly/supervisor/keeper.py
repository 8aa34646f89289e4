"""Keeps Dayfly's own processes as they are, against a worker that shares their user.

It may kill, stop and signal them, and lower their limits and priority. A kill of the supervisor or the zygote ends the
worker too; a stop is undone; signals have no effect; what was changed is put back when the worker is dead, and
what cannot be put back is given up: a spare, the zygote, or the environment.
"""

from __future__ import annotations

import os
import resource
import signal

from dayfly._sys import lifeline, proc, signals, standing
from dayfly.core import findings
from dayfly.core.headroom import Headroom

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly._sys.standing import Standing
    from dayfly.supervisor.report import Reporter
    from dayfly.supervisor.summons import Summons
    from dayfly.supervisor.worker import Worker
    from dayfly.supervisor.zygote import Zygote

# The zygote runs as a batch process, its workers not; either does neither any harm.
_POLICIES = (os.SCHED_OTHER, os.SCHED_BATCH)
# Threads of a zygote come again in each worker: one that serves, two spares, and one on its way.
_COPIES = 5
_MANY_NAMES = 12


class Kept:
    """What must follow from a look: `retire` says why the environment must end, "" if it need not."""

    __slots__ = ("must_rebuild", "retire", "spoilt")

    def __init__(self) -> None:
        self.retire = ""
        self.must_rebuild = False
        self.spoilt: list[Worker] = []


class Keeper:
    """Watches over supervisor, zygote and spares of one environment; made in the supervisor, once the first zygote is under way.

    `buries` says that orphans are waited for, by us; `zombies` how many there were before this life. `failures` are
    sentences about what the host refuses, for the first log line.
    """

    def __init__(self, reporter: Reporter, summons: Summons, *, buries: bool, zombies: int) -> None:
        self._reporter = reporter
        self._summons = summons
        self.failures: list[str] = [summons.failure] if summons.failure else []
        self._timer = signals.ResumeTimer()
        if self._timer.failure:
            self.failures.append(
                f"a stop of the supervisor lasts until the platform's timeout ({self._timer.failure})"
            )
        signal.signal(signal.SIGCONT, lambda _number, _frame: self._timer.rewind())
        self._lifeline: lifeline.Lifeline | None = None
        try:
            self._lifeline = lifeline.Lifeline()
        except OSError as fault:
            self.failures.append(
                f"a worker may outlive the supervisor until the next start ({fault.strerror})"
            )
        self._reader = standing.Reader(oom=_can_write_oom_score())
        # After the timer, whose signal must have its place in the queue.
        self._signals_before = standing.queue_no_signals()
        self._headroom = Headroom(standing.most_processes(), buries=buries, zombies_before=zombies)
        self._zombies = zombies
        self._alive = 0
        self._own: Standing | None = self._reader.read(0)
        self._of_zygote: Standing | None = None
        self._bound: Worker | None = None
        self._killed_spares = 0
        self._relieved: list[str] = []

    def leave(self) -> None:
        """In a child that is about to execute a zygote: give back what only the supervisor should have."""
        resource.setrlimit(resource.RLIMIT_SIGPENDING, self._signals_before)
        signals.heed_reserved()

    # ---- before an event ------------------------------------------------------------------------

    def adopt(self, zygote: Zygote, *, is_forking: bool) -> None:
        """Take over a zygote that has finished its init: as it is now it shall stay, unless it serves itself."""
        self._of_zygote = None
        self._bound = None
        # What was done to it while it initialised is no invocation's doing.
        self._tell_signalled(zygote, [])
        if self._lifeline is not None and zygote.lifeline >= 0:
            lifeline.watch(zygote.lifeline)
        if not is_forking:
            return
        try:
            self._signals_before = standing.queue_no_signals(zygote.pid)
            self._of_zygote = self._reader.read(zygote.pid)
        except OSError as fault:
            self._reporter.find(
                findings.CANNOT_CHECK,
                f"limits and priorities cannot be checked: {fault.strerror}",
                {"protection": "limits", "reason": fault.strerror},
            )
        self._alive = _COPIES * proc.count_threads(zygote.pid)

    def hand_over(self, worker: Worker, zygote: Zygote | None) -> None:
        """A worker is about to see an event: from now on nothing of its user can be trusted."""
        self._summons.is_alone = False
        if self._of_zygote is not None and worker is not self._bound:
            self._bound = worker
            self._bind(worker)
        if self._lifeline is not None:
            self._lifeline.guard(worker.pid, -1 if zygote is None else zygote.lifeline)
        self._timer.arm()

    def _bind(self, worker: Worker) -> None:
        most = self._headroom.limit(zombies=self._zombies, alive=self._alive)
        try:
            resource.prlimit(worker.pid, resource.RLIMIT_SIGPENDING, self._signals_before)
        except OSError:
            # It is gone, or never got another limit.
            pass
        standing.limit_processes(worker.pid, most)

    # ---- after it -------------------------------------------------------------------------------

    def relieve(self) -> bool:
        """Put our own limits back while the worker may live; return whether any could be.

        Whoever cannot open a file sees no processes: where reading /proc fails, this comes first.
        """
        moved = [] if self._own is None else self._reader.restore_own_soft_limits(self._own)
        self._relieved += [name for name in moved if name not in self._relieved]
        return bool(moved)

    def release(self, *, zombies: int) -> None:
        """Nothing that has seen an event lives any more: what signals come now are not a worker's."""
        self._timer.disarm()
        self._summons.heed()
        self._summons.is_alone = True
        self._zombies = zombies

    def let_go(self, worker: Worker) -> None:
        """Close what leads to a dead worker, and with it the descriptors that it left in flight there.

        The last to hold a connection waits for its peer (SO_LINGER), for hours if he likes, unless a signal comes.
        """
        self._timer.arm()
        worker.close()
        self._timer.disarm()

    def note_killed_spare(self) -> None:
        """A spare ended by itself, which none does."""
        self._killed_spares += 1

    def check(self, zygote: Zygote | None, spares: list[Worker]) -> Kept:
        """Compare everybody with what they were, put back what can be, and say what must follow."""
        kept = Kept()
        changed = [f"supervisor: {name}" for name in self._relieved]
        self._relieved = []
        kept.retire = self._check_own(changed)
        if self._of_zygote is not None and zygote is not None:
            before = self._of_zygote
            kept.must_rebuild = not self._holds(zygote.pid, before, "zygote", changed)
            kept.spoilt = [
                spare for spare in spares if not self._holds(spare.pid, before, "standby", changed)
            ]
        if changed:
            self._tell_changed(changed, kept)
        self._tell_signalled(zygote if self._of_zygote is not None else None, spares)
        if not kept.retire and self._headroom.is_used_up(zombies=self._zombies, alive=self._alive):
            kept.retire = (
                f"{self._zombies} dead processes, which PID 1 does not reap, leave no room for new ones"
            )
        return kept

    def _check_own(self, changed: list[str]) -> str:
        if self._own is None or self._holds(0, self._own, "supervisor", changed):
            return ""
        return "limits or priority of the supervisor were lowered permanently"

    def _holds(self, pid: int, before: Standing, role: str, changed: list[str]) -> bool:
        """Say whether a process is as it was, if need be after having put it back."""
        now = self._reader.read(pid)
        if now is None:
            # Gone: that is noticed elsewhere.
            return True
        names = standing.differences(now, before, policies=_POLICIES)
        if not names:
            return True
        changed += [f"{role}: {name}" for name in names]
        self._reader.put_back(pid, now, before)
        now = self._reader.read(pid)
        return now is None or not standing.differences(now, before, policies=_POLICIES)

    def _tell_changed(self, changed: list[str], kept: Kept) -> None:
        what = [
            text
            for text, is_so in (
                ("the environment retires", bool(kept.retire)),
                ("the zygote is rebuilt", kept.must_rebuild),
                (f"{len(kept.spoilt)} spare workers were discarded", bool(kept.spoilt)),
            )
            if is_so
        ]
        self._reporter.find(
            findings.LIMITS_CHANGED,
            f"{len(changed)} limits or priorities of Dayfly's processes were changed; "
            + (", ".join(what) if what else "all were restored"),
            {"changed": changed[:_MANY_NAMES]},
        )

    def _tell_signalled(self, zygote: Zygote | None, spares: list[Worker]) -> None:
        found = {f"supervisor: {name}": count for name, count in self._summons.take_strays().items()}
        if self._killed_spares:
            found["standby: SIGKILL"] = self._killed_spares
            self._killed_spares = 0
        if zygote is not None and (stops := zygote.take_stops()):
            found["zygote: SIGSTOP"] = stops
        stopped = [spare for spare in spares if spare.is_stopped()]
        for spare in stopped:
            found["standby: SIGSTOP"] = len(stopped)
            spare.resume()
        if found:
            names = sorted(found)[:_MANY_NAMES]
            self._reporter.find(
                findings.SIGNALLED,
                f"Dayfly's processes received signals: {', '.join(names)}",
                {"signals": {name: found[name] for name in names}},
            )


def _can_write_oom_score() -> bool:
    """Say whether others of our user may change our OOM score, and thereby a zygote's."""
    return os.access(f"/proc/{os.getpid()}/oom_score_adj", os.W_OK)
