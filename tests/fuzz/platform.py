"""A Runtime API that breaks HTTP in every way it can think of, by seed, and in the end always hangs up."""

from __future__ import annotations

import json
import random
import select
import socket
import threading
from collections import Counter
from types import TracebackType

from dayfly.testing.http_wire import Request, Wire, WireError, header

REQUESTS = 14
# For a runtime that says nothing more; well within the test's deadline.
PATIENCE_S = 5.0


class HostilePlatform:
    """Serves one runtime between `__enter__` and `__exit__`; remembers what it was told.

    `events` are the marks by request id, `answers` what was posted, by request id, `accepted` whose answer
    was taken in a reply that went out whole. After some requests, or as
    soon as a reply was broken so that the connection must end, it stops listening.
    """

    def __init__(self, seed: str) -> None:
        self._dice = random.Random(seed)
        self.events: dict[str, str] = {}
        self.answers: Counter[str] = Counter()
        self.accepted: set[str] = set()
        self.bodies: list[tuple[str, str, Request]] = []
        self.faults: list[str] = []
        self._left = REQUESTS
        self._is_sound = True

    def __enter__(self) -> HostilePlatform:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()
        self._thread.join(60)

    def _hang_up(self) -> None:
        try:
            self._server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._server.close()

    def _serve(self) -> None:
        try:
            while self._left > 0:
                peer, _ = self._server.accept()
                peer.settimeout(PATIENCE_S)
                with peer:
                    self._talk(peer)
        except WireError as fault:
            self.faults.append(str(fault))
        except OSError:
            pass
        finally:
            self._hang_up()

    def _talk(self, peer: socket.socket) -> None:
        wire = Wire(peer)
        while self._left > 0 and not self._is_left(peer) and (head := wire.read_head()):
            self._left -= 1
            answered = ""
            if head.method == "GET":
                reply = self._event()
            else:
                expects = head.get("expect").lower() == "100-continue"
                if expects and self._dice.random() < 0.15:
                    # Refused: no body comes, and who reads on would take the next request for it.
                    wire.send(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
                    return
                request = wire.read_body(head)
                *_, subject, request_id, action = head.target.split("/")
                # What else is posted asks in which state the platform is.
                if subject == "invocation":
                    answered = request_id
                    self.answers[request_id] += 1 + (request_id in self.accepted)
                    self.bodies.append((request_id, action, request))
                reply = self._accept()
            cut = self._dice.randrange(len(reply) + 1) if self._dice.random() < 0.1 else len(reply)
            for piece in self._pieces(reply[:cut]):
                wire.send(piece)
            if cut < len(reply):
                return
            if self._is_sound and b"HTTP/1.1 2" in reply:
                self.accepted.add(answered)

    def _is_left(self, peer: socket.socket) -> bool:
        """Say whether the runtime has gone over to another connection: it closes this one once that is answered."""
        ready, _, _ = select.select([peer, self._server], [], [], PATIENCE_S)
        return peer not in ready

    def _pieces(self, data: bytes) -> list[bytes]:
        size = self._dice.choice([1, 7, 100, 10_000])
        return [data[at : at + size] for at in range(0, len(data), size)]

    def _event(self) -> bytes:
        dice = self._dice
        request_id = f"{dice.getrandbits(64):016x}"
        self.events[request_id] = mark = f"mark-{request_id}"
        body = json.dumps({"mark": mark, "pad": "p" * dice.choice([0, 10, 5000])}).encode()
        head = f"Content-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: {request_id}\r\n"
        deadline = dice.choice(["9" * 13, "9" * 5000, "-1", "²", "", "0", "1e9"])
        head += f"Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
        return self._framed(b"HTTP/1.1 200 OK\r\n" + head.encode(), body)

    def _accept(self) -> bytes:
        status = self._dice.choice([b"202 Accepted"] * 8 + [b"413 Too Large", b"403 Forbidden", b"500 Oops"])
        return self._framed(b"HTTP/1.1 " + status + b"\r\n", b'{"status":"OK"}')

    def _framed(self, head: bytes, body: bytes) -> bytes:
        dice = self._dice
        half = len(body) // 2
        chunked = b"%x\r\n%s\r\n%X;a=b\r\n%s\r\n" % (half, body[:half], len(body) - half, body[half:])
        honest = [
            head + b"Content-Length: %d\r\n\r\n" % len(body) + body,
            head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked + b"0\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked + b"0\r\nTrailer: x\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\n\r\n" + head + b"Content-Length: %d\r\n\r\n" % len(body) + body,
            head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
        ]
        broken = [
            head + b"Content-Length: %d\r\n\r\n" % (half or 1) + body,
            head + b"Content-Length: 5\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
            head + b"Content-Length: -5\r\n\r\n" + body,
            head + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n" + body,
            head + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked + b"0\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n" + chunked,
            head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked.replace(b"\r\n", b"\n"),
            head + b"A: " + b"b" * 300_000 + b"\r\nContent-Length: 0\r\n\r\n",
            honest[0] + honest[0],
            b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + honest[0],
            b"HTTP/2 200\r\n\r\n",
            head.replace(b"HTTP/1.1 200", b"HTTP/1.1 20") + b"Content-Length: %d\r\n\r\n" % len(body) + body,
            dice.randbytes(40) + b"\r\n\r\n",
        ]
        self._is_sound = dice.random() >= 0.12
        return dice.choice(honest if self._is_sound else broken)


def posted_mark(request: Request) -> tuple[str, str]:
    """The mark and id in an answer, empty in an error's."""
    if header(request.trailers, "Lambda-Runtime-Function-Error-Type"):
        return "", ""
    try:
        payload = json.loads(request.body)
    except ValueError:
        return "", ""
    return (payload["mark"], payload["id"]) if isinstance(payload, dict) and "mark" in payload else ("", "")
