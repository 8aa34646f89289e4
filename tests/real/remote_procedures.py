"""A gRPC server for functions, in a process with their interpreter."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path
from types import TracebackType

from tests.real.environment import real_python
from tests.real.ledger import Ledger

PROGRAM = Path(__file__).parent / "functions" / "grpc_channel" / "service.py"
DROP_DEADLINE_S = 60.0


class GrpcServer:
    """Serves on a free loopback port between `__enter__` and `__exit__`."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self._dropped = threading.Semaphore(0)

    def __enter__(self) -> GrpcServer:
        # It ends with its standard input, so also when this process is killed.
        self._process = subprocess.Popen(
            [str(real_python()), str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        assert port, "the gRPC server did not start"
        self.target = f"127.0.0.1:{port}"
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join(60)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def drop_idle(self) -> None:
        """Close all connections: it says goodbye and listens again."""
        assert self._process.stdin is not None
        self._process.stdin.write("drop\n")
        self._process.stdin.flush()
        assert self._dropped.acquire(timeout=DROP_DEADLINE_S), "the gRPC server did not come back"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            label, _, peer = line.strip().partition(" ")
            if label == "dropped":
                self._dropped.release()
            else:
                self.ledger.record(label.encode(), connection=peer)
