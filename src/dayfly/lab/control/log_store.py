"""The lines that functions of the lab wrote, kept for CloudWatch Logs' API: the latest ones, within a bound."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from dayfly.lab.model import LogLine

# Of one log group; what is older is forgotten, line by line.
MAX_LINES = 20_000
MAX_BYTES = 16 * 1024 * 1024
# A stream is one environment.
MAX_STREAMS = 2_000


@dataclass(slots=True)
class Stream:
    """One environment's stream."""

    name: str
    first_at: float
    last_at: float
    size: int = 0


@dataclass(slots=True)
class Group:
    """One log group, of one function unless several were given the same. Lines are numbered from 0, for as long as the lab lives."""

    created_at: float
    lines: deque[LogLine] = field(default_factory=deque)
    streams: dict[str, Stream] = field(default_factory=dict)
    first_number: int = 0
    size: int = 0


class LogStore:
    """Takes every line as it is written; invocations never wait for it."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}

    def take(self, line: LogLine) -> None:
        name = line.log_group_name
        group = self.groups.get(name)
        if group is None:
            group = self.groups[name] = Group(line.at)
        length = len(line.text)
        group.lines.append(line)
        group.size += length
        while len(group.lines) > MAX_LINES or (group.size > MAX_BYTES and len(group.lines) > 1):
            group.size -= len(group.lines.popleft().text)
            group.first_number += 1
        stream = group.streams.get(line.log_stream)
        if stream is None:
            if len(group.streams) >= MAX_STREAMS:
                del group.streams[next(iter(group.streams))]
            stream = group.streams[line.log_stream] = Stream(line.log_stream, line.at, line.at)
        stream.last_at = line.at
        stream.size += length
