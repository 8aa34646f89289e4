"""A raw HTTP/1.1 client for tests: sends exactly the bytes it is told to and reads one answer."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One answer as it came over the wire; header names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


class RawConnection:
    """One connection to a Runtime API."""

    def __init__(self, address: str, *, timeout_s: float = 10.0) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=timeout_s)
        self._timeout_s = timeout_s
        self._buffer = b""

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def request(self, method: str, path: str, body: bytes | None = None, *headers: str) -> RawAnswer:
        self.send_request(method, path, body, *headers)
        return self.read()

    def send_request(self, method: str, path: str, body: bytes | None = None, *headers: str) -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: lab", *headers]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode() + (body or b""))

    def hold(self, path: str, *headers: str) -> RawAnswer:
        """Open a chunked POST that asks for `100 Continue`; returns the interim or final answer."""
        self.send_request("POST", path, None, "Transfer-Encoding: chunked", "Expect: 100-continue", *headers)
        return self.read()

    def finish(self, body: bytes, *trailers: str) -> RawAnswer:
        chunk = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
        self.send(chunk + "\r\n".join(["0", *trailers, "", ""]).encode())
        return self.read()

    def is_silent(self, seconds: float) -> bool:
        """True when nothing arrives for so long."""
        self.socket.settimeout(seconds)
        try:
            self._buffer += self.socket.recv(65536)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(self._timeout_s)
        return False

    def read(self) -> RawAnswer:
        head = self._until(b"\r\n\r\n").decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = tuple((k.lower(), v) for k, _, v in (line.partition(": ") for line in lines if line))
        status = int(first.split()[1])
        answer = RawAnswer(status, headers, b"")
        if status == 100:
            return answer
        if answer.header("transfer-encoding") == "chunked":
            return RawAnswer(status, headers, self._read_chunks())
        return RawAnswer(status, headers, self._take(int(answer.header("content-length") or 0)))

    def read_all(self) -> bytes:
        """Everything until the other side closes."""
        while data := self.socket.recv(65536):
            self._buffer += data
        found, self._buffer = self._buffer, b""
        return found

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(re.split(rb"[;\r]", self._until(b"\r\n"))[0], 16):
            body += self._take(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return body

    def _fill(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed before the answer was complete")
        self._buffer += data

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._fill()
        found, _, self._buffer = self._buffer.partition(mark)
        return found + mark

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data
