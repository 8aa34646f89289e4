"""Watching after a promotion: what is active is told by first lines, and a fleet that is away is told, not taken for quiet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from dayfly.attach.aws.facts import FunctionFacts
from dayfly.attach.rollout.watching import Refusal, judge
from dayfly.cli.output import Output
from dayfly.cli.promote_view import PromoteView
from dayfly.cli.promote_watch import Watched, Watcher
from dayfly.fleet.service.client import Client

_QUIET: dict[str, Any] = {"stretches": [], "refused": []}
_BLOCKS: dict[str, Any] = {"stretches": [{"guard": "block", "digest": "d", "environments": 2}], "refused": []}


class _Service(HTTPServer):
    """A fleet whose answers are written down; after the last one it answers 503."""

    answers: list[object]


class _Handler(BaseHTTPRequestHandler):
    server: _Service

    def do_GET(self) -> None:
        answer = self.server.answers.pop(0) if self.server.answers else None
        body = json.dumps(answer if answer is not None else {"error": "the store is away"}).encode()
        self.send_response(200 if answer is not None else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def service() -> Iterator[_Service]:
    with _Service(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _watch(service: _Service, *answers: object, only_active: bool = False) -> Watched:
    service.answers = list(answers)
    now = [100.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    view = PromoteView(Output(is_json=True))
    facts = FunctionFacts("payments", "arn", "r", "a")
    with Client(f"http://127.0.0.1:{service.server_port}", "token") as client:
        watcher = Watcher(view, client, facts, clock=lambda: now[0], sleep=sleep)
        return watcher.watch(99.0, 10.0, guard="block", digest="d", only_active=only_active)


def _told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [json.loads(line)["type"] for line in capsys.readouterr().out.splitlines()]


def test_silence_proves_nothing(service: _Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert not _watch(service, _QUIET, _QUIET, _QUIET).is_active
    assert _told(capsys) == ["not-proved"]


def test_a_new_environments_first_line_proves_it(
    service: _Service, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _watch(service, _QUIET, _BLOCKS, only_active=True).is_active
    assert _told(capsys) == ["in-force"]


def test_another_guard_or_policy_is_not_what_was_set(
    service: _Service, capsys: pytest.CaptureFixture[str]
) -> None:
    others = {
        "stretches": [{"guard": "block", "digest": "e"}, {"guard": "observe", "digest": "d"}],
        "refused": [],
    }
    assert not _watch(service, others, others, others).is_active
    assert _told(capsys) == ["in-force", "in-force", "not-proved"]


def test_a_fleet_that_comes_back_is_asked_on(service: _Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert _watch(service, _QUIET, None, _BLOCKS).is_active
    assert _told(capsys) == ["blind", "in-force", "quiet"]


def test_a_fleet_that_stays_away_is_not_quiet(service: _Service, capsys: pytest.CaptureFixture[str]) -> None:
    assert not _watch(service, _BLOCKS).is_active
    assert _told(capsys) == ["in-force", "blind", "not-watched"]


def _refusal(**more: Any) -> Refusal:
    values: dict[str, Any] = {
        "rule": "capability.network", "place": "app.py:3", "target": "tax.example:443", "packages": "requests", "requests": 5,
        "environments": 3, "callers": 4, "attacks": 0, "honest": 5,
    }  # fmt: skip
    return Refusal(**{**values, **more})


@pytest.mark.parametrize(
    ("more", "is_honest"),
    [
        ({}, True),
        ({"rule": "sql.structure"}, False),  # an attack has the form of an honest request
        ({"honest": 2}, False),
        ({"environments": 1}, False),
        ({"callers": 1}, False),
        ({"honest": 3, "attacks": 3}, False),
    ],
)
def test_only_what_several_honest_looking_callers_lost_rolls_back(
    more: dict[str, Any], is_honest: bool
) -> None:
    one = _refusal(**more)
    verdict = judge([one])
    assert verdict.suggests_rollback is is_honest
    assert (one in verdict.honest, one in verdict.others) == (is_honest, not is_honest)
