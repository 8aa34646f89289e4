"""Takes batches in by any road and moves them into the store, each line once.

A batch is acknowledged when it is synced to the spool. One thread reads batches in the order they came and makes blocks
of rows, another inserts the blocks. Either may be killed at any instruction, the store may be away for hours.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from dayfly.fleet.ingest.blocks import Block, Blocks
from dayfly.fleet.ingest.envelopes import Kind, Whose, WireLine, write_lines
from dayfly.fleet.ingest.inserting import Inserter, delays
from dayfly.fleet.ingest.reading import BatchReader, Header, Outcome, Reader, cut
from dayfly.fleet.ingest.rebuilding import rebuild
from dayfly.fleet.ingest.seen import Seen
from dayfly.fleet.ingest.spool import MAX_BYTES, RESERVE_BYTES, SEGMENT_BYTES, Frame, Full, Position, Spool
from dayfly.fleet.ingest.tokens import Tokens, digest
from dayfly.fleet.records.events import LogEvent
from dayfly.fleet.records.rows import Quarantined, Road
from dayfly.fleet.store.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

    from dayfly.fleet.store.store import Store

# ClickHouse makes a part of every insert: the larger, the less a row costs, and nobody waits longer while we are behind.
_BLOCK_LINES = 40_000
_BLOCK_BYTES = 32 << 20
# How old a line may become before it is inserted with few others.
_LINGER_SECONDS = 0.25
# Blocks made and not inserted: one being made while one is inserted.
_BLOCKS_AHEAD = 2
_RATE_SECONDS = 60
# What we failed to read lies beside the spool, for whoever fixes the fault; so many at most.
_ASIDE = ".aside"
_MANY_ASIDE = 20
_KINDS: dict[Road, Kind] = {
    "firehose": "firehose",
    "telemetry": "telemetry",
    "lab": "records",
    "import": "lines",
    "pull": "lines",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What the spool may hold on disk, and what it leaves there."""

    spool_bytes: int = MAX_BYTES
    segment_bytes: int = SEGMENT_BYTES
    reserve_bytes: int = RESERVE_BYTES


@dataclass(frozen=True, slots=True)
class Receipt:
    """A batch is durable; `is_duplicate` says that it was so before."""

    token: str
    is_duplicate: bool = False


class Collector:
    """One collector over one folder and one store.

    `take` may be called by many threads. Close it at the end; what is in the spool by then is moved by the next one.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        reader: Reader,
        *,
        limits: Limits | None = None,
        trail_key: bytes = b"",
        clock: Callable[[], float] = time.time,
        recall: Callable[[], object] = lambda: None,
    ) -> None:
        """`recall` is called before the first batch is read, once the store answers; it raises StoreError until then."""
        limits = limits or Limits()
        self._store = store
        self._clock = clock
        self._recall = recall
        self._spool = Spool(
            folder / "spool",
            max_bytes=limits.spool_bytes,
            segment_bytes=limits.segment_bytes,
            reserve_bytes=limits.reserve_bytes,
        )
        self._blocks = Blocks(folder / "spool")
        self._tokens = Tokens(folder / "spool")
        self._lock = threading.Lock()
        self._pending: dict[int, Future[Receipt]] = {}
        # Tokens by the segment that bears them: they are written down when it is deleted.
        self._borne: dict[int, list[int]] = {}
        # Taken and not in the store: monotonic time and end, oldest first.
        self._unmoved: deque[tuple[float, Position]] = deque()
        self._remember_spooled()
        self._seen = Seen()
        self._batches = BatchReader(reader, self._seen, trail_key=trail_key or _own_key(folder / "spool"))
        self._inserter = Inserter(store, self._refuse)
        self._name = secrets.token_hex(8)
        self._ready: queue.Queue[Block] = queue.Queue(_BLOCKS_AHEAD)
        self._stopping = threading.Event()
        self._moved = threading.Condition()
        self._counts = Outcome()
        self._refused: dict[str, int] = {}
        self._rates: deque[tuple[int, int]] = deque(maxlen=_RATE_SECONDS + 1)
        self._fault = ""
        self._folder = folder / "spool"
        self._aside = 0
        self._unloved: list[Quarantined] = []
        self._threads = [
            threading.Thread(target=self._read_forever, name="collector-reading", daemon=True),
            threading.Thread(target=self._insert_forever, name="collector-inserting", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Collector:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def take(
        self,
        road: Road,
        body: bytes | Iterable[LogEvent],
        *,
        token: str = "",
        sender: str = "",
        kind: Kind | None = None,
        whose: Whose | None = None,
        functions: tuple[str, ...] = (),
    ) -> Receipt:
        """Return when the batch is durable. Raises Full where it cannot be taken: nothing of it is kept then."""
        return self.submit(
            road, body, token=token, sender=sender, kind=kind, whose=whose, functions=functions
        ).result()

    def submit(
        self,
        road: Road,
        body: bytes | Iterable[LogEvent],
        *,
        token: str = "",
        sender: str = "",
        kind: Kind | None = None,
        whose: Whose | None = None,
        functions: tuple[str, ...] = (),
    ) -> Future[Receipt]:
        """As `take`, without waiting.

        Without a token, the batch's content is its token. `functions` are those that the sender may speak of, none
        for any. `body` must be of its `kind`, by default the road's own: see `envelopes.check`.
        """
        kind = kind or _KINDS[road]
        if not isinstance(body, bytes):
            kind, body = "lines", _as_lines(body)
        whose = whose or Whose()
        token = token or blake2b(body + repr(whose).encode(), digest_size=16).hexdigest()
        key = digest(sender, token)
        with self._lock:
            if key in self._tokens:
                known: Future[Receipt] = Future()
                known.set_result(Receipt(token, is_duplicate=True))
                return known
            if key in self._pending:
                return self._pending[key]
            header = Header(kind, road, token, sender, self._clock(), whose, functions)
            try:
                written = self._spool.append(msgspec.msgpack.encode(header), body)
            except Full as full:
                self._count_refused(full)
                raise
            receipt: Future[Receipt] = Future()
            self._pending[key] = receipt
        written.add_done_callback(lambda done: self._settle(key, token, done, receipt))
        return receipt

    def health(self) -> dict[str, object]:
        """How the collector is: what waits, for how long, at what rate, what was refused and why."""
        now = time.monotonic()
        with self._lock:
            oldest = self._unmoved[0][0] if self._unmoved else now
            batches = len(self._unmoved)
            refused = dict(self._refused)
        lines = sum(count for second, count in list(self._rates) if second >= int(now) - _RATE_SECONDS)
        return {
            "queue_bytes": self._spool.bytes_after(self._blocks.moved),
            "queue_batches": batches,
            "lag_s": round(now - oldest, 3),
            "lines_per_s": round(lines / _RATE_SECONDS, 1),
            "lines": self._counts.lines,
            "rows": self._counts.rows,
            "duplicates": self._counts.duplicates,
            "malformed": self._counts.malformed,
            "forged": self._counts.forged,
            "newest": self._counts.newest,
            "refused": refused,
            "torn_bytes": self._spool.torn_bytes,
            "damaged_bytes": self._spool.damaged_bytes,
            "aside": self._aside,
            "is_alive": all(thread.is_alive() for thread in self._threads),
            "tokens": len(self._tokens),
            "store_fault": self._fault,
        }

    def drain(self, seconds: float) -> bool:
        """Wait until all that was taken is in the store; say whether it is."""
        end = time.monotonic() + seconds
        with self._moved:
            while self._spool.bytes_after(self._blocks.moved):
                if not self._moved.wait(max(min(end - time.monotonic(), 1.0), 0)) and time.monotonic() >= end:
                    return False
        return True

    def close(self) -> None:
        """Stop: what was taken stays in the spool, what is being inserted is finished or given up as it stands."""
        self._stopping.set()
        self._spool.wake()
        for thread in self._threads:
            thread.join()
        self._inserter.close()
        self._spool.close()
        self._blocks.close()

    def _settle(self, key: int, token: str, done: Future[Position], receipt: Future[Receipt]) -> None:
        fault = done.exception()
        with self._lock:
            del self._pending[key]
            if fault is None:
                position = done.result()
                self._tokens.add(key)
                self._borne.setdefault(position.segment, []).append(key)
                self._unmoved.append((time.monotonic(), position))
            elif isinstance(fault, Full):
                self._count_refused(fault)
        if fault is None:
            receipt.set_result(Receipt(token))
        else:
            receipt.set_exception(fault)

    def _count_refused(self, full: Full) -> None:
        self._refused[str(full.status)] = self._refused.get(str(full.status), 0) + 1

    def _remember_spooled(self) -> None:
        for frame in self._spool.frames():
            try:
                header = msgspec.msgpack.decode(frame.header, type=Header)
            except msgspec.DecodeError:
                continue  # of another version of Dayfly; it is put aside when its turn comes
            key = digest(header.sender, header.token)
            self._tokens.add(key)
            self._borne.setdefault(frame.end.segment, []).append(key)
            if frame.end > self._blocks.moved:
                self._unmoved.append((time.monotonic(), frame.end))

    def _read_forever(self) -> None:
        pending = list(self._blocks.pending)
        for block in pending:
            self._hand_over(block)
        # Only when they are in the store does it tell all that was seen.
        while self._blocks.moved < self._blocks.read and not self._stopping.is_set():
            self._stopping.wait(0.05)
        for delay in delays():
            if self._stopping.is_set():
                return
            try:
                rebuild(self._seen, self._store, now=self._clock())
                self._recall()
                self._fault = ""
                break
            except StoreError as error:
                self._fault = error.message
                self._stopping.wait(delay)
        position = self._blocks.read
        while not self._stopping.is_set():
            position = self._make_block(position)

    def _make_block(self, position: Position) -> Position:
        """Read batches until a block is full or its first has waited long enough; return the position behind it."""
        outcome = Outcome()
        size, begun = 0, 0.0
        while not self._stopping.is_set() and outcome.lines < _BLOCK_LINES and size < _BLOCK_BYTES:
            wait = max(begun + _LINGER_SECONDS - time.monotonic(), 0) if begun else 1.0
            frame = self._spool.read(position, wait=wait)
            if frame is None:
                if begun:
                    break
                continue
            begun = begun or time.monotonic()
            made = self._read_batch(frame)
            size += sum(len(part) for parts in made.tables.values() for part in parts)
            outcome.take(made)
            position = frame.end
        if not begun:
            return position
        tables = {table: b"".join(parts) for table, parts in outcome.tables.items()}
        block = self._write_block(position, outcome.lines, tables)
        if block is not None:
            self._count(outcome)
            self._hand_over(block)
        return position

    def _read_batch(self, frame: Frame) -> Outcome:
        try:
            return self._batches.read(msgspec.msgpack.decode(frame.header, type=Header), frame.body)
        except Exception as fault:  # trust boundary: a batch that breaks us must not stop those behind it
            self._fault = f"a batch was moved to {_ASIDE}: {type(fault).__name__}"
            self._aside += 1
            if self._aside <= _MANY_ASIDE:
                with contextlib.suppress(OSError):
                    name = f"{frame.end.segment}-{frame.end.offset}{_ASIDE}"
                    (self._folder / name).write_bytes(frame.header + frame.body)
            return Outcome(malformed=1)

    def _write_block(self, end: Position, lines: int, tables: dict[str, bytes]) -> Block | None:
        for delay in delays():
            try:
                return self._blocks.add(f"{self._name}-{self._blocks.next_number}", end, lines, tables)
            except OSError as error:
                # Its batches are safe in the spool; what has been seen of them is in memory, so it is this
                # very block that must be written, when there is room again.
                self._fault = f"cannot write a block: {error.strerror}"
            if self._stopping.wait(delay):
                return None
        return None

    def _count(self, outcome: Outcome) -> None:
        outcome.tables = {}
        self._counts.take(outcome)
        second = int(time.monotonic())
        if self._rates and self._rates[-1][0] == second:
            self._rates[-1] = (second, self._rates[-1][1] + outcome.lines)
        else:
            self._rates.append((second, outcome.lines))

    def _hand_over(self, block: Block) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(queue.Full):
                self._ready.put(block, timeout=0.2)
                return

    def _insert_forever(self) -> None:
        while not self._stopping.is_set():
            try:
                block = self._ready.get(timeout=0.2)
            except queue.Empty:
                continue
            for delay in delays():
                try:
                    self._unloved.clear()
                    self._inserter.insert(block)
                    self._keep_unloved(block)
                    self._finish(block)
                    self._fault = ""
                    break
                except StoreError as error:
                    self._fault = error.message
                except OSError as error:
                    self._fault = f"cannot record that a block is stored: {error.strerror}"
                if self._stopping.wait(delay):
                    return

    def _finish(self, block: Block) -> None:
        self._blocks.finish(block)
        with self._lock:
            while self._unmoved and self._unmoved[0][1] <= block.end:
                self._unmoved.popleft()
        for segment in self._spool.before(block.end):
            with self._lock:
                borne = list(self._borne.get(segment, ()))
            # Not under the lock: senders must not wait for this sync.
            self._tokens.keep(borne)
            with self._lock:
                self._tokens.forget()
                self._borne.pop(segment, None)
            self._spool.retire(segment)
        with self._moved:
            self._moved.notify_all()

    def _refuse(self, table: str, line: bytes, why: str) -> None:
        text = line.decode("utf-8", "replace")
        now = self._clock()
        detail = f"the store rejects this row of {table}: {why}"[:500]
        self._unloved.append(
            Quarantined(
                received=now,
                time=now,
                reason="malformed",
                road="import",
                bytes=len(line),
                detail=detail,
                line=cut(text),
            )
        )

    def _keep_unloved(self, block: Block) -> None:
        """Keep what the store refused for inspection, and count it."""
        if not self._unloved:
            return
        rows, self._unloved = self._unloved, []
        self._counts.malformed += len(rows)
        self._store.insert("quarantine", rows[:100], token=f"{block.name}-refused")


def _as_lines(events: Iterable[LogEvent]) -> bytes:
    return write_lines(
        WireLine(
            time=event.time,
            message=event.message if isinstance(event.message, str) else json.dumps(event.message),
            stream=event.log_stream,
            group=event.log_group,
            function=event.function,
            account=event.account,
            region=event.region,
            version=event.version,
        )
        for event in events
    )


def _own_key(folder: Path) -> bytes:
    """A secret of this folder, made once."""
    path = folder / "trail.key"
    with contextlib.suppress(FileExistsError), open(path, "xb", opener=_private) as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
