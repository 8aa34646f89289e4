"""Techniques that still get through: each is expected to, strictly, until what stops it is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Isolation = Literal["invocation", "window", "process"]

_LIMITS = "rule 4: limits and priority of the zygote are not compared yet"

# (technique, isolation) → why.
PENDING: Mapping[tuple[str, Isolation], str] = {
    ("limits-of-siblings", "invocation"): _LIMITS,
    ("limits-of-siblings", "window"): _LIMITS,
    ("priority-of-siblings", "invocation"): _LIMITS,
    ("priority-of-siblings", "window"): _LIMITS,
    ("processors-of-siblings", "invocation"): _LIMITS,
    ("processors-of-siblings", "window"): _LIMITS,
    ("scheduler-of-siblings", "invocation"): _LIMITS,
    ("scheduler-of-siblings", "window"): _LIMITS,
}
