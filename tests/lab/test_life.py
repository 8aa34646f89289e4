"""A life ends as Lambda ends it: at once without extensions, after a SIGTERM with one."""

from __future__ import annotations

import sys

import pytest
from tests.lab.running import basic, run, running_lab


@pytest.mark.skipif(sys.version_info < (3, 12), reason="older runtimes block signals while they poll")
def test_an_extension_inside_the_runtime_buys_a_sigterm() -> None:
    async def scenario() -> None:
        async with running_lab(config=basic(handler="internal.handler")) as running:
            assert (await running.call()).payload == b'"served"'
        assert "told to leave" in [line.text for line in running.lines]

    run(scenario())


def test_without_extensions_the_runtime_is_killed_at_once() -> None:
    async def scenario() -> None:
        async with running_lab() as running:
            await running.ask("listen")
            await running.lab.recycle("f")
            assert (await running.ask("facts"))["served"] == 1
        assert "told to leave" not in [line.text for line in running.lines]

    run(scenario())


def test_a_life_that_ends_is_noticed_long_before_the_time_out() -> None:
    async def scenario() -> None:
        async with running_lab(config=basic(timeout_s=900.0)) as running:
            await running.call()
            result = await running.call({"do": "signal", "name": "SIGKILL"})
            assert b"signal: killed" in result.payload

    run(scenario())
