"""Parks the threads of OpenTelemetry's batches; has what a worker recorded exported before its answer.

The SDK's own at-fork hooks empty the queues and start every worker's threads. What init recorded is
exported by the environment's first worker, and once; the zygote makes no connection for it.
"""

from __future__ import annotations

import threading

from dayfly.runtime import heap
from dayfly.runtime.sealers.executors import PATIENCE_S, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.runtime.sealing import Sealing

_CLASSES = (
    ("opentelemetry.sdk._shared_internal", "BatchProcessor"),
    ("opentelemetry.sdk.trace.export", "BatchSpanProcessor"),
    ("opentelemetry.sdk._logs._internal.export", "BatchLogRecordProcessor"),
    ("opentelemetry.sdk.metrics._internal.export", "PeriodicExportingMetricReader"),
    ("opentelemetry.sdk.metrics._internal.measurement_consumer", "SynchronousMeasurementConsumer"),
)
# Queue, thread, what wakes the thread, flag that ends it: since 1.33, logs before it, spans before it.
_SHAPES = (
    ("_queue", "_worker_thread", "_worker_awaken", "_shutdown"),
    ("_queue", "_worker_thread", "_condition", "_shutdown"),
    ("queue", "worker_thread", "condition", "done"),
)
# Callbacks of observable instruments are the function's code.
_COLLECT_MS = 2_000


def kinds() -> tuple[type, ...]:
    """Return the SDK's classes with a thread, and the one that every measurement passes through."""
    return heap.classes(*_CLASSES)


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Park each batch's thread and each reader's, and remember what init left in them."""
    items: list[object] = found.of(*kinds())
    consumers = [item for item in items if hasattr(item, "_reader_storages")]
    for item in items:
        state = vars(item)
        if "_daemon_thread" in state:
            consumer = next((one for one in consumers if item in getattr(one, "_reader_storages", ())), None)
            _park_reader(item, consumer, sealing)
            continue
        for shape in _SHAPES:
            if all(name in state for name in shape):
                _Batch(item, *shape).seal(sealing)
                break


class _Batch:
    """A processor of spans or log records, with the names its version has for its parts."""

    __slots__ = ("_end", "_processor", "_queue", "_rest", "_thread", "_waker")

    def __init__(self, processor: object, queue: str, thread: str, waker: str, end: str) -> None:
        self._processor = processor
        self._queue = queue
        self._thread = thread
        self._waker = waker
        self._end = end
        self._rest: list[object] = []

    def seal(self, sealing: Sealing) -> None:
        state = vars(self._processor)
        thread, queue = state[self._thread], state[self._queue]
        if state[self._end] or not hasattr(self._processor, "_at_fork_reinit"):
            return
        # The thread exports on its way out what it finds.
        self._rest = list(queue)
        queue.clear()
        state[self._end] = True
        waker = state[self._waker]
        if isinstance(waker, threading.Event):
            waker.set()
        else:
            with waker:
                waker.notify_all()
        has_ended = join([thread], seconds=PATIENCE_S)
        state[self._end] = False
        if isinstance(waker, threading.Event):
            waker.clear()
        if not has_ended:
            queue.extend(self._rest)
            sealing.refuse(
                "OpenTelemetry is still exporting what init recorded: "
                "force_flush() at the end of init, or record nothing there"
            )
            return

        def wake() -> None:
            if not getattr(self._processor, self._thread).is_alive():
                # Not forked: no hook has run.
                self._processor._at_fork_reinit()  # type: ignore[attr-defined]
            if sealing.is_first:
                getattr(self._processor, self._queue).extend(self._rest)

        def is_pending() -> bool:
            return bool(getattr(self._processor, self._queue))

        def send(seconds: float) -> bool:
            self._processor.force_flush(int(seconds * 1000))  # type: ignore[attr-defined]
            return not is_pending()

        sealing.in_worker(wake)
        sealing.before_answer("spans or log records of OpenTelemetry", is_pending=is_pending, send=send)


def _park_reader(reader: object, consumer: object, sealing: Sealing) -> None:
    state = vars(reader)
    thread, event = state["_daemon_thread"], state.get("_shutdown_event")
    collect = state.get("_collect")
    if thread is None or event is None or event.is_set() or not hasattr(reader, "_at_fork_reinit"):
        return
    # The thread collects and exports once more on its way out.
    state["_collect"] = lambda *_arguments, **_options: None
    event.set()
    has_ended = join([thread], seconds=PATIENCE_S)
    event.clear()
    state["_collect"] = collect
    if not has_ended:
        sealing.refuse(
            "OpenTelemetry is still exporting the metrics of init: force_flush() at the end of init, or record none there"
        )
        return
    # Takes what init measured out of sums that count from one export to the next: each worker would report it.
    of_init = None if collect is None else collect(reader, timeout_millis=_COLLECT_MS)
    listener = _Listener(consumer, reader, collect)

    def wake() -> None:
        if not state["_daemon_thread"].is_alive():
            reader._at_fork_reinit()
        listener.listen()

    def is_pending() -> bool:
        return listener.has_heard or (of_init is not None and sealing.is_first)

    def send(seconds: float) -> None:
        if of_init is not None and sealing.is_first:
            reader._receive_metrics(of_init, timeout_millis=seconds * 1000)  # type: ignore[attr-defined]
        if listener.has_heard:
            reader.force_flush(int(seconds * 1000))  # type: ignore[attr-defined]

    sealing.in_worker(wake)
    sealing.before_answer("metrics of OpenTelemetry", is_pending=is_pending, send=send)


class _Listener:
    """Knows whether something was measured that a reader has not collected.

    An export repeats sums that nothing was added to: without this every answer would wait for one.
    """

    __slots__ = ("_collect", "_consumer", "_is_listening", "_reader", "has_heard")

    def __init__(self, consumer: object, reader: object, collect: Callable[..., object] | None) -> None:
        self._consumer = consumer
        self._reader = reader
        self._collect = collect
        self._is_listening = False
        self.has_heard = False

    def listen(self) -> None:
        """Be told of the first measurement from now on; those after it take the straight way."""
        if self._consumer is None or self._collect is None or self._is_listening:
            return
        self._is_listening = True
        state = vars(self._consumer)
        # Another reader's listener.
        before = state.get("consume_measurement")

        def hear(measurement: object) -> None:
            self._is_listening = False
            self.has_heard = True
            if before is None:
                state.pop("consume_measurement", None)
            else:
                state["consume_measurement"] = before
            self._consumer.consume_measurement(measurement)  # type: ignore[attr-defined]

        state["consume_measurement"] = hear
        vars(self._reader)["_collect"] = self._collect_and_listen

    def _collect_and_listen(self, *arguments: object, **options: object) -> object:
        assert self._collect is not None
        self.has_heard = False
        self.listen()
        return self._collect(*arguments, **options)
