"""Requests as Firehose sends them, full of lines as the runtime writes them: for load and for kill."""

from __future__ import annotations

import base64
import gzip
import json
import random
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from dayfly.core.activity import Activity
from dayfly.core.findings import ENVIRONMENT_STARTED, Where, finding_line
from dayfly.core.proofs import FleetKey
from dayfly.testing.invocations import invocation_line

ACCOUNT = "123456789012"
_EVENT = json.dumps(
    {
        "version": "2.0", "routeKey": "GET /items/{id}", "rawPath": "/items/7", "pathParameters": {"id": "7"},
        "requestContext": {"http": {"method": "GET", "path": "/items/7", "sourceIp": "203.0.113.9"}},
    }
).encode()  # fmt: skip


@dataclass
class _Environment:
    where: Where
    stream: str
    sequence: int = 0


class Requests:
    """Makes requests of `lines` invocations each, of environments that come and go; each has its number in `sequence`.

    With `platform`, REPORT lines come with the invocations, as they do in a function's log.
    """

    def __init__(
        self, *, lines: int, key: bytes | None, seed: int = 1, platform: bool = False, environments: int = 400
    ) -> None:
        self._lines = lines
        self._key = FleetKey(key) if key else None
        self._random = random.Random(seed)
        self._platform = platform
        self._environments = [self._born() for _ in range(environments)]

    def make(self) -> tuple[str, bytes, int, list[tuple[int, int]]]:
        """One request: its id, its body, its number of lines, and the (environment, sequence) of each invocation."""
        records: dict[str, list[str]] = {}
        made: list[tuple[int, int]] = []
        lines = 0
        # One subscription record per log stream, some lines each: as a batch of a busy function is.
        while len(made) < self._lines:
            at = self._random.randrange(len(self._environments))
            environment = self._environments[at]
            messages = records.setdefault(environment.stream, [])
            if environment.sequence == 0:
                messages.append(self._started(environment))
                lines += 1
            for _ in range(min(20, self._lines - len(made))):
                messages.append(self._invocation(environment))
                made.append((int(environment.where.environment, 16), environment.sequence))
                if self._platform:
                    messages.append(_report())
                    lines += 1
            if self._random.random() < 0.02:
                self._environments[at] = self._born()
        token = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        return token, _body(token, records), lines + len(made), made

    def __iter__(self) -> Iterator[tuple[str, bytes, int, list[tuple[int, int]]]]:
        while True:
            yield self.make()

    def _born(self) -> _Environment:
        function = f"function-{self._random.randrange(200)}"
        where = Where(environment=f"{self._random.getrandbits(64):016x}", function=function, version="7")
        stream = f"2026/11/26/{function}[7]{self._random.getrandbits(128):032x}"
        return _Environment(where, stream)

    def _started(self, environment: _Environment) -> str:
        environment.sequence += 1
        return finding_line(
            ENVIRONMENT_STARTED, environment.where, now=time.time(), message="started", number=1,
            evidence={"isolation": "invocation", "guard": "observe", "code": "00000000000000ff"},
            sequence=environment.sequence, key=self._key,
        ).decode()  # fmt: skip

    def _invocation(self, environment: _Environment) -> str:
        environment.sequence += 1
        activity = Activity()
        activity.read_event({}, _EVENT, self._key)
        activity.duration_us = self._random.randrange(1000, 90_000)
        return invocation_line(
            environment.where, now=time.time(), number=environment.sequence, worker=environment.sequence, age_ms=5000,
            outcome="success", request_id=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            sequence=environment.sequence, activity=activity, key=self._key,
        ).decode()  # fmt: skip


def _report() -> str:
    return (
        f"REPORT RequestId: {uuid.uuid4()}\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 256 MB\t"
        "Max Memory Used: 71 MB\t\n"
    )


def _body(token: str, records: dict[str, list[str]]) -> bytes:
    now = int(time.time() * 1000)
    data = []
    for stream, messages in records.items():
        record = {
            "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": "/shop/all", "logStream": stream,
            "subscriptionFilters": ["dayfly"],
            "logEvents": [{"id": f"{n:056}", "timestamp": now, "message": m} for n, m in enumerate(messages)],
        }  # fmt: skip
        data.append({"data": base64.b64encode(gzip.compress(json.dumps(record).encode(), 5)).decode()})
    return json.dumps({"requestId": token, "timestamp": now, "records": data}).encode()
