"""Puts into findings what the supervisor saw of an invocation, each thing as often as it is news."""

from __future__ import annotations

from dayfly.core import findings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.frames import EarlyReport
    from dayfly.core.http1 import Reply
    from dayfly.core.reports import Report
    from dayfly.core.settings import Settings
    from dayfly.supervisor.report import Reporter
    from dayfly.supervisor.sweep import Swept
    from dayfly.supervisor.worker import Worker

# Zombies only PID 1 can reap; far below the 742 processes that Lambda allows.
_MANY_ZOMBIES = 256
# Different notes of workers that an environment reports, and names in one: a log is not to be flooded.
_MANY_NOTES = 16
_MANY_NAMES = 8
_NAME_CHARACTERS = 100
# Uses that an environment tells of to who learns a policy.
_MANY_USES = 500


class Witness:
    """What was seen of one environment's invocations, and what of it was told already."""

    def __init__(self, reporter: Reporter, settings: Settings) -> None:
        self._reporter = reporter
        self._deliver_s = settings.fork_deliver
        self._learns = settings.guard_learn
        self._is_lock_refused = False
        self._has_told_zombies = False
        self._notes: set[bytes] = set()
        self._uses: set[tuple[object, ...]] = set()
        # Findings that were reported during the invocation of this number: of earlier ones, and its own.
        self._reported_in = 0
        self._reported: tuple[set[bytes], set[bytes]] = (set(), set())

    def tell_hostile(self, worker: Worker, offence: str) -> None:
        """A worker broke a rule and is ended."""
        self._reporter.find(
            findings.WORKER_HOSTILE,
            f"a worker was ended: {offence}",
            {"reason": offence, "worker": worker.number},
        )

    def tell_died(self, worker: Worker) -> None:
        """A worker ended without an answer."""
        self._reporter.find(
            findings.WORKER_DIED, "a worker ended before it answered", {"worker": worker.number}
        )

    def tell_late(self, worker: Worker, words: str) -> None:
        """A worker was ended ahead of the platform's timeout; `words` are what its caller got."""
        self._reporter.find(
            findings.WORKER_TIMED_OUT, f"a worker was ended: {words}", {"worker": worker.number}
        )

    def tell_lock_refused(self, reply: Reply) -> None:
        """The platform does not hold responses open."""
        if self._is_lock_refused:
            return
        self._is_lock_refused = True
        self._reporter.find(
            findings.CANNOT_CHECK,
            f"the platform does not permit a held response (status {reply.status})",
            {"protection": "api_lock", "status": reply.status},
        )

    def tell_dropped_log(self, dropped: int) -> None:
        """Bytes on the log pipe were no frames."""
        if dropped:
            self._reporter.find(findings.LOG_DROPPED, "invalid log frames were dropped", {"bytes": dropped})

    def tell_swept(self, swept: Swept) -> None:
        """Processes were left, or pile up as zombies."""
        if swept.killed:
            self._reporter.find(
                findings.PROCESS_LEFT,
                f"{swept.killed} processes outlived their invocation and were ended",
                {"processes": swept.killed},
            )
        if swept.zombies >= _MANY_ZOMBIES and not self._has_told_zombies:
            self._has_told_zombies = True
            self._reporter.find(
                findings.ZOMBIES,
                f"{swept.zombies} dead processes are not reaped by PID 1; recycle this environment",
                {"zombies": swept.zombies},
            )

    def tell_note(self, note: bytes) -> bool:
        """Say what a worker said of itself, each thing once: it comes from the function's process.

        Return whether it says that something was planted in its memory.
        """
        is_planted = False
        if note[:1] == b"G":
            # Of each invocation anew: which request did it is what is wanted.
            # Its lines come first, with an empty one behind them.
            said, _, note = note.partition(b"\n\n")
            from dayfly.core import reports

            is_planted = self._tell_guarded(said, reports.MANY + reports.MANY_USES)
        if not note or note in self._notes or len(self._notes) >= _MANY_NOTES:
            return is_planted
        self._notes.add(note)
        lines = note.decode("ascii", "replace").split("\n")
        names = {
            kind: [_printable(line[1:]) for line in lines if line[:1] == kind][:_MANY_NAMES] for kind in "WD"
        }
        if names["W"]:
            self._reporter.find(
                findings.WORK_DISCARDED,
                f"work after the answer was discarded: {', '.join(names['W'])}",
                {"work": names["W"]},
            )
        if names["D"]:
            self._reporter.find(
                findings.NOT_DELIVERED,
                f"not sent within {self._deliver_s:g} s: {', '.join(names['D'])}",
                {"held_by": names["D"], "deliver_s": self._deliver_s},
            )
        return is_planted

    def tell_report(self, report: EarlyReport) -> None:
        """Say what a worker's guard found while the invocation goes on, each thing once for each of them."""
        from dayfly.core import reports

        if self._reported_in != self._reporter.number:
            self._reported_in = self._reporter.number
            self._reported = (set(), set())
        reported = self._reported[report.is_current]
        if not report.finding or report.finding in reported or len(reported) >= reports.MANY:
            return
        # Of several processes that an invocation has forked each reports its own.
        reported.add(report.finding)
        request_id = self._reporter.request_id
        if not report.is_current:
            # Nobody knows which earlier request it was.
            self._reporter.request_id = ""
        self._tell_guarded(report.finding, 1)
        self._reporter.request_id = request_id

    def tell_init(self, said: bytes) -> None:
        """Say what the guard saw while the function initialised: of no invocation."""
        from dayfly.core import reports

        self._tell_guarded(said.partition(b"\n\n")[0], reports.MANY + reports.MANY_AT_INIT)

    def _tell_guarded(self, said: bytes, limit: int) -> bool:
        # Nothing of it is needed where there is no guard.
        from dayfly.core import reports

        kinds = {
            "refused": (findings.GUARD_REFUSED, "the guard refused"),
            "observed": (findings.GUARD_OBSERVED, "the guard would have refused"),
            "planted": (findings.MEMORY_CHANGED, "new in memory:"),
            "unknown": (findings.GUARD_UNKNOWN, "unknown origin:"),
            "computed": (findings.GUARD_COMPUTED, "allowed plain arithmetic:"),
            "fault": (findings.GUARD_FAULT, "the guard failed to check"),
            "used": (findings.GUARD_CAPABILITY, "first use:"),
        }
        is_planted = False
        others = 0
        for line in said.decode("ascii", "replace").split("\n")[:limit]:
            report = reports.parse_report(line[1:])
            if report is None or line[:1] != "G":
                continue
            if report.verdict != "used":
                others += 1
                if others > reports.MANY:
                    continue
            elif not self._learns or report.use is None or self._has_told(report):
                # Nobody asked, or it is no news.
                continue
            kind, words = kinds[report.verdict]
            is_planted = is_planted or report.verdict == "planted"
            if report.verdict == "unknown":
                known = f"{report.rule} {report.place}".encode()
                if known in self._notes or len(self._notes) >= _MANY_NOTES:
                    continue
                self._notes.add(known)
            evidence: dict[str, object] = {
                "rule": report.rule,
                "place": report.place,
                "change": report.change,
                "event_path": report.path,
                "hash": report.digest,
            }
            attack = report.attack if kind.attack is not None else None
            if report.use is not None:
                if report.verdict == "observed":
                    kind, attack = findings.GUARD_CAPABILITY, report.attack
                    self._reporter.triggers.add("suspicion")
                evidence |= _of_use(report)
            self._reporter.find(
                kind,
                (words if report.verdict == "fault" else f"{words} {report.subject}")
                + (f" at {report.place}" if report.place else ""),
                {name: value for name, value in evidence.items() if value},
                attack=attack,
            )
        return is_planted

    def _has_told(self, report: Report) -> bool:
        """Say whether a new use is none to this environment."""
        use = report.use
        assert use is not None
        key = (report.rule, use.target, use.packages, use.phase)
        if key in self._uses or len(self._uses) >= _MANY_USES:
            return True
        self._uses.add(key)
        return False


def _of_use(report: Report) -> dict[str, object]:
    use = report.use
    assert use is not None
    return {
        "verdict": report.verdict,
        "kind": report.rule.partition(".")[2],
        "target": use.target,
        "packages": list(use.packages),
        "phase": use.phase,
        "policy": use.table,
    }


def _printable(name: str) -> str:
    """Return a name of code from a worker's note, as far as it may stand in a finding."""
    return "".join(char if char.isalnum() or char in " ._<>:()/-'" else "?" for char in name)[
        :_NAME_CHARACTERS
    ]
