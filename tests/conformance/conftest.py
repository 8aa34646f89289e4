"""Fixtures that start pairs of runtimes once per module and test worker."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest
from tests.rie import Runtime
from tests.runtimes import Pair, RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"


class StartPair(Protocol):
    """Start, or find running, the pair for a handler of tests/conformance/functions."""

    def __call__(
        self, handler: str, *, environment: Mapping[str, str] | None = None, telemetry: bool = False
    ) -> Pair: ...


@pytest.fixture(scope="module", params=["invocation", "window"])
def start_pair(request: pytest.FixtureRequest) -> Iterator[StartPair]:
    """Pairs that live as long as the module's tests; plain runtimes that have died are started again.

    Under both isolations that fork: nothing a caller sees may depend on which worker serves him.
    """
    isolation = {"DAYFLY_ISOLATION": request.param}
    running: dict[tuple[object, ...], Pair] = {}
    with contextlib.ExitStack() as stack:

        def start_one(
            runtime: Runtime, handler: str, *, environment: Mapping[str, str] | None, telemetry: bool
        ) -> RuntimeProcess:
            side = stack.enter_context(
                RuntimeProcess(
                    FUNCTIONS, handler, runtime=runtime, environment=environment, telemetry=telemetry
                )
            )
            side.api.wait_until_ready()
            # What init printed is not part of the first invocation.
            side.new_output()
            side.new_frames()
            return side

        def start(
            handler: str, *, environment: Mapping[str, str] | None = None, telemetry: bool = False
        ) -> Pair:
            environment = {**isolation, **(environment or {})}
            key = (handler, tuple(sorted(environment.items())), telemetry)
            found = running.get(key)
            if found is None or found.plain.process.poll() is not None:
                plain = start_one("plain", handler, environment=environment, telemetry=telemetry)
                dayfly = found.dayfly if found else None
                if dayfly is None:
                    dayfly = start_one("dayfly", handler, environment=environment, telemetry=telemetry)
                running[key] = found = Pair(plain, dayfly)
            return found

        yield start
