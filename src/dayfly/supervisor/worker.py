"""One worker: the process forked to serve events, seen from outside."""

from __future__ import annotations

import os
import signal

from dayfly.core.frames import NONCE_BYTES, AnswerReader, pack_event

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Mapping

    from dayfly.core.frames import Answer
    from dayfly.supervisor.output import Pipes

_RECEIVE = 262_144


class Worker:
    """A process that serves events over its own socket.

    `pid_handle` is a pidfd, -1 where the kernel has none; then the pid is safe to use until the zygote
    is told to reap it, since nobody else can.
    """

    __slots__ = ("_reader", "_unsent", "channel", "number", "pid", "pid_handle", "pipes")

    def __init__(self, number: int, pid: int, channel: _socket.socket, pipes: Pipes) -> None:
        self.number = number
        self.pid = pid
        self.pid_handle = open_pid(pid)
        self.channel = channel
        self.pipes = pipes
        self._unsent = memoryview(b"")
        self._reader = AnswerReader(b"")

    def begin(self, headers: Mapping[str, str], body: bytes) -> None:
        """Hand over an event; what the socket does not take at once is sent by `push`."""
        nonce = os.urandom(NONCE_BYTES)
        self._reader = AnswerReader(nonce)
        self._unsent = memoryview(pack_event(nonce, headers, body))
        self.push()

    @property
    def has_unsent(self) -> bool:
        """Say whether a part of the event waits for room in the socket."""
        return bool(self._unsent)

    def push(self) -> bool:
        """Send what the socket takes; return whether all is sent.

        A worker that closed its end is noticed when it is read.
        """
        try:
            while self._unsent:
                self._unsent = self._unsent[self.channel.send(self._unsent) :]
        except BlockingIOError:
            return False
        except OSError:
            self._unsent = memoryview(b"")
        return True

    def pull(self) -> tuple[Answer | None, bool]:
        """Read what the worker sent; return its answer once whole, and whether it closed its end.

        Raises FrameError for anything that is no answer to this event.
        """
        while True:
            try:
                data = self.channel.recv(_RECEIVE)
            except BlockingIOError:
                return None, False
            except OSError:
                return None, True
            if not data:
                return None, True
            self._reader.feed(data)
            if self._reader.answer is not None:
                return self._reader.answer, False

    def is_running(self) -> bool:
        """Say whether the process still exists as more than a zombie."""
        return not has_ended(self.pid_handle, self.pid)

    def is_dying(self) -> bool:
        """Say whether a process of one thread was killed, which a pidfd tells only when all is torn down."""
        from dayfly._sys import proc

        return proc.has_pending_kill(self.pid) or proc.is_dead(self.pid)

    def resume(self) -> None:
        """Undo a stop: a worker before this one, of the same uid, may have stopped it."""
        kill_pid(self.pid, self.pid_handle, signal.SIGCONT)

    def kill(self) -> None:
        """Stop the process so that nothing it holds in memory meets the next event.

        Not SIGTERM: the function may handle it, and a handler that hangs keeps alive the process we
        want gone. The price is that its own exit handlers never run; docs/security.md says so.
        """
        kill_pid(self.pid, self.pid_handle)

    def close(self) -> None:
        """Close socket and pidfd; the pipes are the output's to finish."""
        self.channel.close()
        if self.pid_handle >= 0:
            os.close(self.pid_handle)
            self.pid_handle = -1


def open_pid(pid: int) -> int:
    """Return a pidfd, -1 where the kernel refuses or the process is gone."""
    try:
        return os.pidfd_open(pid)
    except (OSError, AttributeError):
        return -1


def has_ended(handle: int, pid: int) -> bool:
    """Say whether a process has ended; `handle` is its pidfd or -1."""
    if handle < 0:
        from dayfly._sys.proc import is_dead

        return is_dead(pid)
    import select

    poller = select.poll()
    poller.register(handle, select.POLLIN)
    return bool(poller.poll(0))


def kill_pid(pid: int, handle: int, signal_number: int = signal.SIGKILL) -> None:
    """Send a signal by pidfd where there is one; a process that is gone already is no error."""
    try:
        if handle >= 0:
            try:
                signal.pidfd_send_signal(handle, signal_number)
                return
            except ProcessLookupError:
                return
            except OSError:
                # A seccomp filter older than the call refuses it; the number will do, see Worker.
                pass
        os.kill(pid, signal_number)
    except (ProcessLookupError, PermissionError):
        return
