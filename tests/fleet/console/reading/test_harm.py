"""An environment is called infected only where what was planted stayed."""

from __future__ import annotations

import pytest

from dayfly.fleet.console.reading.harm import keeps_harm


@pytest.mark.parametrize(
    ("kind", "isolation", "infected"),
    [
        ("environment.infected", "invocation", True),
        ("foothold", "invocation", True),
        ("residue.memory", "invocation", False),
        ("residue.memory", "window", False),
        ("residue.memory", "process", True),
        ("infection_burst", "invocation", False),
        ("infection_burst", "", True),  # plain Lambda
        ("guard.observed", "process", False),
        ("enumeration", "process", False),
    ],
)
def test_harm(kind: str, isolation: str, infected: bool) -> None:
    assert keeps_harm(kind, isolation) is infected
