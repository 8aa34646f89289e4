"""Ships the lines of a lab's environments to a fleet's collector, as CloudWatch Logs' subscriptions would.

One log group per function, one log stream per environment, every line in its order; JSON lists of subscription records
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html). A thread sends; whoever hands it a
line never waits. While the collector takes nothing, lines wait here, up to a bound; what comes beyond it is dropped and
counted, and Dayfly's own lines carry sequence numbers, so the collector sees the gap.
"""

from __future__ import annotations

import gzip
import http.client
import os
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, assert_never
from urllib.parse import urlsplit

import msgspec

from dayfly.errors import SettingError
from dayfly.lab.model import ACCOUNT, REGION, LogLine

# A collector that stands still for minutes costs nothing: some 200,000 lines of an ordinary lab fit.
MAX_WAITING_BYTES = 64 * 1024 * 1024
# What a line costs in memory besides its text, and in a record.
_LINE_BYTES = 256
MAX_BATCH_BYTES = 1024 * 1024
MAX_BATCH_LINES = 2000
# Long enough that a burst of lines goes together, too short to be noticed in a console.
LINGER_S = 0.15
_TIMEOUT_S = 30.0
_FIRST_DELAY_S = 0.1
_LAST_DELAY_S = 5.0
# What a collector may ask for by Retry-After; beyond it we try all the same.
_MAX_RETRY_AFTER_S = 60.0
DRAIN_S = 5.0
_PATH = "/ingest/lab"


@dataclass(frozen=True, slots=True)
class Target:
    """Where lines go; `token` is the access key of the collector, "" where it wants none.

    Raises SettingError for a URL that is not HTTP.
    """

    url: str
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_url = False
        if not is_url:
            raise SettingError(
                f"--fleet {self.url!r} is not the URL of a fleet service",
                hint="use for example --fleet http://127.0.0.1:8710",
            )
        if not self.token.isascii() or not self.token.isprintable():
            raise SettingError("the collector's token contains invalid characters")


@dataclass(frozen=True, slots=True)
class Shipped:
    """How many lines were acknowledged, dropped for want of room, refused for good, and wait."""

    sent: int
    dropped: int
    refused: int
    waiting: int


# What becomes of a batch after an answer: done, the same again after so many seconds, in halves, or given up.
Verdict = Literal["done", "again", "halve", "denied", "refused"]


def judge(status: int) -> Verdict:
    """Say what an answer of the collector means for the batch; 0 stands for no answer."""
    if 200 <= status < 300:
        return "done"
    if status == 413:
        return "halve"
    if status in (401, 403, 404):
        # Somebody may fix the token or the URL while the lab runs: nothing is lost until the bound.
        return "denied"
    if status in (0, 408, 425, 429) or status >= 500 or 300 <= status < 400:
        return "again"
    return "refused"


def delay_s(tries: int, retry_after: str, *, random: Random) -> float:
    """Return how long to wait before try number `tries` (from 1); the collector's word counts, within bounds."""
    grown: float = _FIRST_DELAY_S * 2 ** min(tries - 1, 16)
    backed_off = min(_LAST_DELAY_S, grown) * random.uniform(0.5, 1.0)
    try:
        asked = float(retry_after)
    except ValueError:
        asked = 0.0
    # Not `max` alone: "nan" and "inf" are floats.
    return max(backed_off, asked) if 0 < asked <= _MAX_RETRY_AFTER_S else backed_off


def subscription_records(lines: Sequence[LogLine], *, first_id: int) -> bytes:
    """Return `lines` as the JSON list that `/ingest/lab` takes: one record per log stream, lines in their order."""
    events: dict[tuple[str, str], list[dict[str, object]]] = {}
    for number, line in enumerate(lines, first_id):
        stamp = int(line.at * 1000)
        event = {"id": f"{stamp:013d}{number:043d}", "timestamp": stamp, "message": line.text + "\n"}
        events.setdefault((line.log_group_name, line.log_stream), []).append(event)
    return msgspec.json.encode(
        [
            {
                "messageType": "DATA_MESSAGE",
                "owner": ACCOUNT,
                "logGroup": group,
                "logStream": stream,
                "subscriptionFilters": ["dayfly-lab"],
                "logEvents": own,
            }
            for (group, stream), own in events.items()
        ]
    )


class Shipper:
    """Sends lines from a thread of its own, in the order of `take`, until `close`.

    `warn` is called from that thread with what a person should know: that the collector refuses, that lines were
    dropped.
    """

    def __init__(
        self,
        target: Target,
        *,
        warn: Callable[[str], None],
        max_waiting_bytes: int = MAX_WAITING_BYTES,
        linger_s: float = LINGER_S,
        denied_s: float = _LAST_DELAY_S,
        random: Random | None = None,
    ) -> None:
        self._target = target
        self._warn = warn
        self._max_waiting_bytes = max_waiting_bytes
        self._linger_s = linger_s
        self._denied_s = denied_s
        self._random = random or Random()
        self._condition = threading.Condition()
        self._waiting: deque[LogLine] = deque()
        self._waiting_bytes = 0
        self._in_flight = 0
        self._sent = 0
        self._dropped = 0
        self._told_dropped = 0
        self._refused = 0
        self._next_id = 0
        self._closing_at: float | None = None
        self._told: str = ""
        self._connection: http.client.HTTPConnection | None = None
        self._thread = threading.Thread(target=self._run, name="lab-shipper", daemon=True)
        self._thread.start()

    def take(self, line: LogLine) -> None:
        """Hand over one line; never waits for the network."""
        size = len(line.text) + _LINE_BYTES
        with self._condition:
            if self._waiting_bytes + size > self._max_waiting_bytes or self._closing_at is not None:
                self._dropped += 1
                return
            self._waiting.append(line)
            self._waiting_bytes += size
            self._condition.notify_all()

    def counts(self) -> Shipped:
        """Return what became of the lines so far."""
        with self._condition:
            return Shipped(self._sent, self._dropped, self._refused, len(self._waiting) + self._in_flight)

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything taken so far was acknowledged; False when that took too long. Blocking."""
        with self._condition:
            return self._condition.wait_for(lambda: not self._waiting and not self._in_flight, timeout_s)

    def close(self, drain_s: float = DRAIN_S) -> Shipped:
        """Send what waits, for `drain_s` at most, and stop; the counts say what was left behind. Blocking."""
        with self._condition:
            self._closing_at = time.monotonic() + drain_s
            self._condition.notify_all()
        # A request that hangs ends with the process: the thread is a daemon.
        self._thread.join(drain_s + 1.0)
        return self.counts()

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            has_answer = self._send(batch)
            self._tell_dropped()
            if not has_answer:
                break
        if self._connection is not None:
            self._connection.close()

    def _next_batch(self) -> list[LogLine] | None:
        """Wait for lines and take as many as go together; None at the end."""
        with self._condition:
            self._condition.wait_for(lambda: self._waiting or self._closing_at is not None)
            if self._closing_at is None:
                self._condition.wait_for(
                    lambda: len(self._waiting) >= MAX_BATCH_LINES or self._closing_at is not None,
                    self._linger_s,
                )
            if not self._waiting:
                return None
            batch: list[LogLine] = []
            size = 0
            while self._waiting and len(batch) < MAX_BATCH_LINES:
                # At least one: a line alone may be larger than a batch should be.
                size += len(self._waiting[0].text) + _LINE_BYTES
                if batch and size > MAX_BATCH_BYTES:
                    break
                batch.append(self._waiting.popleft())
            self._in_flight = len(batch)
            return batch

    def _send(self, batch: list[LogLine]) -> bool:
        """Try until the collector has `batch` or has refused it for good; False when the lab ended before."""
        body = gzip.compress(subscription_records(batch, first_id=self._next_id), 1)
        # The same in every try: a batch whose acknowledgement was lost is counted once.
        token = os.urandom(16).hex()
        for tries in range(1, 1 << 31):
            status, retry_after = self._post(body, token)
            verdict = judge(status)
            if verdict == "halve" and len(batch) == 1:
                verdict = "refused"
            match verdict:
                case "done":
                    self._settle(batch, is_sent=True)
                    self._told = ""
                    return True
                case "halve":
                    half = len(batch) // 2
                    return self._send(batch[:half]) and self._send(batch[half:])
                case "refused":
                    self._tell(f"the fleet service permanently rejects the lab's records: status {status}")
                    self._settle(batch, is_sent=False)
                    return True
                case "denied":
                    self._tell(
                        f"the fleet service denies the lab's records (status {status}); up to "
                        f"{self._max_waiting_bytes >> 20} MiB wait; check the ingest key"
                    )
                    wait = self._denied_s
                case "again":
                    if tries == 3:
                        why = f"status {status}" if status else "no answer"
                        self._tell(f"the fleet service does not accept records now ({why}); records wait")
                    wait = delay_s(tries, retry_after, random=self._random)
                case _:
                    assert_never(verdict)
            if not self._pause(wait):
                break
        return False

    def _pause(self, seconds: float) -> bool:
        """Wait; False when the lab has ended and its patience, too."""
        until = time.monotonic() + seconds
        with self._condition:
            while (now := time.monotonic()) < until:
                if self._closing_at is not None and now >= self._closing_at:
                    return False
                end = until if self._closing_at is None else min(until, self._closing_at)
                self._condition.wait(max(0.0, end - now))
            return self._closing_at is None or time.monotonic() < self._closing_at

    def _settle(self, batch: list[LogLine], *, is_sent: bool) -> None:
        with self._condition:
            self._next_id += len(batch)
            self._in_flight -= len(batch)
            self._waiting_bytes -= sum(len(line.text) + _LINE_BYTES for line in batch)
            if is_sent:
                self._sent += len(batch)
            else:
                self._refused += len(batch)
            self._condition.notify_all()

    def _post(self, body: bytes, token: str) -> tuple[int, str]:
        """Return the status of the answer and its Retry-After; 0 when none came."""
        parts = urlsplit(self._target.url)
        headers = {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "X-Dayfly-Batch": token,
            "X-Dayfly-Region": REGION,
        }
        if self._target.token:
            headers["Authorization"] = f"Bearer {self._target.token}"
        try:
            if self._connection is None:
                self._connection = _connect(parts.scheme, parts.hostname or "", parts.port)
            self._connection.request("POST", parts.path.rstrip("/") + _PATH, body, headers)
            answer = self._connection.getresponse()
            answer.read()
            return answer.status, answer.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException):
            # Also a kept connection that the collector closed meanwhile: the next try makes another.
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            return 0, ""

    def _tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._warn(text)

    def _tell_dropped(self) -> None:
        with self._condition:
            dropped, before = self._dropped, self._told_dropped
            self._told_dropped = dropped
        if dropped > before:
            self._warn(f"{dropped - before} log records were dropped before they reached the fleet service")


def _connect(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)
    return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
