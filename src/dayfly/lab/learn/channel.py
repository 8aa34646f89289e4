"""A FIFO through which processes in an environment say what they use, on no disk."""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

# An environment of root's has a user of its own, who may write. Others may as well, if they know a name that they cannot list.
_MODE_FOR_OTHERS = 0o622
_FOLDER_MODE_FOR_OTHERS = 0o711
# What nobody has read by then is dropped by who writes it.
_PIPE_BYTES = 1 << 20
_MAX_LINE_BYTES = 1 << 16
_CHUNK = 1 << 16


class Channel:
    """Use as a context manager inside a running event loop; `hear` is called with each whole line."""

    def __init__(self, hear: Callable[[str], None]) -> None:
        self._hear = hear
        self._rest = b""
        # Not in a directory of everybody's: the kernel refuses to open another's FIFO for writing there.
        self._folder = tempfile.TemporaryDirectory(prefix="dayfly-channel-")
        self.path = Path(self._folder.name) / secrets.token_hex(16)
        self._descriptor = -1
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Channel:
        os.mkfifo(self.path, 0o600)
        if os.geteuid() == 0:
            os.chmod(self._folder.name, _FOLDER_MODE_FOR_OTHERS)
            os.chmod(self.path, _MODE_FOR_OTHERS)
        # For reading and writing: with no writer left there is no end of file.
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.fcntl(self._descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError:
            # The user has as many pipes of that size as he may; a smaller one is read as well.
            pass
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self.drain)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._folder.cleanup()

    def drain(self) -> None:
        """Hear everything that was written until now."""
        while True:
            try:
                data = os.read(self._descriptor, _CHUNK)
            except BlockingIOError:
                return
            *lines, self._rest = (self._rest + data).split(b"\n")
            if len(self._rest) > _MAX_LINE_BYTES:
                self._rest = b""
            for line in lines:
                self._hear(line.decode("utf-8", "replace"))
