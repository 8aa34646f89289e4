"""Speaks to the Runtime API over one kept-alive raw connection.

http.client outweighs the whole supervisor, and it cannot hold a response open.
"""

from __future__ import annotations

import _socket
import select

from dayfly import __version__
from dayfly._sys import fds
from dayfly.core.http1 import HttpError, Reply, ReplyReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dayfly._sys.sockets import Endpoint
    from dayfly.supervisor.summons import Summons

_BASE = "/2018-06-01/runtime"
_AGENT = f"dayfly/{__version__}"
_FORBIDDEN = 403
# "State transition from Running to InitError failed for runtime. ..."
_STATE_BEGINS = "State transition from "
# A head and a body up to this go out in one call; a longer body is not worth copying.
_ONE_WRITE = 65536
# How often the next event is asked for where connections end without a word; the platform is gone then.
_TRIES = 3


class UpstreamError(Exception):
    """The Runtime API cannot be reached or broke off; nothing can be served any more."""


class Upstream:
    """The only connection to the Runtime API.

    `address` is `host:port` as in AWS_LAMBDA_RUNTIME_API. Every method raises UpstreamError when the
    platform does not answer. No call has a timeout: the process may be frozen in the middle of one.
    """

    def __init__(self, address: str) -> None:
        self._address = split_address(address)
        self._host = address
        self._socket: _socket.socket | None = None
        self._reader = ReplyReader()
        # Whether the connection that was lost last had carried nothing of a reply.
        self._is_unheard = False
        # What `_leave` keeps.
        self._left: _socket.socket | None = None
        # Requests for the next event that were overtaken; see `ask_again`.
        self._overtaken: list[tuple[_socket.socket, ReplyReader]] = []
        # Where the API is, once it was reached, and our own ends of connections to it.
        self.peer: Endpoint | None = None
        self.own_ends: set[Endpoint] = set()

    def next(self, wait_for: Callable[[int], None] = lambda _: None) -> Reply:
        """GET the next event; waits as long as it takes, by `wait_for`, which returns once a descriptor is readable.

        Where the connection ends without a word it is asked for again, as AWS's own client does: an event that was
        lost with it is delivered once more, since it was not answered.
        """
        for left in reversed(range(_TRIES)):
            try:
                self.ask_next()
                if self._socket is not None and not self._reader.is_whole:
                    wait_for(self._socket.fileno())
                return self.reply()
            except UpstreamError:
                if not self._is_unheard or not left:
                    raise
        raise AssertionError("the last try returns or raises")

    @property
    def overtaken(self) -> int:
        """Return how many requests for an event are open that were overtaken: with any, use `reply_within`."""
        return len(self._overtaken)

    def sibling(self) -> Upstream:
        """Return another connection to the same API."""
        other = Upstream(self._host)
        other.own_ends = self.own_ends
        return other

    def state(self) -> str:
        """Return what the platform calls the runtime's state, empty where it does not say.

        By a request that it refuses in every state after init, and whose refusal names the state: nothing is
        changed by it. Only for when something is wrong already.
        """
        reply = self.post("/init/error", b"{}", {"Content-Type": "application/json"})
        before, _, rest = reply.body[:512].decode("ascii", "replace").partition(_STATE_BEGINS)
        name, _, after = rest.partition(" to ")
        return name if reply.status == _FORBIDDEN and before and after else ""

    def ask_next(self) -> None:
        """Ask for the next event; `reply` or `reply_within` gives it."""
        self._begin(self._head("GET", _BASE + "/invocation/next", {}))

    def ask_again(self) -> None:
        """Ask for the next event once more, over another connection: it may have gone to somebody who is dead.

        The platform gives an event that it has delivered again to whoever asks. The request made before
        stays open, since it may be given the event after that one: `reply_within` listens to both.
        """
        if self._socket is not None:
            self._overtaken.append((self._socket, self._reader))
            self._socket = None
        self.ask_next()

    def reply_within(self, limit_s: float | None, summons: Summons | None = None) -> Reply | None:
        """Return the reply that comes first to any request for an event; None if none does in time.

        The connection it came over is the one that is used from then on. `summons` are heeded meanwhile.
        """
        if self._socket is not None:
            self._overtaken.append((self._socket, self._reader))
            self._socket = None
        while self._overtaken:
            poller = select.poll()
            for sock, _reader in self._overtaken:
                poller.register(sock, select.POLLIN)
            if summons is not None and summons.descriptor >= 0:
                poller.register(summons.descriptor, select.POLLIN)
            ready = {number for number, _ in poller.poll(None if limit_s is None else limit_s * 1000)}
            if summons is not None and summons.descriptor in ready:
                summons.heed()
                continue
            if not ready:
                self._socket, self._reader = self._overtaken.pop()
                return None
            for at, (sock, reader) in enumerate(self._overtaken):
                if sock.fileno() in ready:
                    del self._overtaken[at]
                    self._socket, self._reader = sock, reader
                    break
            try:
                self._receive()
            except UpstreamError:
                if not self._overtaken:
                    raise
                continue
            reply = self._reader.take()
            if reply is not None:
                self._after(reply)
                return reply
            if self._socket is not None:
                self._overtaken.append((self._socket, self._reader))
                self._socket = None
        raise UpstreamError(f"the Runtime API at {self._host} closed every connection")

    def hold(self, request_id: str, echo: Mapping[str, str]) -> Reply | None:
        """Open the response to `request_id` and keep it open; None once the platform agreed.

        After its 100 Continue the platform has left the state in which anybody else could answer this
        event or ask for another. A reply other than that is returned and nothing is held.

        Where the connection ends without a word, as one that was kept alive may while this is sent, another is tried
        once: nothing of the answer was sent yet.
        """
        head = self._head(
            "POST",
            f"{_BASE}/invocation/{request_id}/response",
            {
                "Content-Type": "application/json",
                "Transfer-Encoding": "chunked",
                "Expect": "100-continue",
                "Trailer": "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
                **echo,
            },
        )
        try:
            return self._open(head)
        except UpstreamError:
            if not self._is_unheard:
                raise
        return self._open(head)

    def _open(self, head: bytes) -> Reply | None:
        """Send the head of a held response; None once the platform agreed."""
        self._begin(head)
        while not self._reader.interim:
            reply = self._reader.take()
            if reply is not None:
                # The body that was announced will not come: whatever is sent next would be taken for it.
                self._drop()
                return reply
            self._receive()
        return None

    def finish_held(self, body: bytes, trailers: Mapping[str, str]) -> None:
        """Send the held response's body and trailers; `reply` returns what the platform says to it."""
        size = b"%x\r\n" % len(body)
        chunk = b"".join((size, body, b"\r\n")) if body else b""
        tail = "".join(f"{name}: {value}\r\n" for name, value in trailers.items()).encode("ascii")
        self._send(b"".join((chunk, b"0\r\n", tail, b"\r\n")))

    def respond(self, request_id: str, body: bytes, content_type: str, echo: Mapping[str, str]) -> None:
        """POST the result of an invocation that was not held; `reply` returns what the platform says."""
        self._send_post(f"/invocation/{request_id}/response", body, {"Content-Type": content_type, **echo})

    def fail(self, request_id: str, body: bytes, headers: Mapping[str, str]) -> None:
        """POST the error of an invocation that was not held; `reply` returns what the platform says."""
        self._send_post(
            f"/invocation/{request_id}/error", body, {"Content-Type": "application/json", **headers}
        )

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """POST to a route of the Runtime API, `path` below /runtime."""
        self._send_post(path, body, headers)
        return self.reply()

    def _send_post(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        head = self._head("POST", _BASE + path, {"Content-Length": str(len(body)), **headers})
        if len(body) < _ONE_WRITE:
            self._begin(head + body)
            return
        self._begin(head)
        if self._socket is not None and not self._reader.is_whole:
            self._send(body)

    def get(self, path: str) -> Reply:
        """GET a route of the Runtime API, `path` below /runtime."""
        self._begin(self._head("GET", _BASE + path, {}))
        return self.reply()

    def _head(self, method: str, path: str, headers: Mapping[str, str]) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", f"User-Agent: {_AGENT}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")

    def reply(self) -> Reply:
        """Wait for the reply to what was sent last and return it."""
        while True:
            reply = self._reader.take()
            if reply is not None:
                self._after(reply)
                return reply
            self._receive()

    def _after(self, reply: Reply) -> None:
        if self._socket is not None:
            self._close_left()
        if reply.closes:
            self._leave()

    def _connect(self) -> _socket.socket:
        if self._socket is None:
            fresh = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
            try:
                host, port = self._address
                fresh.connect((_socket.gethostbyname(host), port))
                fresh.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
            except (OSError, UnicodeError) as fault:
                fresh.close()
                self._is_unheard = False
                raise UpstreamError(f"the Runtime API at {self._host} cannot be reached: {fault}") from fault
            self._socket = fresh
            self._reader = ReplyReader()
            self.peer = _endpoint(fresh.getpeername())
            self.own_ends.add(_endpoint(fresh.getsockname()))
        return self._socket

    def _leave(self) -> None:
        """Use another connection from the next request on, but close this one only once that is answered.

        A platform that sees its runtime's last connection go may give up the event that is still to be answered.
        """
        if self._socket is not None:
            self._close_left()
            self._left, self._socket = self._socket, None

    def _drop(self) -> None:
        if self._socket is not None:
            reader = self._reader
            self._is_unheard = not (reader.has_started or reader.is_whole or reader.interim)
            self._close(self._socket)
            self._socket = None

    def _close_left(self) -> None:
        left, self._left = self._left, None
        if left is not None:
            self._close(left)

    def _close(self, sock: _socket.socket) -> None:
        try:
            self.own_ends.discard(_endpoint(sock.getsockname()))
        except OSError:
            pass
        sock.close()

    def _send(self, data: bytes) -> None:
        try:
            self._connect().sendall(data)
        except OSError as fault:
            # A refusal (413) may come, with the connection closed behind it, before all was sent.
            # What came of any other fault, for want of memory say, nobody would answer.
            is_refused = isinstance(fault, (BrokenPipeError, ConnectionResetError))
            if self._socket is None or not (is_refused and self._has_reply()):
                self._drop()
                raise UpstreamError(
                    f"the Runtime API at {self._host} closed the connection: {fault}"
                ) from fault

    def _begin(self, data: bytes) -> None:
        """Send the first bytes of a request."""
        if self._socket is not None and self._reader.has_started:
            # A reply to nothing: taken for the answer to what is sent now, it would shift all that follow.
            self._leave()
        self._leave_closed()
        self._send(data)

    def _leave_closed(self) -> None:
        """Give up a connection that the platform has closed since its last reply: nothing of what comes was sent over it.

        A server may close a connection that is kept alive at any time (RFC 9112, 9.3.1), and AWS's own client, which
        is curl's, then takes another one.
        """
        if self._socket is None:
            return
        poller = select.poll()
        poller.register(self._socket, select.POLLIN)
        if not poller.poll(0):
            return
        try:
            # With MSG_PEEK: what is more than an end is for whoever judges it.
            is_closed = not self._socket.recv(1, _socket.MSG_PEEK | _socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            is_closed = True
        if is_closed:
            self._drop()

    def _has_reply(self) -> bool:
        try:
            self._receive()
        except UpstreamError:
            return False
        return self._reader.has_started or self._reader.is_whole

    def _receive(self) -> None:
        connection = self._connect()
        try:
            data = fds.receive(connection)
            if data:
                self._reader.feed(data)
                return
            self._reader.finish()
        except OSError as fault:
            self._drop()
            raise UpstreamError(
                f"the connection to the Runtime API at {self._host} broke: {fault}"
            ) from fault
        except HttpError as fault:
            if not fault.status:
                self._drop()
                raise UpstreamError(
                    f"the Runtime API at {self._host} sent no valid reply: {fault}"
                ) from fault
            self._leave()
            self._reader.give_up(fault)
            return
        self._drop()
        if not self._reader.is_whole:
            raise UpstreamError(f"the Runtime API at {self._host} closed the connection")


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of an AWS_LAMBDA_RUNTIME_API; what holds no port is a host's name."""
    host, _, port = address.rpartition(":")
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65536
    return (host, int(port)) if host and is_port else (address, 80)


def _endpoint(address: tuple[str, int]) -> Endpoint:
    return _socket.inet_aton(address[0]), address[1]
