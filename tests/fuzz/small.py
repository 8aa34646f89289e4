"""Limits that a short stream can reach: what happens on both sides of each is what a fuzzer should see."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from dayfly.core import frames

LIMITS: tuple[tuple[ModuleType, str, int], ...] = (
    (frames, "MAX_NOTE_BYTES", 20),
    (frames, "MAX_CONTROL_BYTES", 50),
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
