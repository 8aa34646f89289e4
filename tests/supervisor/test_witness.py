"""What is told of an invocation: each thing as often as it is news, and no more of a worker's words than names."""

from __future__ import annotations

from typing import cast

import pytest
from tests.supervisor.test_report import RecordingOutput

from dayfly.core.settings import load_settings
from dayfly.supervisor.report import Reporter
from dayfly.supervisor.sweep import Swept
from dayfly.supervisor.witness import Witness


@pytest.fixture
def output() -> RecordingOutput:
    return RecordingOutput()


@pytest.fixture
def witness(output: RecordingOutput) -> Witness:
    return Witness(Reporter(output, {}), load_settings({}, {}))


def messages(output: RecordingOutput) -> list[str]:
    return [str(line["message"]) for line, _ in output.lines]


def test_a_note_is_told_once_and_its_names_are_made_harmless(
    output: RecordingOutput, witness: Witness
) -> None:
    note = b'Wthread of <module> (app.py:7)\nWevil\x1b[2J{"a":1}\nDspans\nXunknown'
    witness.tell_note(note)
    witness.tell_note(note)
    witness.tell_note(b"")
    discarded, undelivered = messages(output)
    assert discarded.endswith("thread of <module> (app.py:7), evil??2J??a?:1?")
    assert undelivered.endswith("not sent within 0.5 s: spans")


def test_notes_do_not_flood_the_log(output: RecordingOutput, witness: Witness) -> None:
    for number in range(1000):
        witness.tell_note(b"\n".join(b"W%d-%d" % (number, name) + b"x" * 300 for name in range(100)))
    assert len(output.lines) == 16
    evidence = cast("dict[str, dict[str, list[str]]]", output.lines[0][0]["unmapped"])["evidence"]
    assert len(evidence["work"]) == 8
    assert all(len(name) == 100 for name in evidence["work"])


def test_what_a_sweep_ended_is_told_each_time_and_zombies_once(
    output: RecordingOutput, witness: Witness
) -> None:
    swept = Swept()
    witness.tell_swept(swept)
    assert output.lines == []
    swept.killed, swept.zombies = 2, 300
    witness.tell_swept(swept)
    witness.tell_swept(swept)
    assert len([line for line in messages(output) if "2 processes outlived" in line]) == 2
    assert len([line for line in messages(output) if "300 dead processes" in line]) == 1
