"""A policy that is delivered beside the code is active, and the first line says which, or that it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.runtimes import RuntimeProcess

from dayfly.core.policylayer import digest_of, render

_POLICY = render({"read": {"allow": ["/opt/nothing"]}})
_PACKAGE = '[policy.read]\nallow = ["*"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(
        "def handler(event, context):\n    return len(open('/bin/sh', 'rb').read(2))\n"
    )
    (tmp_path / "dayfly.toml").write_text(_PACKAGE)
    (tmp_path / "policy.json").write_bytes(_POLICY)
    return tmp_path


def _start(folder: Path, **settings: str) -> RuntimeProcess:
    environment = {"DAYFLY_GUARD": "block", "DAYFLY_POLICY": str(folder / "policy.json"), **settings}
    return RuntimeProcess(folder, "app.handler", runtime="dayfly", environment=environment)


def test_it_refuses_what_the_packages_own_would_allow(folder: Path) -> None:
    digest = digest_of(_POLICY)
    with _start(folder, DAYFLY_POLICY_DIGEST=digest) as runtime:
        answer = runtime.invoke({})
        said = runtime.output()
    assert isinstance(answer.payload, dict)
    assert answer.payload["errorType"] == "Dayfly.Refused"
    assert f'"policy":"layer","policy_digest":"{digest}","policy_mode":"block"' in said


def test_another_one_than_was_promoted_is_a_finding_and_the_packages_holds(folder: Path) -> None:
    (folder / "policy.json").write_bytes(render({}))
    with _start(folder, DAYFLY_POLICY_DIGEST=digest_of(_POLICY)) as runtime:
        assert runtime.invoke({}).payload == 2
        said = runtime.output()
    assert '"policy":"package"' in said
    assert "the layer's policy is not active" in said
    assert '"protection":"policy"' in said
    with _start(folder, DAYFLY_POLICY_DIGEST=digest_of(_POLICY), DAYFLY_GUARD_ON_FAULT="closed") as runtime:
        assert b"not the promoted policy" in runtime.api.wait_init_error().body
        assert runtime.wait_exit() == 2
