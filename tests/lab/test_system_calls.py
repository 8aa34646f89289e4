"""What Lambda refuses is refused in a lab that was asked to, in its runtime's processes and their children."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.test_lambda_refusals import AS_ON_LAMBDA, CALLS, needs_known_machine

from dayfly.lab.confinement import Confinement
from dayfly.lab.lab import Lab
from dayfly.lab.model import FunctionConfig

pytestmark = [
    needs_known_machine,
    pytest.mark.skipif(
        not Confinement("auto", freezing="").is_confined, reason="no bubblewrap on this machine"
    ),
]
CODE = f"""
CALLS = {CALLS!r}
def handler(event, context):
    names = {{}}
    exec(CALLS, names)
    return names["answers"]()
"""


@pytest.mark.parametrize("refuses_calls", [True, False])
def test_calls_that_lambda_refuses(refuses_calls: bool, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CODE)

    async def ask() -> bytes:
        async with Lab(refuses_calls=refuses_calls) as lab:
            await lab.add_function(FunctionConfig(name="f", folder=tmp_path, handler="app.handler"))
            result = await lab.invoke("f", b"{}")
            assert result.function_error is None, result.payload
            assert ("refused" in str(lab.confinement.active)) is refuses_calls
            return result.payload

    answers = json.loads(asyncio.run(ask()))
    assert (answers == AS_ON_LAMBDA) is refuses_calls
