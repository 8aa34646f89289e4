"""What one process may change of another of its user: limits, processors, scheduling; read, compared, put back.

By the calls that the attack itself uses (prlimit and its like), which need no descriptor: they work, and tell the
truth, when RLIMIT_NOFILE was what he changed.
"""

from __future__ import annotations

import errno
import os
import resource

# Names as in setrlimit(2). RLIMIT_OFILE is another name of NOFILE; LOCKS is not known to Python.
_NAMES = {10: "RLIMIT_LOCKS"} | {
    number: name
    for name, number in sorted(vars(resource).items())
    if name.startswith("RLIMIT_") and name != "RLIMIT_OFILE"
}
_NUMBERS = tuple(sorted(_NAMES))
_IOPRIO = {"x86_64": (252, 251), "aarch64": (31, 30)}
_IOPRIO_WHO_PROCESS = 1
_IOPRIO_CLASS_SHIFT = 13

Limit = tuple[int, int]


class Standing:
    """How the kernel treats one process: soft and hard limits by number, `processors`, `policy`, `nice`, `io` priority, `oom` score.

    `session` is the priority that its session has as a whole (sched(7), autogroup), "" where that was not read.
    """

    __slots__ = ("io", "limits", "nice", "oom", "policy", "processors", "session")

    def __init__(
        self,
        limits: dict[int, Limit],
        *,
        processors: frozenset[int],
        policy: int,
        nice: int,
        io: int,
        oom: str,
        session: str = "",
    ) -> None:
        self.limits = limits
        self.processors = processors
        self.policy = policy
        self.nice = nice
        self.io = io
        self.oom = oom
        self.session = session


def differences(now: Standing, before: Standing, *, policies: tuple[int, ...] = ()) -> list[str]:
    """Return the names of what differs, as people know them; `policies` are others that will do as well."""
    found: list[str] = []
    if now.limits != before.limits:
        found += [_NAMES[number] for number in _NUMBERS if now.limits[number] != before.limits[number]]
    if now.processors != before.processors:
        found.append("processor affinity")
    if now.policy != before.policy and now.policy not in policies:
        found.append("scheduling policy")
    if now.nice != before.nice:
        found.append("nice value")
    if now.io != before.io:
        found.append("I/O priority")
    if now.oom != before.oom:
        found.append("OOM score")
    if now.session != before.session:
        found.append("priority of the session")
    return found


class Reader:
    """Reads and puts back the standing of processes of our user.

    `oom`: whether OOM scores are read too. That costs a file each and is of use only where others may write
    them: the files of a process that nobody may read belong to root.
    """

    __slots__ = ("_get_io", "_libc", "_oom", "_session", "_set_io")

    def __init__(self, *, oom: bool = True) -> None:
        # 1.7 ms, while the zygote initialises the function.
        import ctypes

        self._libc = ctypes.CDLL(None, use_errno=True)
        self._get_io, self._set_io = _IOPRIO.get(os.uname().machine, (-1, -1))
        self._oom = oom
        try:
            # Kept open: a session is for life, and its priority is read after each invocation.
            self._session = os.open("/proc/self/autogroup", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            # A kernel without.
            self._session = -1

    def read(self, pid: int) -> Standing | None:
        """Return the standing of a process (0: our own), None once it is gone. Raises PermissionError."""
        try:
            # One call that says whether all others will be worth it.
            nice = os.getpriority(os.PRIO_PROCESS, pid)
            prlimit = resource.prlimit
            return Standing(
                {number: prlimit(pid, number) for number in _NUMBERS},
                processors=frozenset(os.sched_getaffinity(pid)),
                policy=os.sched_getscheduler(pid),
                nice=nice,
                io=self._io(pid),
                oom=self._oom_score(pid) if self._oom else "",
                # Zygote and workers are of our session.
                session="" if pid else self._session_priority(),
            )
        except (ProcessLookupError, FileNotFoundError):
            return None

    def put_back(self, pid: int, now: Standing, before: Standing) -> None:
        """Undo what can be undone of the differences; what the kernel refuses stays as it is."""
        for number in _NUMBERS:
            if now.limits[number] != before.limits[number]:
                self._put_back_limit(pid, number, now.limits[number], before.limits[number])
        if now.processors != before.processors:
            _try(os.sched_setaffinity, pid, before.processors)
        if now.policy != before.policy:
            _try(os.sched_setscheduler, pid, before.policy, os.sched_param(0))
        if now.nice != before.nice:
            _try(os.setpriority, os.PRIO_PROCESS, pid, before.nice)
        if now.io != before.io and self._set_io >= 0:
            self._libc.syscall(self._set_io, _IOPRIO_WHO_PROCESS, pid, before.io)
        if now.oom != before.oom:
            _try(_write, _oom_path(pid), before.oom)

    def restore_own_soft_limits(self, before: Standing) -> list[str]:
        """Put our own soft limits back, as far as the hard ones allow; return the names of those that moved.

        Takes no memory worth the name and no descriptor: either may be what was taken from us.
        """
        moved: list[str] = []
        for number, wanted in before.limits.items():
            now = resource.getrlimit(number)
            if now != wanted:
                self._put_back_limit(0, number, now, wanted)
                if resource.getrlimit(number) != now:
                    moved.append(_NAMES[number])
        return moved

    def _put_back_limit(self, pid: int, number: int, now: Limit, before: Limit) -> None:
        # A hard limit can be lowered again, never raised.
        hard = _lower(now[1], before[1])
        _try(resource.prlimit, pid, number, (_lower(before[0], hard), hard))

    def _io(self, pid: int) -> int:
        if self._get_io < 0:
            return 0
        value = int(self._libc.syscall(self._get_io, _IOPRIO_WHO_PROCESS, pid))
        # Without a class the level means nothing, and older kernels show another once there was any I/O.
        return value if value >> _IOPRIO_CLASS_SHIFT else 0

    def _session_priority(self) -> str:
        """Return the session's priority: any process of it may change that by its own file, and nobody else can."""
        try:
            return "" if self._session < 0 else os.pread(self._session, 64, 0).decode("ascii", "replace")
        except OSError:
            return ""

    def _oom_score(self, pid: int) -> str:
        try:
            descriptor = os.open(_oom_path(pid), os.O_RDONLY | os.O_CLOEXEC)
        except OSError as fault:
            if fault.errno == errno.ENOENT:
                raise
            # No descriptor to be had, say: that is not what it was.
            return "unreadable"
        try:
            return os.read(descriptor, 32).decode("ascii", "replace").strip()
        finally:
            os.close(descriptor)


def limit_processes(pid: int, hard: int) -> bool:
    """Bound what a process of our user may have of processes and message queues; False where it is refused.

    Neither can be raised again by anybody without privileges. A process that is gone is bound enough.
    """
    try:
        resource.prlimit(pid, resource.RLIMIT_MSGQUEUE, (0, 0))
        if hard > 0:
            resource.prlimit(pid, resource.RLIMIT_NPROC, (hard, hard))
    except ProcessLookupError:
        return True
    except (OSError, ValueError):
        return False
    return True


def queue_no_signals(pid: int = 0) -> Limit:
    """Have a process take no signals that queue up beyond one of a kind; return the limit before, to be put back.

    The kernel asks the receiver's limit. What the process has (a timer's signal) and plain signals come as ever.
    """
    before = resource.prlimit(pid, resource.RLIMIT_SIGPENDING)
    _try(resource.prlimit, pid, resource.RLIMIT_SIGPENDING, (0, before[1]))
    return before


def most_processes() -> int:
    """Return our own hard limit of processes, 0 where there is none."""
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    return 0 if hard == resource.RLIM_INFINITY else hard


def _lower(left: int, right: int) -> int:
    if left == resource.RLIM_INFINITY:
        return right
    if right == resource.RLIM_INFINITY:
        return left
    return min(left, right)


def _oom_path(pid: int) -> str:
    return f"/proc/{pid or os.getpid()}/oom_score_adj"


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _try(act: object, *arguments: object) -> None:
    assert callable(act)
    try:
        act(*arguments)
    except (OSError, ValueError):
        return
