"""Reads what an environment writes: its output line by line, and the frames of the telemetry descriptor.

Frame of awslambdaric: type (4 bytes, 0xA55A....), length (4), microseconds since the epoch (8), message;
big-endian: https://github.com/aws/aws-lambda-python-runtime-interface-client, `FramedTelemetryLogSink`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable

_READ_BYTES = 65536
_HEADER_BYTES = 16
_MAGIC = 0xA55A
# A line or frame beyond this is cut in pieces: an environment must not make the lab hold a gigabyte.
MAX_RECORD_BYTES = 1024 * 1024
# One drain handles at most this much, so that a function that never stops writing cannot hold the lab.
_MAX_DRAIN_BYTES = 16 * 1024 * 1024


class Lines:
    """Cuts a byte stream into lines without their newline; pure."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_RECORD_BYTES:
            lines.append(self._rest)
            self._rest = b""
        return [line.decode(errors="replace") for line in lines]

    def flush(self) -> list[str]:
        """The unfinished line, if there is one."""
        rest, self._rest = self._rest, b""
        return [rest.decode(errors="replace")] if rest else []


class Frames:
    """Cuts a byte stream into telemetry messages; pure. What is no frame is passed on as it is."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        self._rest += data
        messages: list[str] = []
        while len(self._rest) >= _HEADER_BYTES:
            length = int.from_bytes(self._rest[4:8])
            if int.from_bytes(self._rest[:2]) != _MAGIC or length > MAX_RECORD_BYTES:
                messages += self.flush()
                break
            if len(self._rest) < _HEADER_BYTES + length:
                break
            message = self._rest[_HEADER_BYTES : _HEADER_BYTES + length]
            messages.append(message.decode(errors="replace").removesuffix("\n"))
            self._rest = self._rest[_HEADER_BYTES + length :]
        return messages

    def flush(self) -> list[str]:
        rest, self._rest = self._rest, b""
        return [rest.decode(errors="replace")] if rest else []


class PipeReader:
    """The reading end of one pipe on the event loop; `drain` reads at once what is already there."""

    def __init__(self, cutter: Lines | Frames, receive: Callable[[str], None]) -> None:
        self._read, self.write_end = os.pipe()
        os.set_blocking(self._read, False)
        self._cutter = cutter
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._is_open = True
        self._loop.add_reader(self._read, self._read_some)

    def close_write_end(self) -> None:
        """After the child has its copy: only then does the pipe end with the last writer."""
        os.close(self.write_end)
        self.write_end = -1

    def _read_some(self) -> bool:
        try:
            data = os.read(self._read, _READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._loop.remove_reader(self._read)
        for message in self._cutter.feed(data):
            self._receive(message)
        return bool(data)

    def drain(self) -> None:
        if not self._is_open:
            return
        for _ in range(_MAX_DRAIN_BYTES // _READ_BYTES):
            if not self._read_some():
                return

    def flush(self) -> None:
        """Read what is there and pass on an unfinished line as well."""
        self.drain()
        for message in self._cutter.flush():
            self._receive(message)

    def close(self) -> None:
        if not self._is_open:
            return
        self.flush()
        self._is_open = False
        self._loop.remove_reader(self._read)
        os.close(self._read)
        if self.write_end >= 0:
            with contextlib.suppress(OSError):
                os.close(self.write_end)
