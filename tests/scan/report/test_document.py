"""The JSON document holds everything, under keys that stay."""

from __future__ import annotations

import json
from typing import Any

from tests.scan.report.making import FINDINGS, NOTES, make_outcome

from dayfly.scan.report.document import as_json


def document() -> dict[str, Any]:
    made = json.loads(json.dumps(as_json(make_outcome())))
    assert isinstance(made, dict)
    return made


def test_the_keys_are_these() -> None:
    made = document()
    assert sorted(made) == [
        "counts", "files", "findings", "functions", "lines", "notes", "scanned", "schema", "seconds", "settings", "tool",
        "unread",
    ]  # fmt: skip
    assert sorted(made["findings"][0]) == [
        "check", "confidence", "cwe", "evidence", "fingerprint", "fix", "function", "harm", "message", "place",
        "severity", "source", "standing", "steps", "technique", "title",
    ]  # fmt: skip
    assert sorted(made["notes"][0]) == ["hint", "kind", "message", "place"]
    assert sorted(made["findings"][0]["place"]) == ["column", "end_column", "end_line", "line", "path"]


def test_findings_that_do_not_count_are_there_and_say_why() -> None:
    made = document()
    assert made["counts"] == {"critical": 2, "high": 1, "medium": 1, "low": 1, "informational": 1}
    assert len(made["findings"]) == len(FINDINGS) + 1
    (suppressed,) = [one for one in made["findings"] if one["standing"] == "suppressed"]
    assert suppressed["suppression"] == {"reason": "a checksum of a cache key", "until": "2027-01-31"}


def test_steps_come_with_their_source() -> None:
    (found,) = [one for one in document()["findings"] if one["check"] == "event.command"]
    assert [one["source"].strip() for one in found["steps"]] == [
        'name = event["queryStringParameters"]["name"]',
        'os.system("convert " + name)  # a tab before',
    ]


def test_every_note_is_there() -> None:
    assert [one["message"] for one in document()["notes"]] == [note.message for note in NOTES]
