"""Limits that a short stream can reach: what happens on both sides of each is what a fuzzer should see."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from dayfly.core import frames, http1, loglines, requests

LIMITS: tuple[tuple[ModuleType, str, int], ...] = (
    (frames, "MAX_ANSWER_BYTES", 40),
    (frames, "MAX_META_BYTES", 30),
    (frames, "MAX_NOTE_BYTES", 20),
    (frames, "MAX_CONTROL_BYTES", 50),
    (http1, "MAX_EVENT_BYTES", 60),
    (http1, "MAX_HEAD_BYTES", 120),
    (requests, "MAX_REQUEST_BYTES", 120),
    (loglines, "MAX_LOG_LINE_BYTES", 64),
)


def use_small_limits(change: Callable[[ModuleType, str, int], object]) -> None:
    """Put the small limits in force; `change` is setattr, or a fixture's that puts the old ones back."""
    for module, name, value in LIMITS:
        assert isinstance(getattr(module, name), int), f"{module.__name__} has no {name}"
        change(module, name, value)


def limit(module: ModuleType, name: str) -> int:
    """Return the limit in force."""
    value = getattr(module, name)
    assert isinstance(value, int)
    return value
