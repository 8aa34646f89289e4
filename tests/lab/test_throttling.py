"""Rates are Lambda's, a second's worth may come at once, and what is too much is refused with its reason."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.lab.control.served import client_for
from tests.lab.running import basic, run

from dayfly.lab.lab import Lab
from dayfly.lab.model import InvokeRefusedError
from dayfly.lab.server import LabServer
from dayfly.lab.throttling import Bucket, CallerRates


class FakeClock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


def test_a_bucket_fills_again_at_its_rate() -> None:
    clock = FakeClock()
    bucket = Bucket(clock)
    assert [bucket.take(3) for _ in range(5)] == [True, True, True, False, False]
    clock.advance(0.5)
    assert [bucket.take(3) for _ in range(2)] == [True, False]
    clock.advance(100)
    assert [bucket.take(3) for _ in range(4)] == [True, True, True, False]
    assert not Bucket(clock).take(0)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/2015-03-31/functions/f", 100),
        ("GET", "/2015-03-31/functions/f/policy", 15),
        ("GET", "/2015-03-31/functions/f/configuration", 15),
        ("PUT", "/2015-03-31/functions/f", 15),
        ("POST", "/2015-03-31/functions/f/invocations", 200),
        ("POST", "/2021-11-15/functions/f/response-streaming-invocations", 200),
        ("POST", "/", 200),  # CloudWatch Logs is another service
    ],
)
def test_each_kind_of_call_has_its_rate(method: str, path: str, allowed: int) -> None:
    rates = CallerRates(FakeClock())
    for _ in range(allowed):
        rates.check(method, path)
    if allowed == 200:
        return
    with pytest.raises(InvokeRefusedError) as refusal:
        rates.check(method, path)
    assert (refusal.value.status_code, refusal.value.reason) == (429, "CallerRateLimitExceeded")


def test_a_lab_that_keeps_rates_refuses_with_every_reason_and_another_does_not() -> None:
    async def scenario() -> None:
        async with Lab(confinement="none", keeps_rates=True) as lab, LabServer(lab, port=0) as server:
            await lab.add_function(basic(reserved_concurrency=1))
            await lab.add_function(basic(name="unreserved"))
            client = client_for(server.url)

            async def reasons(name: str, calls: int) -> set[str]:
                found: set[str] = set()
                for _ in range(calls):
                    try:
                        await lab.invoke(name, b"{}")
                    except InvokeRefusedError as refusal:
                        found.add(refusal.reason or "")
                return found

            await lab.invoke("f", json.dumps({"do": "version"}).encode())
            async with asyncio.timeout(60):
                # A machine that needs a tenth of a second for each would never get there.
                while "ReservedFunctionInvocationRateLimitExceeded" not in await reasons("f", 20):
                    pass
            assert await reasons("unreserved", 1) == set()

            def talk() -> None:
                found: Any = None
                for _ in range(200):
                    try:
                        client.get_account_settings()
                    except client.exceptions.TooManyRequestsException as refusal:
                        found = refusal.response
                        break
                assert found["Reason"] == "CallerRateLimitExceeded"
                assert client.invoke(FunctionName="unreserved", InvocationType="DryRun")["StatusCode"] == 204

            await asyncio.to_thread(talk)

    run(scenario())
