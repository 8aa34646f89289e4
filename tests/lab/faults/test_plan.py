"""A fault is counted exactly, and one that makes no sense is refused with its remedy."""

from __future__ import annotations

from typing import Any

import pytest

from dayfly.errors import SettingError
from dayfly.lab.faults.plan import Fault, Limits, route_of


@pytest.mark.parametrize(
    ("nth", "times", "due"),
    [
        (1, 1, [1]),
        (3, 1, [3]),
        (2, 3, [2, 3, 4]),
        (4, 0, [4, 5, 6]),  # 0: from then on
    ],
)
def test_a_fault_happens_at_its_moments_and_at_no_other(nth: int, times: int, due: list[int]) -> None:
    fault = Fault("response", "request", "reset", nth=nth, times=times)
    assert [count for count in range(1, 7) if fault.is_due(count)] == due


@pytest.mark.parametrize(
    "values",
    [
        {"route": "nowhere"},
        {"at": "never"},
        {"do": "explode"},
        {"process": "somebody"},
        {"do": "truncate", "at": "request"},
        {"do": "status", "at": "sent"},
        {"do": "skew", "at": "reply", "route": "response"},
        {"at": "continue", "route": "next"},
        {"do": "status", "status": 200},
        {"nth": 0},
        {"times": -1},
        {"seconds": 901.0},
        {"delay": 0.1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(values: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"route": "response", "at": "request", "do": "stall"}
    Fault(**usual)
    with pytest.raises(SettingError) as refusal:
        Fault(**(usual | values))
    assert refusal.value.hint


@pytest.mark.parametrize("values", [{"descriptors": 63}, {"processes": 0}, {"memory_mb": 1}, {"cpu": 0.0}])
def test_a_limit_under_which_nothing_starts_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        Limits(**values)


def test_every_route_of_a_runtime_and_its_extensions_has_a_name() -> None:
    requests = {
        "GET /2018-06-01/runtime/invocation/next": "next",
        "POST /2018-06-01/runtime/invocation/a-b/response": "response",
        "POST /2018-06-01/runtime/invocation/a-b/error": "error",
        "POST /2018-06-01/runtime/init/error": "init-error",
        "GET /2018-06-01/runtime/restore/next": "restore-next",
        "POST /2020-01-01/extension/register": "register",
        "GET /2020-01-01/extension/event/next": "event-next",
        "PUT /2022-07-01/telemetry": "subscribe",
        "POST /2018-06-01/runtime/invocation/a/b/response": None,
        "GET /2018-06-01/ping": None,
    }
    assert {line: route_of(*line.split(" ")) for line in requests} == requests
