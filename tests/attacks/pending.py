"""Techniques that still get through: each is expected to, strictly, until what stops it is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Isolation = Literal["invocation", "window", "process"]

_MEMORY = "rule 4: supervisor, zygote and standby are dumpable in this version"
_LIMITS = "rule 4: limits and priority of the zygote are not compared yet"
_LOCK = "the Runtime API is not watched where it is not locked"

# (technique, isolation) → why.
PENDING: Mapping[tuple[str, Isolation], str] = {
    ("memory-of-siblings", "invocation"): _MEMORY,
    ("memory-of-siblings", "window"): _MEMORY,
    ("memory-by-system-call", "invocation"): _MEMORY,
    ("memory-by-system-call", "window"): _MEMORY,
    ("fed-standby", "invocation"): _MEMORY,
    ("fed-standby", "window"): _MEMORY,
    ("limits-of-siblings", "invocation"): _LIMITS,
    ("limits-of-siblings", "window"): _LIMITS,
    ("priority-of-siblings", "invocation"): _LIMITS,
    ("priority-of-siblings", "window"): _LIMITS,
    ("processors-of-siblings", "invocation"): _LIMITS,
    ("processors-of-siblings", "window"): _LIMITS,
    ("scheduler-of-siblings", "invocation"): _LIMITS,
    ("scheduler-of-siblings", "window"): _LIMITS,
    ("unlocked-takeover", "invocation"): _LOCK,
    ("unlocked-takeover", "window"): _LOCK,
}
