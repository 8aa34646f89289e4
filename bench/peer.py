"""The HTTPS server that measured functions call, in a process of its own: `python -m bench.peer FOLDER`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

import certifi
from tests.real.certificates import make_certificates
from tests.real.http_server import Call, HttpServer, Reply

BODY = b"{}"


class Peer:
    """Serves between `__enter__` and `__exit__`; answers like DynamoDB to a put, at once."""

    def __enter__(self) -> Peer:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-peer-")
        # Functions run as somebody else, and trust what is in it.
        Path(self._folder.name).chmod(0o755)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.peer", self._folder.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            self.__exit__(None, None, None)
            raise RuntimeError("the server that functions call did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=10)
        self._folder.cleanup()

    @property
    def bundle(self) -> str:
        """The world's authorities and the server's own in one file, as a company's bundle has them."""
        return str(Path(self._folder.name, "bundle.pem"))

    def environment(self) -> dict[str, str]:
        """What functions need to find and trust it."""
        trusted = dict.fromkeys(("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), self.bundle)
        return {"PEER": self.url, **trusted}


def answer(call: Call) -> Reply:
    """The same to everybody, but to S3's uploads, whose answers are not JSON."""
    if call.method == "PUT":
        return Reply(200, b"", ())
    return Reply(200, BODY, (("Content-Type", "application/x-amz-json-1.0"),))


def main(folder: Path) -> None:
    """Serve until standard input ends, which it does with the benchmark."""
    made = make_certificates(folder)
    (folder / "bundle.pem").write_bytes(Path(certifi.where()).read_bytes() + made.authority.read_bytes())
    with HttpServer(answer, context=made.server_context()) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
