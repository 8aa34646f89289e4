"""What comes with an invocation: its event, what its caller sent beside it, and whether it is a batch of records."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.provenance import Provenance, Span

# Triggers that hand over several customers' records at once, each of which may fail alone.
_BATCHES = frozenset(("aws:sqs", "aws:kinesis", "aws:dynamodb"))


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
        return self._both[0].holds_bytes(data) or self._both[1].holds_bytes(data)

    def values_in(self, text: str, sign: str) -> list[tuple[str, str]]:
        return [found for one in self._both for found in one.values_in(text, sign)]

    def is_leaf(self, text: str) -> bool:
        return any(one.is_leaf(text) for one in self._both)


def loaded(text: str | bytes) -> object:
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
