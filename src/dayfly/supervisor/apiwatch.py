"""Watches from outside whether a worker talks to the Runtime API, while nothing keeps it from that.

A worker has no business there: the address it is given is the supervisor's. Where the response cannot be held
open (`api_lock`), one that connects to the platform itself can answer its own event and take others'. What
can be seen of that is its connection in the kernel's table, so the table is looked at while a worker has an
event. A false alarm would end an honest invocation, so a connection counts only if it is known whose it is.
"""

from __future__ import annotations

import os
import time

from dayfly._sys import sockets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly._sys.sockets import Connection, Endpoint
    from dayfly.supervisor.sweep import Sweeper
    from dayfly.supervisor.upstream import Upstream

# An attack takes some milliseconds to begin; most handlers are over by the second look.
_FIRST_LOOK_S = 0.001
# A stolen event takes 1 to 1.5 ms with AWS's emulator.
_EVERY_S = 0.005
# Looks at the table may take this share of the processor time that the function has, and come this often in any case.
_MAX_SHARE = 0.02
_SELDOM_S = 0.05
# The memory at which Lambda gives a whole processor
# (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
_MEMORY_OF_A_PROCESSOR_MB = 1769
# The platform ends an environment whose event is not answered in time. One that still runs this long after
# that was answered by somebody, unless its clock and ours disagree by so much.
_OVERDUE_S = 5.0
# Looks at a connection of which it is not known whose it is, and changes hands perhaps, per event.
_MANY_TRIES = 5
# How long the connections of a dead process are waited for: that its descriptors are closed, which comes after the
# teardown of its memory, and that the platform reads and closes them, unless it keeps a request for an event.
_TEARDOWN_S = 0.5
_SETTLE_S = 0.05
_SETTLE_EVERY_S = 0.0005
# A connection that was reset leaves no trace; what it had sent is read by then, unless the machine is busy.
_GRACE_S = 0.005
# Where Lambda's API is, whatever the function was told (a layer may have put a proxy of its own before it).
LAMBDA_API = (bytes((169, 254, 100, 1)), 9001)
# States in which one side of a connection is closed and the other is not.
_HALF_CLOSED = (sockets.FIN_WAIT1, sockets.FIN_WAIT2, sockets.CLOSE_WAIT, sockets.CLOSING)


class Sighting:
    """Why a worker is taken for one that became the runtime; `seen` is a word for the finding."""

    __slots__ = ("message", "seen")

    def __init__(self, seen: str, message: str) -> None:
        self.seen = seen
        self.message = message


class ApiWatch:
    """Looks for connections of a worker to the Runtime API.

    `is_armed` says whether connections can be listed here, `is_on` whether it does so now: not where the platform is locked while
    a worker has its event. `own_namespace` says that every process that could connect is visible here, so that a connection which is
    nobody else's is the worker's, whose own descriptors cannot be read. `memory_mb` is the function's.
    """

    def __init__(
        self,
        upstream: Upstream,
        sweeper: Sweeper,
        *,
        own_namespace: bool,
        on_lambda: bool = False,
        memory_mb: int = 0,
        table: sockets.SocketTable | None = None,
    ) -> None:
        self._upstream = upstream
        self._table = sockets.SocketTable() if table is None else table
        self._sweeper = sweeper
        self.is_armed = self._table.connections(1) is not None
        self.is_on = False
        self._own_namespace = own_namespace
        self._more = {LAMBDA_API} if on_lambda else set()
        share = memory_mb / _MEMORY_OF_A_PROCESSOR_MB if memory_mb else 1.0
        self._pause_factor = 1.0 / (_MAX_SHARE * min(1.0, max(0.05, share)))
        self._uid = os.getuid()
        self._worker = 0
        self._due = 0.0
        self._full_due = 0.0
        self._seen = -1
        self._overdue = 0.0
        self._own: set[int] = set()
        self._innocent: set[int] = set()
        self._tries: dict[int, int] = {}
        self._quiet = -1
        # Connections that nobody holds any more and whose words may still be on their way, by their ends.
        self._remains: set[tuple[Endpoint, Endpoint]] = set()
        # The same as they were last seen, waited for or not.
        self._left: set[tuple[Endpoint, Endpoint]] = set()
        self._may_remain = False
        self.cost_s = 0.0

    def stand_down(self) -> None:
        """Look no more: nothing of a worker's could be seen."""
        self.is_armed = False

    def what_it_misses(self) -> str:
        """Return the limit for the first log line, where the platform cannot be locked."""
        begin = "the Runtime API is not locked: a worker that polls it can take events until "
        if not self.is_armed:
            return begin + "its own event ends, because connections cannot be listed here"
        if not self._own_namespace:
            return begin + "Dayfly detects it, or until its own event ends if its descriptors cannot be read"
        return begin + "Dayfly detects and ends it, after some milliseconds"

    # ---- while a worker has an event ------------------------------------------------------------

    def begin(self, worker: int, deadline: float, *, is_on: bool) -> None:
        """A worker has an event; `deadline` is its end on the monotonic clock, `is_on` whether to look meanwhile."""
        self.is_on = is_on and self.is_armed
        self._worker = worker
        now = time.monotonic()
        # An event that comes late, or by another clock, tells nothing.
        self._overdue = deadline + _OVERDUE_S if deadline > now else float("inf")
        self._due = self._full_due = now + _FIRST_LOOK_S
        self._own.clear()
        self._tries.clear()

    def bound(self, wait_ms: float | None) -> float | None:
        """Return how long to wait at most until the next look, no longer than `wait_ms`."""
        if not self.is_on:
            return wait_ms
        left_ms = max(0.0, min(self._due, self._overdue) - time.monotonic()) * 1000
        return left_ms if wait_ms is None else min(wait_ms, left_ms)

    def look_if_due(self) -> Sighting | None:
        """Look, if it is time; return what was seen."""
        if not self.is_on:
            return None
        now = time.monotonic()
        if now >= self._overdue:
            return Sighting("overdue", "its event has timed out, but the platform did not end it")
        if now < self._due:
            return None
        begun = self._table.count_begun()
        is_idle = begun == self._seen if begun >= 0 else now < self._full_due
        if is_idle:
            self._due = now + _EVERY_S * _jitter()
            return None
        sighting = self.look()
        # Where it is not known whose a connection is, it is looked at again.
        self._seen = -1 if self._tries else begun
        return sighting

    def look(self) -> Sighting | None:
        """Look for living connections of the worker's processes."""
        return self._look()[0]

    def _look(self) -> tuple[Sighting | None, list[Connection]]:
        # Not the clock: on a busy machine a look takes long, and just then it is not to come seldom.
        began = time.thread_time()
        rows = self._rows() or []
        suspects = self._suspects(rows)
        guilty = bool(suspects) and self._are_guilty(suspects)
        self.cost_s = time.thread_time() - began
        now = time.monotonic()
        pause = min(_SELDOM_S, max(_EVERY_S, self.cost_s * self._pause_factor))
        self._due = now + _EVERY_S * _jitter()
        self._full_due = now + pause * _jitter()
        if guilty:
            self._may_remain = True
            return Sighting("connection", "it connected to the Runtime API"), rows
        return None, rows

    def look_at_end(self) -> Sighting | None:
        """Look at a worker that has answered and goes on to serve; no look where nobody has connected since the last."""
        if not self.is_armed:
            return None
        begun = self._table.count_begun()
        if begun == self._quiet >= 0:
            return None
        sighting, rows = self._look()
        # What the worker has sent and closed is seen by nobody else: it goes on, or has gone on until now.
        self._may_remain = self._may_remain or bool(self._left_behind(rows))
        if sighting is None and not self._tries and not self._may_remain:
            self._quiet = begun
        return sighting

    def _rows(self) -> list[Connection] | None:
        """Return what goes to or from the API, ends of connections of our own left out."""
        api = self._upstream.peer
        if api is None:
            return []
        endpoints = {api} | self._more
        found: list[Connection] = []
        for port in {port for _, port in endpoints}:
            rows = self._table.connections(port)
            if rows is None:
                return None
            found += _of_endpoints(rows, endpoints)
        mine = self._upstream.own_ends
        return [row for row in found if row.local not in mine and row.remote not in mine]

    def _ports(self) -> set[int]:
        return {port for _, port in ({self._upstream.peer or LAMBDA_API} | self._more)}

    def _suspects(self, rows: list[Connection]) -> set[int]:
        """Return the sockets that somebody holds at the client's end and that are not known to be innocent."""
        ports = self._ports()
        self._innocent &= {row.inode for row in rows}
        suspects = {
            row.inode
            for row in rows
            if row.inode
            and row.remote[1] in ports
            # A worker cannot make a socket as somebody else, unless it is root.
            and (row.uid == self._uid or self._uid == 0)
            and row.inode not in self._innocent
            and row.inode not in self._own
            and self._tries.get(row.inode, 0) < _MANY_TRIES
        }
        if suspects:
            self._own |= sockets.holds(os.getpid(), suspects) or set()
        return suspects - self._own

    def _are_guilty(self, suspects: set[int]) -> bool:
        """Say whether one of these sockets is known to be a worker's."""
        bystanders = self._sweeper.bystanders()
        if self._own_namespace and not bystanders:
            return True
        innocent, all_readable = _held_by(bystanders, suspects)
        self._innocent |= innocent
        left = suspects - innocent
        if left and all_readable and self._own_namespace and left & {row.inode for row in self._rows() or []}:
            # Nobody else's, and not closed meanwhile.
            return True
        if left:
            for pid in {*self._sweeper.foreign(), self._worker} - {0}:
                if sockets.holds(pid, left):
                    return True
        for inode in left:
            self._tries[inode] = self._tries.get(inode, 0) + 1
        return False

    # ---- what the dead have left ----------------------------------------------------------------

    def settle(self) -> bool:
        """The worker is dead: wait until the platform has read what it had sent there, for a moment.

        Returns whether nobody had been there; then it took one look. A process counts as dead before its
        descriptors are closed, so connections that are nobody else's are waited for too. A request for the
        next event may stay there for long, and where the connection was reset nothing is seen of it.
        """
        if not self.is_armed or not self._own_namespace:
            return True
        begun = self._table.count_begun()
        if begun == self._quiet >= 0:
            return True
        began = time.monotonic()
        until = began + _SETTLE_S
        was_visited = is_late = False
        while not is_late:
            rows = self._rows() or []
            living = self._suspects(rows)
            bystanders = self._sweeper.bystanders() if living else []
            if bystanders:
                innocent, all_readable = _held_by(bystanders, living)
                self._innocent |= innocent
                living = living - innocent if all_readable else set()
            # What was waited for in vain is not waited for again: whoever comes later has nothing to do with it.
            left = self._left_behind(rows)
            if not living and (left <= self._remains or self._sweeper.bystanders()):
                break
            was_visited = True
            now = time.monotonic()
            if living:
                until = min(now + _SETTLE_S, began + _TEARDOWN_S)
            is_late = now > until
            if is_late:
                # What outlives the worker by so much was never its own.
                self._innocent |= living
            else:
                time.sleep(_SETTLE_EVERY_S)
        if was_visited and not is_late:
            # One that was reset has left the table, and what it had sent may still be read.
            time.sleep(_GRACE_S)
        self._may_remain = self._may_remain or was_visited or bool(self._left)
        if not self._may_remain:
            self._quiet = begun
        return not was_visited

    def has_remains(self) -> bool:
        """Say whether a request of somebody dead may reach the platform yet, or has since this was last asked.

        To be asked while nobody runs who has seen an event. The kernel sends for the dead what they had written, as slowly as
        they wanted (SO_MAX_PACING_RATE, socket(7)): a request for the next event may come hours later, when the platform
        no longer refuses it, and be given a customer's.
        """
        if not self._may_remain:
            return False
        self._remains = self._left_behind(self._rows() or [])
        self._may_remain = bool(self._remains)
        # What was on its way and is not any more has come since.
        return True

    def _left_behind(self, rows: list[Connection]) -> set[tuple[Endpoint, Endpoint]]:
        """Return the half-closed ones, which are nobody's but a worker's where there are no extensions.

        An extension may leave some at any time, and nobody is to wait for those. Beside one those count whose words had not
        all been sent when nobody held them any more, which is so for microseconds where an extension closes; and as long
        as they are there, since what they asked for may be the next event.
        """
        found = [row for row in rows if row.state in _HALF_CLOSED] if self._own_namespace else []
        if found and self._sweeper.bystanders():
            ports = self._ports()
            found = [
                row
                for row in found
                if (row.state == sockets.FIN_WAIT1 and not row.inode and row.remote[1] in ports)
                or (row.local, row.remote) in self._left
                or (row.remote, row.local) in self._left
            ]
        self._left = {(row.local, row.remote) for row in found}
        return self._left


def _held_by(pids: list[int], inodes: set[int]) -> tuple[set[int], bool]:
    """Return which of these sockets these processes have, and whether all their descriptors could be read."""
    found: set[int] = set()
    all_readable = True
    for pid in pids:
        held = sockets.holds(pid, inodes)
        if held is None:
            all_readable = False
        else:
            found |= held
    return found, all_readable


def _of_endpoints(rows: list[Connection], endpoints: set[Endpoint]) -> list[Connection]:
    """Return the connections, either end, that lead to the API.

    Where something listens at every address of the host, whatever address of its own leads there does.
    """
    ports = {port for _, port in endpoints}
    everywhere = {row.local[1] for row in rows if row.state == sockets.LISTEN and not any(row.local[0])}
    pairs = {(row.local, row.remote) for row in rows}

    def leads_there(client: Endpoint, server: Endpoint) -> bool:
        if server in endpoints:
            return True
        return server[1] in everywhere and server[1] in ports and (server, client) in pairs

    return [
        row
        for row in rows
        if row.state != sockets.LISTEN
        and (leads_there(row.local, row.remote) or leads_there(row.remote, row.local))
    ]


def _jitter() -> float:
    """Return a factor from 0 to 2: nobody knows when the next look comes, and no moment after one is safe."""
    return os.urandom(1)[0] / 128


def memory_of(environ: Mapping[str, str]) -> int:
    """Return the function's memory in MB as the platform names it, 0 where it does not."""
    text = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
