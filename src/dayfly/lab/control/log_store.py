"""The records of log groups, kept for CloudWatch Logs' API: the latest ones, within a bound."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from dayfly.lab.model import LogLine

# Of one log group; what is older is forgotten, record by record.
MAX_LINES = 20_000
MAX_BYTES = 16 * 1024 * 1024
# A stream is one environment.
MAX_STREAMS = 2_000


@dataclass(frozen=True, slots=True)
class Record:
    """One event of a stream: when it happened, and when it came. Its number is its group's alone, and never given twice."""

    number: int
    at: float
    stream: str
    message: str
    came_at: float


@dataclass(slots=True)
class Stream:
    """One environment's stream, or one that a client made."""

    name: str
    created_at: float
    first_at: float | None = None
    last_at: float | None = None
    came_at: float | None = None


@dataclass(slots=True)
class Group:
    """One log group, of one function unless several were given the same."""

    created_at: float
    tags: dict[str, str] = field(default_factory=dict)
    retention_days: int | None = None
    kind: str = "STANDARD"
    records: deque[Record] = field(default_factory=deque)
    streams: dict[str, Stream] = field(default_factory=dict)
    next_number: int = 0
    size: int = 0

    def add_stream(self, name: str, created_at: float) -> Stream:
        if len(self.streams) >= MAX_STREAMS:
            del self.streams[next(iter(self.streams))]
        stream = self.streams[name] = Stream(name, created_at)
        return stream

    def add(self, at: float, name: str, message: str, came_at: float) -> None:
        """Keep one event of a stream; what is too old for the bound is forgotten."""
        self.records.append(Record(self.next_number, at, name, message, came_at))
        self.next_number += 1
        self.size += len(message)
        while len(self.records) > MAX_LINES or (self.size > MAX_BYTES and len(self.records) > 1):
            self.size -= len(self.records.popleft().message)
        stream = self.streams.get(name) or self.add_stream(name, at)
        stream.first_at = at if stream.first_at is None else min(stream.first_at, at)
        stream.last_at = at if stream.last_at is None else max(stream.last_at, at)
        stream.came_at = came_at

    def forget(self, stream: str) -> None:
        """Delete a stream with its events."""
        del self.streams[stream]
        self.records = deque(record for record in self.records if record.stream != stream)
        self.size = sum(len(record.message) for record in self.records)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found, as the API reports it."""

    query_string: str
    group: str
    created_at: float
    results: list[list[dict[str, str]]]
    statistics: dict[str, float]


class LogStore:
    """Takes every line as it is written; invocations never wait for it. `answers` are those of queries, by their ids."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.answers: dict[str, Answer] = {}

    def take(self, line: LogLine) -> None:
        group = self.groups.get(line.log_group_name)
        if group is None:
            group = self.groups[line.log_group_name] = Group(line.at)
        # Known difference: CloudWatch has no newline behind some of them.
        group.add(line.at, line.log_stream, line.text + "\n", time.time())
