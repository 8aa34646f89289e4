"""How a function is handed to another maker's protection, and what its answers and lines say."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from dayfly.lab.gauntlet.peers import peer
from dayfly.lab.gauntlet.peers.aikido_zen import AikidoZen
from dayfly.lab.gauntlet.peers.by_account import Contrast
from dayfly.lab.gauntlet.peers.datadog import DatadogAppSec
from dayfly.lab.gauntlet.peers.frameworks import Flask
from dayfly.lab.gauntlet.peers.peer import Peer, ProbedPeer
from dayfly.lab.gauntlet.protection import SHARED, Sign, UnavailableError
from dayfly.lab.model import FunctionConfig, InvokeResult, LogLine

PROGRAMS = Path(peer.__file__).parent / "functions"
PEERS = [
    kind
    for entry in importlib.metadata.entry_points(group="dayfly.protections")
    if issubclass(kind := entry.load(), Peer)
]


def answered(payload: bytes, error: str | None = None) -> InvokeResult:
    return InvokeResult(200, payload, error, None, "$LATEST", "id", "environment", False, 1.0)


def printed(text: str, source: Literal["platform", "output"] = "output") -> LogLine:
    return LogLine(0.0, "f", "environment", None, source, text)


def test_there_are_peers() -> None:
    assert len(PEERS) > 5


@pytest.mark.parametrize("kind", PEERS, ids=lambda kind: kind.name)
def test_a_peer_names_what_it_is_made_of(kind: type[Peer]) -> None:
    one = kind()
    assert all(f"{package} " in one.version() for package in kind.packages)
    assert [name for name in kind.programs if not (PROGRAMS / f"{name}.py").is_file()] == []
    if issubclass(kind, ProbedPeer):
        assert (PROGRAMS / f"{kind.question}.py").is_file()


def test_what_was_not_installed_is_put_on_nothing(tmp_path: Path) -> None:
    function = FunctionConfig(name="f", folder=tmp_path, handler="app.handler")
    with pytest.raises(UnavailableError):
        Flask().prepare(function, SHARED, tmp_path)


def test_the_settings_of_whoever_runs_it_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRAST__API__URL", "https://example.com")
    monkeypatch.setenv("CONTRASTING", "1")
    assert Contrast().given() == {"CONTRAST__API__URL": "https://example.com"}


@pytest.mark.parametrize(
    ("payload", "error", "sign"),
    [
        (b'{"httpStatus": 403, "body": "Blocked"}', None, Sign("refused", "403")),
        (b'{"httpStatus": 403, "body": "Blocked"}', "Unhandled", None),
        (b'{"statusCode": 403, "body": "Blocked"}', None, None),
        (b'{"httpStatus": 403, "body": "", "mark": 1}', None, None),
        (b'{"paid_by": "1"}', None, None),
        (b"[1]", None, None),
        (b"no JSON", None, None),
    ],
)
def test_a_response_that_is_not_the_functions_is_a_refusal(
    payload: bytes, error: str | None, sign: Sign | None
) -> None:
    assert Flask().read_answer(answered(payload, error)) == sign


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        (
            printed("aikido_zen.errors.AikidoShellInjection: Zen has blocked a shell injection"),
            "a shell injection",
        ),
        (printed("Zen has blocked a shell injection", "platform"), None),
        (printed("order of 4111"), None),
    ],
)
def test_zen_says_what_it_blocked(line: LogLine, sign: str | None) -> None:
    assert AikidoZen().read_line(line) == (sign and Sign("refused", sign))


def span(**meta: str) -> str:
    return json.dumps({"traces": [[{"name": "aws.lambda", "meta": {"cold_start": "true", **meta}}]]})


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (span(**{"appsec.event": "true", "appsec.blocked": "true"}), "refused"),
        (span(**{"appsec.event": "true"}), "found"),
        (span(), None),
        ('{"traces": 3, "appsec.event": 1}', None),
        ('{"traces": [[[]]], "appsec.event": 1}', None),
        ('"appsec.event"', None),
        ('{"traces": "appsec.event"', None),
    ],
)
def test_datadogs_spans_say_what_it_saw(text: str, kind: Literal["refused", "found"] | None) -> None:
    assert DatadogAppSec().read_line(printed(text)) == (kind and Sign(kind, "appsec.event"))


GATEWAY = """
import json, os, sys, types
sys.path.insert(0, {programs!r})
app = types.ModuleType("app")
def protected(request, context):
    event = json.loads(request["body"])
    seen.append(request["requestContext"]["http"]["sourceIp"])
    return {{"statusCode": event["status"], "body": json.dumps(event) if event["status"] == 200 else "no"}}
seen = []
app.protected = protected
sys.modules["app"] = app
os.environ["PEER_ENTRY"] = "app.protected"
import peer_gateway
context = types.SimpleNamespace(aws_request_id="1")
answers = [peer_gateway.handler({{"status": status}}, context) for status in (200, 403)]
try:
    peer_gateway.handler({{"status": 500}}, context)
except RuntimeError as error:
    answers.append(str(error))
print(json.dumps([answers, len(set(seen))]))
"""


def test_the_gateway_hands_on_answers_and_refusals_and_fails_for_errors() -> None:
    run = subprocess.run(
        [sys.executable, "-c", GATEWAY.format(programs=str(PROGRAMS))],
        capture_output=True,
        text=True,
        check=True,
    )
    answers, clients = json.loads(run.stdout)
    assert answers == [
        {"status": 200},
        {"httpStatus": 403, "body": "no"},
        "the application answered 500",
    ]
    assert clients == 3
