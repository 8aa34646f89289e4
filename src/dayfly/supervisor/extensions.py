"""Stands in the Runtime API's place for the function's process: its own extensions register and wait here.

A library may register an internal extension at init and poll from a thread
(https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html). Threads do not survive a fork,
and a registered extension that does not poll keeps the platform waiting for ever, so the supervisor polls
in its name and hands the event to whichever worker serves it. No other route is served: a process that
asks here for the next invocation gets a refusal.
"""

from __future__ import annotations

import _socket
import select
import time

from dayfly.core.http1 import HttpError, ReplyReader
from dayfly.core.limits import MAX_REQUEST_BYTES
from dayfly.core.requests import RequestError, RequestReader
from dayfly.supervisor.upstream import split_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.http1 import Reply
    from dayfly.core.requests import Request

# What is passed on besides register and next. Whole paths: what a server makes of others, `//` say, is its own.
_FORWARDED = {
    ("PUT", "/2022-07-01/telemetry"),
    ("PUT", "/2020-08-15/logs"),
}
# Only while init lasts: the platform ends the environment for it, and a worker could do that to the next customer.
_FORWARDED_AT_INIT = {
    ("POST", "/2020-01-01/extension/init/error"),
    ("POST", "/2020-01-01/extension/exit/error"),
}
_REGISTER = "/2020-01-01/extension/register"
_NEXT = "/2020-01-01/extension/event/next"
# Whoever opens more connections at once is no extension.
_MAX_PEERS = 16
# Lambda registers ten extensions at most.
_MAX_EXTENSIONS = 10
# The platform sends its event to extensions and runtime at the same time.
_EVENT_LIMIT_S = 1.0
_REASONS = {200: "OK", 202: "Accepted", 403: "Forbidden", 404: "Not Found"}


class _Peer:
    """One connection of the function's process."""

    __slots__ = ("_reader", "socket")

    def __init__(self, sock: _socket.socket) -> None:
        self.socket = sock
        self._reader = RequestReader()

    def read(self) -> Request | None:
        """Return a request once it is whole; raises EOFError when the peer is gone or is no HTTP client."""
        try:
            data = self.socket.recv(MAX_REQUEST_BYTES)
            if not data:
                raise EOFError
            self._reader.feed(data)
            return self._reader.take()
        except BlockingIOError:
            return None
        except (OSError, RequestError) as fault:
            raise EOFError from fault

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send a reply; a peer that does not take it is dropped when it is next read."""
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Other')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines.append(f"Content-Length: {len(body)}")
        try:
            self.socket.send("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)
        except OSError:
            return


class _Extension:
    """One registered extension: its poll at the platform, and who waits for its event here."""

    __slots__ = (
        "event",
        "has_had_event",
        "identifier",
        "is_at_work",
        "is_polling",
        "name",
        "reader",
        "reply",
        "socket",
        "waiting",
    )

    def __init__(self, name: str, identifier: str, reply: Reply) -> None:
        self.name = name
        self.identifier = identifier
        self.reply = reply
        self.socket: _socket.socket | None = None
        self.reader = ReplyReader()
        self.is_polling = False
        self.is_at_work = False
        # This invocation's: a poll that goes on is for the next one's.
        self.has_had_event = False
        self.event: Reply | None = None
        self.waiting: _Peer | None = None


class ExtensionRoutes:
    """The endpoint that AWS_LAMBDA_RUNTIME_API names in the function's process.

    `upstream` is the platform's `host:port`. `descriptors` are to be polled together with whatever the
    supervisor waits for, and `serve` called for those that are ready; neither ever waits long.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = split_address(upstream)
        self._host = upstream
        self._listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(_MAX_PEERS)
        self._listener.setblocking(False)
        self._peers: dict[int, _Peer] = {}
        self._extensions: dict[str, _Extension] = {}
        self._is_init_over = False
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def has_extensions(self) -> bool:
        """Say whether the function has registered any."""
        return bool(self._extensions)

    def release(self) -> None:
        """In a forked zygote: give up the supervisor's end."""
        self._listener.close()

    def descriptors(self) -> list[int]:
        """Return what to wait for."""
        return [
            self._listener.fileno(),
            *self._peers,
            *(one.socket.fileno() for one in self._extensions.values() if one.is_polling and one.socket),
        ]

    def serve(self, descriptor: int) -> None:
        """Do what one readable descriptor asks for."""
        if descriptor == self._listener.fileno():
            self._accept()
        elif descriptor in self._peers:
            self._read(self._peers[descriptor])
        else:
            for one in self._extensions.values():
                if one.socket is not None and one.socket.fileno() == descriptor:
                    self._receive(one)

    def drop_peers(self) -> None:
        """Close every connection of the function's process: who waits there does not live on.

        Also those that nobody has accepted yet: what they asked for would be done in a later invocation.
        """
        for _ in range(2 * _MAX_PEERS):
            if (sock := self._next_peer()) is None:
                break
            sock.close()
        for peer in list(self._peers.values()):
            self._drop(peer)

    def settle(self, limit_s: float, *, stays: bool) -> bool:
        """An answer is in: give every extension its event, and up to `limit_s` to ask for the next one.

        `stays` says that the process might go on to serve; returns whether none of its extensions is still
        at work, so that it may.
        """
        for one in self._extensions.values():
            if one.is_polling and not one.has_had_event:
                self._await_event(one)
            one.has_had_event = False
        until = time.monotonic() + limit_s
        while any(one.is_at_work or (stays and one.event is not None) for one in self._extensions.values()):
            left = until - time.monotonic()
            if left <= 0:
                return False
            poller = select.poll()
            for descriptor in self.descriptors():
                poller.register(descriptor, select.POLLIN)
            for descriptor, _events in poller.poll(left * 1000):
                self.serve(descriptor)
        return True

    def take_over(self) -> None:
        """The worker is gone: wait for the next event in its extensions' name."""
        self.drop_peers()
        for one in self._extensions.values():
            one.event = None
            one.is_at_work = False
        self.poll_ahead()

    def poll_ahead(self) -> None:
        """Ask for the next event in the name of each extension that has not asked itself.

        After init too: the platform waits for every one, and on a busy machine the request of an extension's thread comes late,
        or went with those that were dropped.
        """
        self._is_init_over = True
        for one in self._extensions.values():
            if not one.is_polling:
                self._poll(one)

    def _accept(self) -> None:
        sock = self._next_peer()
        if sock is None:
            return
        if len(self._peers) >= _MAX_PEERS:
            sock.close()
            return
        sock.setblocking(False)
        self._peers[sock.fileno()] = _Peer(sock)

    def _next_peer(self) -> _socket.socket | None:
        try:
            number, _address = self._listener._accept()  # type: ignore[attr-defined]  # typeshed lacks it
        except OSError:
            return None
        return _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM, 0, number)

    def _drop(self, peer: _Peer) -> None:
        self._peers.pop(peer.socket.fileno(), None)
        for one in self._extensions.values():
            if one.waiting is peer:
                one.waiting = None
        peer.socket.close()

    def _read(self, peer: _Peer) -> None:
        try:
            request = peer.read()
        except EOFError:
            self._drop(peer)
            return
        if request is not None:
            self._handle(peer, request)

    def _handle(self, peer: _Peer, request: Request) -> None:
        if (request.method, request.path) == ("GET", _NEXT):
            one = self._extensions.get(request.headers.get("lambda-extension-identifier", ""))
            if one is None:
                _refuse(peer, "Extension.UnknownExtensionIdentifier", "Unknown extension identifier")
                return
            one.waiting = peer
            one.is_at_work = False
            self._deliver(one)
            if one.event is None and not one.is_polling:
                self._poll(one)
        elif (request.method, request.path) == ("POST", _REGISTER):
            self._register(peer, request)
        elif (request.method, request.path) in _FORWARDED_AT_INIT and self._is_init_over:
            _refuse(
                peer,
                "InvalidStateTransition",
                "Dayfly lets no extension of the function's process end the environment after init",
            )
        elif (request.method, request.path) in _FORWARDED | _FORWARDED_AT_INIT:
            reply = self._forward(request)
            if reply is None:
                self._drop(peer)
            else:
                peer.answer(reply.status, _copied(reply), reply.body)
        else:
            _refuse(
                peer,
                "InvalidStateTransition",
                "Dayfly serves only the extension routes to the function's process",
            )

    def _register(self, peer: _Peer, request: Request) -> None:
        name = request.headers.get("lambda-extension-name", "")
        for one in self._extensions.values():
            if one.name == name:
                # Registered at init, by the thread that this worker has started again.
                peer.answer(one.reply.status, _copied(one.reply), one.reply.body)
                return
        reply = self._forward(request)
        if reply is None:
            self._drop(peer)
            return
        identifier = reply.headers.get("lambda-extension-identifier", "")
        if reply.status == 200 and identifier and len(self._extensions) < _MAX_EXTENSIONS:
            self._extensions[identifier] = _Extension(name, identifier, reply)
        peer.answer(reply.status, _copied(reply), reply.body)

    def _connect(self) -> _socket.socket:
        sock = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
        try:
            sock.connect((_socket.gethostbyname(self._upstream[0]), self._upstream[1]))
            sock.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        except OSError:
            sock.close()
            raise
        return sock

    def _forward(self, request: Request) -> Reply | None:
        """Pass a request on and wait for its reply, which the platform gives at once; None if it does not."""
        lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {self._host}"]
        passed = ("content-type", "accept")
        lines += [
            f"{name}: {value}"
            for name, value in request.headers.items()
            if name in passed or name.startswith("lambda-extension-")
        ]
        lines.append(f"Content-Length: {len(request.body)}")
        reader = ReplyReader()
        until = time.monotonic() + _EVENT_LIMIT_S
        try:
            sock = self._connect()
            try:
                sock.settimeout(_EVENT_LIMIT_S)
                sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + request.body)
                while not reader.is_whole:
                    if time.monotonic() > until:
                        return None
                    data = sock.recv(MAX_REQUEST_BYTES)
                    if not data:
                        reader.finish()
                        break
                    reader.feed(data)
            finally:
                sock.close()
        except (OSError, HttpError):
            return None
        return reader.take()

    def _poll(self, one: _Extension) -> None:
        """Ask the platform for an extension's next event; the reply is awaited elsewhere."""
        request = (
            f"GET {_NEXT} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Lambda-Extension-Identifier: {one.identifier}\r\n\r\n"
        ).encode("utf-8", "surrogateescape")
        for _ in range(2):
            try:
                if one.socket is None:
                    one.socket = self._connect()
                    one.reader = ReplyReader()
                one.socket.settimeout(_EVENT_LIMIT_S)
                one.socket.sendall(request)
                one.is_polling = True
                return
            except OSError:
                self._close(one)

    @staticmethod
    def _close(one: _Extension) -> None:
        if one.socket is not None:
            one.socket.close()
        one.socket = None
        one.is_polling = False

    def _receive(self, one: _Extension) -> None:
        if one.socket is None:
            return
        try:
            data = one.socket.recv(MAX_REQUEST_BYTES)
            if data:
                one.reader.feed(data)
            else:
                one.reader.finish()
        except TimeoutError:
            return
        except (OSError, HttpError):
            data = b""
        reply = one.reader.take()
        if not data:
            self._close(one)
        if reply is not None:
            one.is_polling = False
            one.has_had_event = True
            one.event = reply
            self._deliver(one)

    def _await_event(self, one: _Extension) -> None:
        """Take the event of the invocation that is over, if the platform has sent it only now."""
        until = time.monotonic() + _EVENT_LIMIT_S
        while one.is_polling and one.socket is not None and time.monotonic() < until:
            self._receive(one)

    def _deliver(self, one: _Extension) -> None:
        if one.event is None or one.waiting is None:
            return
        one.waiting.answer(one.event.status, _copied(one.event), one.event.body)
        one.waiting = None
        one.event = None
        one.is_at_work = True


def _copied(reply: Reply) -> dict[str, str]:
    passed = ("content-type",)
    return {
        name: value
        for name, value in reply.headers.items()
        if name in passed or name.startswith("lambda-extension-")
    }


def _refuse(peer: _Peer, error_type: str, message: str) -> None:
    body = f'{{"errorMessage":"{message}","errorType":"{error_type}"}}\n'.encode()
    peer.answer(403, {"Content-Type": "application/json"}, body)
