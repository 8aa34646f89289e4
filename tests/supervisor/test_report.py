"""Who writes findings, with which number, and that a fault says nothing of an event."""

from __future__ import annotations

import json

from dayfly.core import findings
from dayfly.supervisor.output import Output
from dayfly.supervisor.report import Reporter, describe_fault

ENVIRON = {"AWS_LAMBDA_FUNCTION_NAME": "payments", "AWS_LAMBDA_FUNCTION_VERSION": "7"}


class RecordingOutput(Output):
    """Keeps the lines that would be written."""

    def __init__(self) -> None:
        super().__init__(telemetry=-1)
        self.lines: list[tuple[dict[str, object], bool]] = []

    def emit(self, line: bytes, *, warning: bool = True) -> None:
        self.lines.append((json.loads(line), warning))


def test_a_finding_names_environment_function_and_the_invocation_in_progress() -> None:
    output = RecordingOutput()
    reporter = Reporter(output, ENVIRON)
    reporter.start("begun", {"a": 1})
    reporter.number, reporter.request_id = 3, "r-3"
    reporter.find(findings.FILE_LEFT, "two files", {"files": 2})
    reporter.invocation(worker=9, outcome="success")
    (first, first_warns), (second, second_warns), (third, third_warns) = output.lines
    assert (first_warns, second_warns, third_warns) == (False, True, False)
    before, after = first["unmapped"], second["unmapped"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert before["environment"] == after["environment"] == third["environment"]
    assert "invocation" not in before
    assert (after["invocation"], after["request_id"], after["evidence"]) == (3, "r-3", {"files": 2})
    assert (third["invocation"], third["worker"], third["outcome"]) == (3, 9, "success")
    assert second["resources"] == [{"type": "AWS::Lambda::Function", "name": "payments", "version": "7"}]


def test_two_environments_have_different_names() -> None:
    names = set()
    for _ in range(2):
        output = RecordingOutput()
        Reporter(output, {}).start("begun", {})
        unmapped = output.lines[0][0]["unmapped"]
        assert isinstance(unmapped, dict)
        names.add(unmapped["environment"])
    assert len(names) == 2


def raise_with(card: str) -> None:
    raise ValueError(card)


def test_a_fault_is_described_by_type_and_place_and_never_by_its_message() -> None:
    try:
        raise_with("4000 1234")
    except ValueError as fault:
        described = describe_fault(fault)
    # Where it was raised, not where it was caught.
    assert described == f"ValueError at test_report.py:{raise_with.__code__.co_firstlineno + 1}"
    assert describe_fault(KeyError("4000")) == "KeyError"


def test_a_finding_is_remembered_as_what_may_end_a_window() -> None:
    reporter = Reporter(RecordingOutput(), ENVIRON)
    reporter.start("begun", {})
    assert reporter.triggers == set()
    reporter.find(findings.ZYGOTE_LOST, "lost")
    assert reporter.triggers == {"suspicion"}
    reporter.find(findings.FILE_LEFT, "left")
    assert reporter.triggers == {"suspicion", "residue"}
