"""Files that people bring back are read, or refused with words that help, whatever is in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.doctor.answers_for_tests import api_lock, document, held_error, survey

from dayfly.doctor.answers import MAX_BYTES, Answer, AnswerError, InvokeRecord, load, parse
from dayfly.doctor.handler import SCHEMA


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"{}", "not an answer"),
        (b" " * (MAX_BYTES + 1), "too large"),
        (b'{"schema": "dayfly-doctor/99"}', "this version reads dayfly-doctor/1"),
        (b'{"schema": 1}', "not an answer"),
        (b'{"errorMessage": "Task timed out after 3.00 seconds"}', "an error of the function"),
        (b'{"errorMessage": 7}', "an error of the function"),
        (b'{"errorMessage": "[1]"}', "an error of the function"),
        (b'{"errorMessage": "{}"}', "not an answer"),
        (json.dumps(document("none-such", {})).encode(), "a probe that this version does not know"),
        (json.dumps({**api_lock(), "facts": [1]}).encode(), "no facts"),
        (json.dumps({**api_lock(), "at": "now"}).encode(), "no time or place"),
        (json.dumps({**api_lock(), "at": True}).encode(), "no time or place"),
        (json.dumps({**api_lock(), "init": None}).encode(), "no time or place"),
        (json.dumps(document("survey", {"host": {}, "calls": {"a": 1}})).encode(), "without host"),
        (json.dumps(document("survey", {"host": {"a": 1}, "calls": "x"})).encode(), "without calls"),
    ],
)
def test_what_is_no_answer_is_refused_and_named(data: bytes, words: str) -> None:
    with pytest.raises(AnswerError) as caught:
        parse(data, source="some/file.json")
    assert words in caught.value.message
    assert caught.value.message.startswith("some/file.json")
    assert caught.value.hint


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20))  # fmt: skip
def test_any_json_is_read_or_refused(value: object) -> None:
    for wrapped in (value, {**api_lock(), "facts": value}, {**survey(), "init": value}):
        try:
            parse(json.dumps(wrapped).encode(), source="x")
        except AnswerError:
            continue


def test_the_reader_and_the_handler_speak_of_one_schema() -> None:
    assert parse(json.dumps({**survey(), "schema": SCHEMA}).encode(), source="x")


def test_an_answer_inside_an_error_is_found() -> None:
    found = parse(json.dumps(held_error()).encode(), source="x")
    assert isinstance(found, Answer)
    assert (found.probe, found.came_as_error) == ("held_error", True)


def test_what_an_invocation_printed_is_told_apart() -> None:
    assert parse(b'{"StatusCode": 200, "FunctionError": "Unhandled"}', source="x") == InvokeRecord(
        "x", "Unhandled"
    )
    assert parse(b'{"StatusCode": 200}', source="x") == InvokeRecord("x", "")


def _write(folder: Path, **files: object) -> list[Path]:
    paths = []
    for name, content in files.items():
        path = folder / (name.replace("_invoke", ".invoke") + ".json")
        path.write_text(json.dumps(content))
        paths.append(path)
    return paths


@pytest.mark.parametrize(
    ("printed", "flagged"),
    [({"StatusCode": 200, "FunctionError": "Unhandled"}, True), ({"StatusCode": 200}, False)],
)
def test_the_invocation_is_joined_to_its_answer_by_name(
    tmp_path: Path, printed: dict[str, object], flagged: bool
) -> None:
    paths = _write(tmp_path, held_invoke=printed, held=held_error(), lock=api_lock())
    answers = {answer.probe: answer for answer in load(paths)}
    assert answers["held_error"].flagged is flagged
    assert answers["api_lock"].flagged is None


def test_an_invocation_without_its_answer_is_refused(tmp_path: Path) -> None:
    paths = _write(tmp_path, other_invoke={"StatusCode": 200}, held=held_error())
    with pytest.raises(AnswerError, match="answer file is missing"):
        load(paths)


def test_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AnswerError, match="cannot be read: No such file"):
        load([tmp_path / "none.json"])
    with pytest.raises(AnswerError, match="cannot be read: Is a directory"):
        load([tmp_path])
    with pytest.raises(AnswerError, match="no answer among"):
        load([])
