"""Buttons act once, say why they do not, and everything is in the audit log."""

from __future__ import annotations

import httpx
import pytest
from tests.fleet.service.running import Person


def _triage(person: Person, **fields: str) -> httpx.Response:
    return person.submit("/", "/actions/triage", **{"back": "/", **fields})


def test_a_viewer_cannot_act(viewer: Person) -> None:
    assert _triage(viewer, subject="u", action="acknowledge").status_code == 403


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "", "action": "acknowledge"},
        {"subject": "a\nb", "action": "acknowledge"},
        {"subject": "u", "action": "delete"},
        {"subject": "u", "action": "mute", "for": "1d"},  # without a reason
        {"subject": "u", "action": "mute", "for": "1000d", "reason": "because"},
        {"subject": "u", "action": "mute", "reason": "because"},
    ],
)
def test_what_makes_no_sense_is_refused(responder: Person, fields: dict[str, str]) -> None:
    assert _triage(responder, **fields).status_code == 400


def test_back_leads_nowhere_else(responder: Person) -> None:
    answer = _triage(responder, subject="u-back", action="acknowledge", back="//evil.example")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_without_credentials_a_retirement_says_what_to_do(responder: Person) -> None:
    answer = responder.submit("/", "/actions/retire", function="checkout", environments="", reason="infected")
    assert answer.status_code == 400
    assert "dayfly recycle checkout" in answer.text
    assert responder.get("/actions/retire/unknown").status_code == 400
    assert responder.get("/actions/retire").status_code == 200
