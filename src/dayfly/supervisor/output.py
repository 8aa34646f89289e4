"""Carries what zygote and workers write to the platform's log, whole line by whole line.

Zygote and workers write to pipes; only the supervisor holds the platform's descriptors.
"""

from __future__ import annotations

import os
import time

from dayfly._sys import fds
from dayfly.core.loglines import (
    TELEMETRY_INFO_JSON,
    TELEMETRY_WARNING_JSON,
    FrameReader,
    LineReader,
    telemetry_frame,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# One pass over a pipe takes at most this much, so that a worker that never stops writing cannot keep
# the supervisor from its answer.
_DRAIN_BYTES = 1 << 20
# What is left when the writers are dead: more passes than a pipe can need, since a pipe whose write
# end somebody still holds never ends.
_FINISH_PASSES = 64
STDOUT, STDERR, TELEMETRY = 0, 1, 2


class Pipes:
    """The pipes one process writes its output to.

    `write_ends` are stdout, stderr and, where the platform gave one, the telemetry descriptor; they are
    handed to the process and closed here by `close_write_ends`. With `merged`, stdout and stderr are one
    pipe, which keeps the order of their lines, as one file on the platform's side would.
    """

    __slots__ = ("_empty", "_ended", "_lines", "_telemetry", "_whiches", "read_ends", "write_ends")

    def __init__(self, *, telemetry: bool, merged: bool) -> None:
        self._ended: set[int] = set()
        self._empty: set[int] = set()
        self._lines = {STDOUT: LineReader()}
        self._telemetry = FrameReader()
        self._whiches: dict[int, int] = {}
        self.write_ends: list[int] = []
        try:
            self.write_ends += [self._open(STDOUT)] * 2
            if not merged:
                self._lines[STDERR] = LineReader()
                self.write_ends[1] = self._open(STDERR)
            if telemetry:
                self.write_ends.append(self._open(TELEMETRY))
        except OSError:
            # A worker may have lowered our limit of descriptors, again and again.
            for descriptor in {*self._whiches, *self.write_ends}:
                os.close(descriptor)
            raise
        self.read_ends = list(self._whiches)

    def _open(self, which: int) -> int:
        read_end, write_end = fds.output_pipe()
        self._whiches[read_end] = which
        return write_end

    def close_write_ends(self) -> None:
        """Close our copies of the write ends; the process has its own."""
        for descriptor in set(self.write_ends):
            os.close(descriptor)
        self.write_ends = []

    def open_ends(self) -> list[int]:
        """Return the read ends that have not ended; a pipe at its end is readable for ever."""
        return [descriptor for descriptor in self.read_ends if descriptor not in self._ended]

    @property
    def dropped_bytes(self) -> int:
        """Return how many bytes were no frame, so far."""
        return self._telemetry.dropped_bytes

    def read(self, descriptor: int) -> tuple[int, bytes]:
        """Return where it goes (STDOUT, STDERR or TELEMETRY) and what may be written, for one readable pipe."""
        data, ended = fds.drain(descriptor, limit=_DRAIN_BYTES)
        if ended:
            self._ended.add(descriptor)
        if data:
            self._empty.discard(descriptor)
        else:
            self._empty.add(descriptor)
        which = self._whiches[descriptor]
        return which, (self._telemetry if which == TELEMETRY else self._lines[which]).feed(data)

    def is_at_end(self, descriptor: int) -> bool:
        """Say whether a pipe has ended or was found empty by the last `read`."""
        return descriptor in self._ended or descriptor in self._empty

    def end_lines(self) -> dict[int, bytes]:
        """Return the unfinished lines, ended, by where they go."""
        return {which: lines.finish() for which, lines in self._lines.items()}

    def close(self) -> tuple[dict[int, bytes], int]:
        """Close the read ends; return the unfinished lines by where they go, and the bytes dropped as no frame."""
        for descriptor in self.read_ends:
            os.close(descriptor)
        self.read_ends = []
        self._telemetry.finish()
        return self.end_lines(), self._telemetry.dropped_bytes


class Output:
    """The platform's log: standard output and error, and the telemetry descriptor if there is one.

    `telemetry` is the number in _LAMBDA_TELEMETRY_LOG_FD, -1 without.
    """

    def __init__(self, *, telemetry: int) -> None:
        self._descriptors = [1, 2, telemetry]
        self._is_merged = _is_one_file(1, 2)
        # Undoes what a worker did to our limits.
        self.relieve: Callable[[], bool] = lambda: False
        self.telemetry_number = telemetry
        if telemetry >= 0:
            # The function gets a pipe under this number; the platform's own moves out of its sight.
            self._descriptors[2] = os.dup(telemetry)
            os.set_inheritable(telemetry, False)

    @property
    def has_telemetry(self) -> bool:
        """Say whether the platform takes framed logs."""
        return self.telemetry_number >= 0

    def release(self) -> None:
        """In a forked zygote: give up the platform's telemetry descriptor."""
        if self.has_telemetry:
            os.close(self._descriptors[2])

    def new_pipes(self) -> Pipes:
        """Return pipes for one more process."""
        return Pipes(telemetry=self.has_telemetry, merged=self._is_merged)

    def forward(self, pipes: Pipes, descriptor: int) -> None:
        """Carry on what one pipe holds."""
        which, data = pipes.read(descriptor)
        if data:
            self._write(self._descriptors[which], data)

    def settle(self, pipes: Pipes) -> None:
        """Carry on what the pipes hold after an answer, unfinished lines too; the process goes on.

        What it prints with the next event is another invocation's.
        """
        for descriptor in pipes.open_ends():
            self.forward(pipes, descriptor)
        self._write_lines(pipes.end_lines())

    def _write(self, descriptor: int, data: bytes) -> None:
        fds.write_all(descriptor, data, relieve=self.relieve)

    def _write_lines(self, lines: dict[int, bytes]) -> None:
        for which, data in lines.items():
            if data:
                self._write(self._descriptors[which], data)

    def finish(self, pipes: Pipes) -> int:
        """Carry on everything left in `pipes`, close them, return the bytes dropped as no frame.

        The writers are dead, so what a pipe still holds is bounded by its size, 1 MiB at most for an
        unprivileged user (/proc/sys/fs/pipe-max-size).
        """
        for descriptor in list(pipes.read_ends):
            for _ in range(_FINISH_PASSES):
                which, data = pipes.read(descriptor)
                if data:
                    self._write(self._descriptors[which], data)
                if pipes.is_at_end(descriptor):
                    break
        unfinished, dropped = pipes.close()
        self._write_lines(unfinished)
        return dropped

    def emit(self, line: bytes, *, warning: bool = True) -> None:
        """Write one of Dayfly's own lines."""
        if self.has_telemetry:
            kind = TELEMETRY_WARNING_JSON if warning else TELEMETRY_INFO_JSON
            stamp = (time.time_ns() // 1000).to_bytes(8, "big")
            self._write(self._descriptors[2], telemetry_frame(kind, stamp, line))
            return
        self._write(1, line)


def _is_one_file(left: int, right: int) -> bool:
    try:
        one, other = os.fstat(left), os.fstat(right)
    except OSError:
        return False
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
