"""SARIF is what its schema and code scanning ask for: paths, flows, tags, fingerprints, limits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.scan.report.making import FINDINGS, NOTES, make_outcome, place

from dayfly.scan.checks import CHECKS
from dayfly.scan.model import Finding, Note, NoteKind, Place, Severity, Step
from dayfly.scan.report.outcome import Outcome, Standing
from dayfly.scan.report.sarif import MAX_LOCATIONS, MAX_RESULTS, as_sarif

_SCHEMA = json.loads((Path(__file__).with_name("data") / "sarif-2.1.0-rtm.5.json").read_text())


def run_of(outcome: Outcome) -> dict[str, Any]:
    document = json.loads(json.dumps(as_sarif(outcome)))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def result_of(check: str) -> dict[str, Any]:
    found = [one for one in run_of(make_outcome())["results"] if one["ruleId"] == check]
    assert len(found) == 1
    return dict(found[0])


@pytest.mark.parametrize(
    "outcome",
    [
        make_outcome(),
        make_outcome([], []),
        make_outcome([], NOTES),
        make_outcome(standing=Standing.KNOWN),
        make_outcome([Finding("no.such", "of no check", Place("a.py"), Severity.HIGH)], []),
    ],
)
def test_the_document_is_valid_by_the_standards_schema(outcome: Outcome) -> None:
    validator = jsonschema.validators.validator_for(_SCHEMA)
    errors = validator(_SCHEMA, format_checker=validator.FORMAT_CHECKER).iter_errors(
        json.loads(json.dumps(as_sarif(outcome)))
    )
    assert [f"{list(error.path)}: {error.message}" for error in errors] == []


def test_the_way_is_a_flow_whose_last_location_is_the_sink() -> None:
    result = result_of("event.sql")
    ((flow,),) = [one["threadFlows"] for one in result["codeFlows"]]
    places = [one["location"]["physicalLocation"] for one in flow["locations"]]
    assert [(one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in places] == [
        ("src/app.py", 7),
        ("src/app.py", 7),
        ("src/pdf.py", 3),
        ("src/pdf.py", 5),
    ]
    assert flow["locations"][0]["location"]["message"]["text"] == 'event["title"]'
    assert places[-1] == result["locations"][0]["physicalLocation"]


def test_columns_count_code_points_and_the_run_says_so() -> None:
    run = run_of(make_outcome())
    assert run["columnKind"] == "unicodeCodePoints"
    region = result_of("event.sql")["codeFlows"][0]["threadFlows"][0]["locations"][0]["location"][
        "physicalLocation"
    ]["region"]
    line = region["snippet"]["text"]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == 'event["title"]'


def test_paths_are_relative_to_the_root_and_percent_encoded() -> None:
    run = run_of(make_outcome())
    assert run["originalUriBaseIds"] == {"%SRCROOT%": {"uri": "file:///work/a%20project/"}}
    location = result_of("event.code")["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "a%20folder/%C3%BC%20%3Cb%3E.py"
    assert location["uriBaseId"] == "%SRCROOT%"
    assert run["artifacts"][location["index"]]["location"]["uri"] == location["uri"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a:b/c.py", "a%3Ab/c.py"),
        ("50%.py", "50%25.py"),
        ("what?#.py", "what%3F%23.py"),
        ("layer.zip!/python/app.py", "layer.zip!/python/app.py"),
        ("\udcff.py", "%FF.py"),
    ],
)
def test_odd_names_stay_relative_references(path: str, uri: str) -> None:
    run = run_of(make_outcome([Finding("event.code", "m", Place(path, 1), Severity.HIGH)], []))
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_what_lies_outside_the_root_is_absolute() -> None:
    run = run_of(make_outcome([Finding("event.code", "m", Place("/opt/x y.py", 1), Severity.HIGH)], []))
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "file:///opt/x%20y.py"
    assert "uriBaseId" not in location


def test_rules_carry_the_tags_and_the_score_of_code_scanning() -> None:
    rules = {one["id"]: one for one in run_of(make_outcome())["tool"]["driver"]["rules"]}
    tags = rules["event.command"]["properties"]["tags"]
    assert [tag for tag in tags if tag.startswith("external/cwe/")] == [
        "external/cwe/cwe-078",
        "external/cwe/cwe-077",
    ]
    assert "security" in rules["event.command"]["properties"]["tags"]
    assert float(rules["event.command"]["properties"]["security-severity"]) > 9.0
    assert rules["event.command"]["help"]["text"]
    assert "```python" in rules["event.command"]["help"]["markdown"]


def test_every_check_makes_a_valid_rule() -> None:
    findings = [Finding(one.id, "m", Place("a.py", 1, 1), one.severity) for one in CHECKS.values()]
    document = json.loads(json.dumps(as_sarif(make_outcome(findings, []))))
    jsonschema.validate(document, _SCHEMA)
    assert len(document["runs"][0]["tool"]["driver"]["rules"]) == len(CHECKS) > 20


def test_results_carry_their_rules_index_and_a_fingerprint_of_their_own() -> None:
    run = run_of(make_outcome())
    rules = [one["id"] for one in run["tool"]["driver"]["rules"]]
    marks = [one["partialFingerprints"]["dayflyFinding/v1"] for one in run["results"]]
    assert len(set(marks)) == len(marks) == len(FINDINGS) + 1
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in run["results"])


def test_a_suppressed_finding_says_why_and_a_known_one_is_left_out() -> None:
    suppressed = result_of("weak.hash")
    assert suppressed["suppressions"] == [
        {
            "kind": "inSource",
            "status": "accepted",
            "justification": "a checksum of a cache key (until 2027-01-31)",
        }
    ]
    assert run_of(make_outcome(FINDINGS[:2], [], standing=Standing.KNOWN))["results"] == []
    assert run_of(make_outcome(FINDINGS[:2], [], standing=Standing.ELSEWHERE))["results"] == []


def test_what_could_not_be_checked_is_a_notification_with_its_place() -> None:
    run = run_of(make_outcome())
    (invocation,) = run["invocations"]
    said = {one["message"]["text"]: one for one in invocation["toolExecutionNotifications"]}
    assert len(said) == len(NOTES)
    (broken,) = [one for text, one in said.items() if "invalid syntax" in text]
    assert broken["level"] == "warning"
    assert broken["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}


def test_a_fault_of_the_scanners_own_is_no_success() -> None:
    assert run_of(make_outcome())["invocations"][0]["executionSuccessful"]
    assert not run_of(replace(make_outcome(), faults=1))["invocations"][0]["executionSuccessful"]


def test_a_part_that_was_not_read_is_no_success_and_an_error() -> None:
    unread = make_outcome().notes[:1]
    invocation = run_of(replace(make_outcome(), unread=unread))["invocations"][0]
    assert not invocation["executionSuccessful"]
    assert [one["level"] for one in invocation["toolExecutionNotifications"]].count("error") == 1


def test_the_worst_are_kept_where_code_scanning_takes_no_more() -> None:
    low = [
        Finding("event.log", str(number), Place("a.py", number + 1), Severity.LOW)
        for number in range(MAX_RESULTS)
    ]
    worst = Finding("event.code", "m", Place("z.py", 1), Severity.CRITICAL)
    run = run_of(make_outcome([*low, worst], []))
    assert len(run["results"]) == MAX_RESULTS
    assert run["results"][0]["ruleId"] == "event.code"
    assert "1 more findings" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_a_long_way_keeps_its_ends() -> None:
    steps = tuple(Step(Place("a.py", number), f"step {number}") for number in range(1, 2 * MAX_LOCATIONS))
    finding = Finding("event.code", "m", Place("a.py", 1), Severity.HIGH, steps=steps)
    (flow,) = run_of(make_outcome([finding], []))["results"][0]["codeFlows"][0]["threadFlows"]
    assert len(flow["locations"]) == MAX_LOCATIONS
    assert flow["locations"][0]["location"]["message"]["text"] == "step 1"
    assert flow["locations"][-1]["location"]["message"]["text"] == f"step {2 * MAX_LOCATIONS - 1}"


def test_a_note_of_a_suppression_does_not_warn() -> None:
    note = Note(NoteKind.SUPPRESSION, "expired", place("a.py", 3))
    (said,) = run_of(make_outcome([], [note]))["invocations"][0]["toolExecutionNotifications"]
    assert said["level"] == "note"
