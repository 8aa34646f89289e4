"""What comes with an invocation: its event, what its caller sent beside it, and whether it is a batch of records."""

from __future__ import annotations

import json
import sys
from _thread import get_ident

from dayfly.core.provenance import Provenance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from dayfly.core.provenance import Span

    # Its body, and what its caller sent beside it.
    Event = tuple[bytes, str]
    # With what it contributed, and whether it is a batch.
    Read = tuple[Event, "Provenance | Joined", bool]

# Triggers that hand over several customers' records at once, each of which may fail alone.
_BATCHES = frozenset(("aws:sqs", "aws:kinesis", "aws:dynamodb"))
# Events that an older thread is judged by in a process that lasts, beside the one that it began in and the present one.
_MANY_EARLIER = 3


class Joined:
    """What came with the event and what its caller sent beside it."""

    __slots__ = ("_both",)

    def __init__(self, *both: Provenance | Joined) -> None:
        self._both = both

    @property
    def is_complete(self) -> bool:
        return all(one.is_complete for one in self._both)

    def spans(self, text: str | bytes) -> list[Span]:
        """Return what of `text` came from either, sorted; where both have a part, the longer one of the first."""
        found: list[Span] = []
        for span in sorted(
            (span for one in self._both for span in one.spans(text)), key=lambda span: span.start
        ):
            if found and span.start < found[-1].end:
                if span.end <= found[-1].end:
                    continue
                span = Span(found[-1].end, span.end, span.path)
            found.append(span)
        return found

    def holds_bytes(self, data: bytes) -> str:
        return next(filter(None, (one.holds_bytes(data) for one in self._both)), "")

    def values_in(self, text: str, sign: str) -> list[tuple[str, str]]:
        return [found for one in self._both for found in one.values_in(text, sign)]

    def is_leaf(self, text: str) -> bool:
        return any(one.is_leaf(text) for one in self._both)


def take_apart(event: Event, known: Collection[str], key: bytes, places: int) -> Read:
    """Return what an event contributed; `known`, `key` and `places` are Provenance's."""
    body, context = event
    values = _loaded(body)
    found: Provenance | Joined = Provenance(values, known, key, max_places=places)
    if context:
        found = Joined(found, Provenance(_loaded(context), known, key, max_places=places))
    return event, found, is_batch(values)


def earlier_events(earlier: dict[int, tuple[Event, ...]], last: Event) -> dict[int, tuple[Event, ...]]:
    """Return, for each thread but this one, the event that it began in and the last ones since."""
    kept = {}
    for ident in sys._current_frames().keys() - {get_ident()}:
        first, *others = (*earlier.get(ident, ()), last)
        kept[ident] = (first, *others[-_MANY_EARLIER:])
    return kept


def still_asked(reads: tuple[Read, ...], earlier: dict[int, tuple[Event, ...]]) -> tuple[Read, ...]:
    """Return those of `reads` that are of events that a thread may still be at work on."""
    return tuple(read for read in reads if any(read[0] is one for kept in earlier.values() for one in kept))


def _loaded(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except ValueError:
        # AWS's loop hands nothing else to a handler.
        return None


def is_batch(event: object) -> bool:
    """Say whether an event holds records of several customers, each of which may fail alone."""
    records = event.get("Records") if isinstance(event, dict) else None
    first = records[0] if isinstance(records, list) and records else None
    return isinstance(first, dict) and first.get("eventSource") in _BATCHES
