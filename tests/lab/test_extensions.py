"""External extensions start first, see every event, and are told before they are ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.lab.running import FUNCTIONS, Running, basic, both_confinements, run, running_lab, until

from dayfly.lab.model import ConfinementChoice


def _extension_lines(running: Running) -> list[str]:
    return [line.text.strip() for line in running.lines if line.text.startswith("extension")]


@both_confinements
def test_an_external_extension_sees_invocations_and_the_shutdown(confinement: ConfinementChoice) -> None:
    async def scenario() -> None:
        async with running_lab(confinement, config=basic(extensions=FUNCTIONS / "extension")) as running:
            result = await running.call(log_type="Tail")
            assert result.function_error is None
            await running.call()
        assert _extension_lines(running) == [
            "extension handler False",
            "extension INVOKE",
            "extension INVOKE",
            "extension SHUTDOWN spindown",
        ]

    run(scenario())


@pytest.mark.parametrize(
    ("event", "reason"),
    [({"do": "exit", "code": 1}, "failure"), ({"do": "sleep", "seconds": 30}, "timeout")],
)
def test_a_reset_tells_the_extension_why_and_starts_it_again(event: dict[str, object], reason: str) -> None:
    async def scenario() -> None:
        config = basic(extensions=FUNCTIONS / "extension", timeout_s=1.0)
        async with running_lab(config=config) as running:
            await running.call(event)
            await running.call()
            # The extension hears of the invocation beside the function, and perhaps after it.
            await until(lambda: _extension_lines(running)[-1] == "extension INVOKE")
            lines = _extension_lines(running)
            assert f"extension SHUTDOWN {reason}" in lines
            assert lines.count("extension handler False") == 2

    run(scenario())


def test_an_extension_that_does_not_register_fails_the_initialisation(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running_lab("none", config=basic(extensions=tmp_path, timeout_s=1.0)) as running:
            result = await running.call()
            assert result.function_error == "Unhandled"
            assert b"exit status 9" in result.payload

    (tmp_path / "broken").write_text("#!/bin/sh\nexit 9\n")
    (tmp_path / "broken").chmod(0o755)
    run(scenario())
