"""Protections of other makers, installed and asked: those that work, refuse; those that do not, say why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.interpreters import UV, found_interpreters
from tests.lab.running import needs_bubblewrap, run, running_lab
from tests.rie import ROOT

from dayfly.lab.gauntlet.peers.aikido_zen import AikidoZen
from dayfly.lab.gauntlet.peers.bluerock import BlueRock
from dayfly.lab.gauntlet.peers.by_account import (
    AppDefender,
    Contrast,
    FunctionShield,
    Gemini,
    Sqreen,
    Wallarm,
)
from dayfly.lab.gauntlet.peers.datadog import DatadogAppSec, DatadogAppSecBlocking
from dayfly.lab.gauntlet.peers.frameworks import Flask
from dayfly.lab.gauntlet.peers.peer import Peer
from dayfly.lab.gauntlet.peers.pyrasp import PyRasp
from dayfly.lab.gauntlet.peers.shieldai_zen import ShieldAiZen
from dayfly.lab.gauntlet.protection import SHARED, Sign, UnavailableError
from dayfly.lab.model import FunctionConfig

pytestmark = [pytest.mark.slow, needs_bubblewrap]
CACHE = ROOT / ".cache" / "gauntlet"
_HANDLER = """
import os, subprocess
def handler(event, context):
    if "name" in event:
        done = subprocess.run("echo " + event["name"], shell=True, capture_output=True, text=True)
        return {"said": done.stdout}
    return {"mark": event["mark"], "id": context.aws_request_id}
"""
_INJECTION = {"name": "you; cat /etc/passwd"}
RUNNING = [
    (Flask, None),
    (BlueRock, None),
    (ShieldAiZen, None),
    (AikidoZen, "refused"),
    (DatadogAppSec, "found"),
    (DatadogAppSecBlocking, "refused"),
    (PyRasp, "refused"),
]
ABSENT = [
    (FunctionShield, "libssl"),
    (AppDefender, "not active: a child process ran"),
    (Contrast, r"Missing required config value: api\.\w+"),
    (Sqreen, "No module named"),
    (Wallarm, "not active: a path from the request was opened"),
    (Gemini, "not active: a path from the request was opened"),
]


@pytest.fixture(autouse=True)
def _with_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV", UV)


def installed(kind: type[Peer]) -> Peer:
    one = kind()
    one.install(CACHE / one.name)
    return one


@pytest.mark.parametrize(("kind", "expected"), RUNNING, ids=lambda one: getattr(one, "name", one))
def test_a_customer_is_served_and_an_injection_is_judged(
    kind: type[Peer], expected: str | None, tmp_path: Path
) -> None:
    if kind is PyRasp and "3.12" not in {found.version for found in found_interpreters()}:
        with pytest.raises(UnavailableError, match=r"3\.12"):
            installed(kind)
        return
    one = installed(kind)
    package = tmp_path / "function"
    package.mkdir()
    (package / "app.py").write_text(_HANDLER)
    tmp_path.chmod(0o755)
    function = FunctionConfig(name="f", folder=package, handler="app.handler", timeout_s=30.0, memory_mb=512)
    signs: list[Sign] = []

    async def serve() -> None:
        async with running_lab("bubblewrap", config=one.prepare(function, SHARED, package)) as running:
            for mark in (1, 2):
                result = await running.call({"mark": mark})
                assert json.loads(result.payload) == {"mark": mark, "id": result.request_id}, running.lines
                assert one.read_answer(result) is None
            assert [sign for line in running.lines if (sign := one.read_line(line))] == []
            judged = await running.call(_INJECTION)
            signs.extend(sign for line in running.lines if (sign := one.read_line(line)))
            if (sign := one.read_answer(judged)) is not None:
                signs.append(sign)
            assert (b"root:" in judged.payload) == (expected != "refused")

    run(serve())
    assert {sign.kind for sign in signs} == ({expected} if expected else set())


@pytest.mark.parametrize(("kind", "reason"), ABSENT, ids=lambda one: getattr(one, "name", ""))
def test_what_does_not_protect_here_says_why(kind: type[Peer], reason: str) -> None:
    with pytest.raises(UnavailableError, match=reason):
        installed(kind)
