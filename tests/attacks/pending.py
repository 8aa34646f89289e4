"""Techniques that still get through: each is expected to, strictly, until what stops it is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Isolation = Literal["invocation", "window", "process"]

# (technique, isolation) → why.
PENDING: Mapping[tuple[str, Isolation], str] = {}
