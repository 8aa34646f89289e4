"""Which lines were counted already, by whatever road they came.

A line of Dayfly's is known by (environment, sequence): an environment numbers its lines, so what was seen of it is a
few ranges. A line of the platform's is known by (stream, time, kind, request id) and remembered for a while. What is
older than what is remembered falls to the store's ReplacingMergeTree, whose keys are the same.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from dayfly.fleet.records.rows import (
    NO_REQUEST,
    ApiCall,
    Behaviour,
    Environment,
    Finding,
    Invocation,
    Package,
    Platform,
    Quarantined,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import msgspec

# Environments of which ranges are kept, in each of two generations: about 30 MB each at one range.
_MANY_ENVIRONMENTS = 60_000
# An environment with more holes than this forgets its oldest range: hostile numbers must not fill the memory.
_MANY_RANGES = 256
_MANY_KEYS = 250_000


class Ranges:
    """A set of numbers that mostly come in order."""

    __slots__ = ("_ends", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []  # inclusive

    def add(self, number: int) -> bool:
        """Add a number; say whether it is new."""
        starts, ends = self._starts, self._ends
        if ends and ends[-1] == number - 1:
            ends[-1] = number
            return True
        at = bisect_right(starts, number) - 1
        if at >= 0 and ends[at] >= number:
            return False
        self._insert(at, number, number)
        return True

    def add_range(self, first: int, last: int) -> None:
        """Add all numbers from `first` to `last`."""
        self._insert(bisect_right(self._starts, first) - 1, first, last)

    def __len__(self) -> int:
        """How many ranges it takes to say it."""
        return len(self._starts)

    def _insert(self, at: int, first: int, last: int) -> None:
        """Put a range behind the one at `at`, and make one of all that touch."""
        starts, ends = self._starts, self._ends
        begin = at if at >= 0 and ends[at] >= first - 1 else at + 1
        end = begin
        while end < len(starts) and starts[end] <= last + 1:
            last = max(last, ends[end])
            end += 1
        first = min(first, starts[begin]) if end > begin else first
        starts[begin:end], ends[begin:end] = [first], [last]
        if len(starts) > _MANY_RANGES:
            del starts[0], ends[0]


class Seen:
    """Decides for each row whether it is new. Not for several threads."""

    def __init__(self, *, many_environments: int = _MANY_ENVIRONMENTS, many_keys: int = _MANY_KEYS) -> None:
        self._many_environments = many_environments
        self._many_keys = many_keys
        self._ranges: dict[tuple[str, str, int], Ranges] = {}
        self._older_ranges: dict[tuple[str, str, int], Ranges] = {}
        self._keys: set[int] = set()
        self._older_keys: set[int] = set()

    def is_new_number(self, table: str, trust: str, environment: int, sequence: int) -> bool:
        """Say whether this line of an environment is new, and remember it.

        By trust apart: a line without proof must not make the proved one, which comes later, a duplicate.
        """
        return self._of(table, trust, environment).add(sequence)

    def remember(self, table: str, trust: str, environment: int, first: int, last: int) -> None:
        """Take over what the store has."""
        self._of(table, trust, environment).add_range(first, last)

    def is_new_key(self, key: Hashable) -> bool:
        """Say whether this identity is new, and remember it for a while."""
        value = hash(key)
        if value in self._keys or value in self._older_keys:
            return False
        self._keys.add(value)
        if len(self._keys) >= self._many_keys:
            self._older_keys, self._keys = self._keys, set()
        return True

    def is_new(self, table: str, row: msgspec.Struct) -> bool:
        """Say whether a row is new, and remember it."""
        if isinstance(row, Invocation | Finding | Behaviour) and row.sequence:
            return self.is_new_number(table, row.trust, row.environment, row.sequence)
        if isinstance(row, Platform) and not row.stream and row.request_id == NO_REQUEST:
            return True  # nothing tells two environments apart that start in the same millisecond
        identity = _IDENTITIES.get(type(row))
        return identity is None or self.is_new_key((table, identity(row)))

    def _of(self, table: str, trust: str, environment: int) -> Ranges:
        key = (table, trust, environment)
        ranges = self._ranges.get(key)
        if ranges is None:
            ranges = self._older_ranges.pop(key, None) or Ranges()
            if len(self._ranges) >= self._many_environments:
                self._older_ranges, self._ranges = self._ranges, {}
            self._ranges[key] = ranges
        return ranges


# The columns that make a row's identity, as the store's sorting keys have them.
_IDENTITIES: dict[type, Callable[[object], Hashable]] = {
    Platform: attrgetter("function", "stream", "time", "kind", "request_id"),
    Invocation: attrgetter("function", "environment", "stream", "time", "request_id", "trust"),
    Finding: attrgetter("function", "environment", "uid", "trust"),
    Behaviour: attrgetter("function", "environment", "time", "kind", "target", "trust"),
    Environment: attrgetter("function", "environment", "time", "trust"),
    Package: attrgetter("account", "function", "version", "package", "package_version"),
    ApiCall: attrgetter("event_id"),
    Quarantined: attrgetter("reason", "function", "stream", "time", "line"),
}
