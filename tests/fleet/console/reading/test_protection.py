"""Protection is claimed only where an environment said it is active."""

from __future__ import annotations

import pytest

from dayfly.fleet.console.reading.protection import judge


@pytest.mark.parametrize(
    ("attached", "isolation", "guard", "level"),
    [
        (False, "", "", "bare"),
        (True, "", "block", "observed"),
        (True, "something", "block", "observed"),
        (True, "process", "block", "observed"),
        (True, "window", "observe", "protected"),
        (True, "invocation", "off", "protected"),
    ],
)
def test_levels(attached: bool, isolation: str, guard: str, level: str) -> None:
    assert judge(is_attached=attached, isolation=isolation, guard=guard).level == level


def test_the_reason_is_the_runtimes_own() -> None:
    found = judge(is_attached=True, isolation="process", guard="off", not_forkable="a thread of statsd")
    assert found.reason == "a thread of statsd"
