"""Parameters of which some run by day and all at night."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest
from _pytest.mark.structures import ParameterSet

Value = TypeVar("Value")


def some_by_day(
    values: Iterable[Value], *, every: int, name: Callable[[Value], str] = str
) -> list[ParameterSet]:
    """Return a parameter for each value, called by its `name`; all but every so-manieth are marked nightly."""
    return [
        pytest.param(value, id=name(value), marks=[pytest.mark.nightly] if number % every else [])
        for number, value in enumerate(values)
    ]
