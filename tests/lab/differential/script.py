"""A scripted client of a Runtime API: does the same to either platform and notes what it saw."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from tests.lab.differential.platforms import Platform
from tests.lab.raw_http import RawAnswer, RawConnection

BASE = "/2018-06-01/runtime"
NEXT = f"{BASE}/invocation/next"
# Dates and lengths vary; the rest of what the two send is compared.
_COMPARED_HEADERS = re.compile(r"content-type|allow|x-content-type-options|lambda-.*")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client saw of one exchange, with what must differ masked."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


class Script:
    """Records named exchanges against one platform."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.seen: dict[str, Seen | str | bool] = {}
        self._connections: list[RawConnection] = []
        self._polling: set[RawConnection] = set()

    def connect(self) -> RawConnection:
        connection = RawConnection(self.platform.address)
        self._connections.append(connection)
        return connection

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def note(self, name: str, answer: RawAnswer) -> RawAnswer:
        assert name not in self.seen
        headers = sorted((k, v) for k, v in answer.headers if _COMPARED_HEADERS.fullmatch(k))
        self.seen[name] = Seen(
            answer.status, tuple((k, _mask(k, v)) for k, v in headers), _mask("", answer.body.decode()[:400])
        )
        return answer

    def take(self, connection: RawConnection, name: str, payload: bytes) -> tuple[str, Future[bytes]]:
        """Invoke, poll, and return the request id and what the caller will get."""
        result = self.platform.invoke(payload)
        if connection not in self._polling:
            connection.send_request("GET", NEXT)
        self._polling.discard(connection)
        answer = self.note(name, connection.read())
        return answer.header("lambda-runtime-aws-request-id"), result

    def payload(self, name: str, result: Future[bytes], connection: RawConnection) -> None:
        """Record what the caller got. The emulator lets it go only when the runtime polls again."""
        connection.send_request("GET", NEXT)
        self._polling.add(connection)
        self.seen[name] = result.result(60).decode()


def _mask(key: str, value: str) -> str:
    if key.endswith(("-deadline-ms", "-function-arn", "-event-identifier")):
        return "…"
    if key == "lambda-runtime-trace-id":
        return "…"
    value = re.sub(r'"handler":"[^"]*"', '"handler":"…"', value)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", value)


def record(scenario: Callable[[Script], None], platform: Platform) -> dict[str, Seen | str | bool]:
    """Run a scenario against a platform; what it saw, by the names it gave."""
    script = Script(platform)
    try:
        scenario(script)
    finally:
        script.close()
    return script.seen
