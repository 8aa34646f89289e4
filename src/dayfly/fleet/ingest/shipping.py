"""Sends lines to a running collector in batches, each until it is durable there."""

from __future__ import annotations

import gzip
import time
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import httpx

from dayfly.errors import DayflyError
from dayfly.fleet.ingest.envelopes import WireLine, write_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Literal

# Small enough to be one block, large enough that the request costs little beside its lines.
_MANY_LINES = 5000
_MANY_BYTES = 4 << 20
# A collector that answers says how long to wait where it is behind, and is waited for.
_PATIENCE_SECONDS = 600.0
# One that does not answer is dead, or hangs: people who wait for a command learn so within ten seconds.
_SILENCE_SECONDS = 5.0
_LEAST_SECONDS = 0.5
_SILENT_WAIT = 2.0
_MAX_WAIT = 60.0


@dataclass(slots=True)
class Shipped:
    """What was sent: `duplicates` of the batches were there already."""

    lines: int = 0
    batches: int = 0
    duplicates: int = 0


class Shipper:
    """Collects lines into batches and posts them; `client` has the address and the access key.

    The same lines in the same order make the same batches with the same tokens, so that what is sent twice is counted
    once. `told` is called with every state that somebody who watches wants to know.
    """

    def __init__(
        self,
        client: httpx.Client,
        road: Literal["import", "pull"],
        *,
        told: Callable[[str], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._road = road
        self._told = told or (lambda text: None)
        self._sleep = sleep
        self._clock = clock
        self._lines: list[WireLine] = []
        self._bytes = 0
        self.shipped = Shipped()

    def add(self, line: WireLine) -> None:
        """Add one line; posts when a batch is full. Raises DayflyError as `post` does."""
        self._lines.append(line)
        self._bytes += len(line.message)
        if len(self._lines) >= _MANY_LINES or self._bytes >= _MANY_BYTES:
            self.flush()

    def add_all(self, lines: Iterable[WireLine]) -> None:
        """Add lines and post what is left of them."""
        for line in lines:
            self.add(line)
        self.flush()

    def flush(self) -> None:
        """Post what waits; all that was added is durable when this returns."""
        if not self._lines:
            return
        lines, self._lines, self._bytes = self._lines, [], 0
        body = write_lines(lines)
        self.post("/ingest/lines", body, token=blake2b(body, digest_size=16).hexdigest())
        self.shipped.lines += len(lines)
        self._told(f"{self.shipped.lines:,} log records imported")

    def post(self, path: str, body: bytes, *, token: str) -> None:
        """Post one body until it is durable.

        Raises DayflyError where the collector refuses it for good, does not answer for five seconds, or is behind for ten
        minutes.
        """
        headers = {"X-Dayfly-Batch": token, "X-Dayfly-Road": self._road, "Content-Encoding": "gzip"}
        packed = gzip.compress(body, 1, mtime=0)
        heard, delay = self._clock(), _LEAST_SECONDS
        end = heard + _PATIENCE_SECONDS
        while True:
            last = heard + _SILENCE_SECONDS
            try:
                timeout = max(last - self._clock(), _LEAST_SECONDS)
                answer = self._client.post(path, content=packed, headers=headers, timeout=timeout)
            except httpx.HTTPError as error:
                wait = min(delay, _SILENT_WAIT)
                why = f"the collector did not respond: {error or type(error).__name__}"
            else:
                last = end
                if answer.is_success:
                    self.shipped.batches += 1
                    self.shipped.duplicates += bool(_told(answer).get("duplicate"))
                    return
                why = f"the collector responded: {_told(answer).get('error') or answer.status_code}"
                if answer.status_code not in (429, 500, 502, 503, 504):
                    raise DayflyError(why, hint=_HINTS.get(answer.status_code, ""))
                wait = _seconds(answer.headers.get("retry-after", "")) or delay
            if self._clock() + wait > last:
                raise DayflyError(
                    why,
                    hint="start `dayfly fleet serve`, then run this command again: imported records are not counted twice",
                )
            self._told(f"{why}; retry in {wait:.0f} s")
            self._sleep(wait)
            if last == end:
                heard = self._clock()
            delay = min(delay * 2, _MAX_WAIT)


_HINTS = {
    401: "unknown token: check that this is the folder of the running service",
    403: "this access key is not valid for these functions",
    404: "check that this is the address of `dayfly fleet serve`",
}


def _told(answer: httpx.Response) -> dict[str, object]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(text: str) -> float:
    return min(float(text), _MAX_WAIT) if text.isascii() and text.isdigit() else 0.0
