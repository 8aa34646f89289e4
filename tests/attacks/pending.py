"""Techniques that still get through: each is expected to, strictly, until what stops it is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Isolation = Literal["invocation", "window", "process"]

_LOCK = "the Runtime API is not watched where it is not locked"

# (technique, isolation) → why.
PENDING: Mapping[tuple[str, Isolation], str] = {
    ("unlocked-takeover", "invocation"): _LOCK,
    ("unlocked-takeover", "window"): _LOCK,
    ("unlocked-takeover", "process"): _LOCK,
}
