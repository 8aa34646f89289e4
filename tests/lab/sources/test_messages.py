"""What a batch's report means for each of its messages."""

from __future__ import annotations

import json

import pytest

from dayfly.lab.sources.messages import events, failed, is_wanted

_IDS = ("a", "b", "c")


@pytest.mark.parametrize(
    ("payload", "stay"),
    [
        ({"batchItemFailures": [{"itemIdentifier": "x"}]}, "abc"),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, "abc"),
        ({"batchItemFailures": [{"item": "a"}]}, "abc"),
        ({"batchItemFailures": "a"}, "abc"),
        (["a"], "abc"),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, "b"),
        ({"batchItemFailures": []}, ""),
        ({"batchItemFailures": None}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_only_a_report_that_can_be_read_lets_part_of_a_batch_go(payload: object, stay: str) -> None:
    assert failed(json.dumps(payload).encode(), _IDS, reports_items=True) == frozenset(stay)


def test_an_answer_is_no_report_unless_the_mapping_says_so() -> None:
    assert failed(b"no json", _IDS, reports_items=True) == frozenset(_IDS)
    payload = json.dumps({"batchItemFailures": [{"itemIdentifier": "b"}]}).encode()
    assert failed(payload, _IDS, reports_items=False) == frozenset()


def test_a_body_that_is_json_is_looked_into_and_text_passes_no_pattern_of_keys() -> None:
    patterns = [{"body": {"kind": ["order"]}}]
    assert is_wanted(patterns, {"body": '{"kind": "order"}'})
    assert not is_wanted(patterns, {"body": "order"})
    assert is_wanted([{"body": ["order"]}], {"body": "order"})
    assert is_wanted([], {"body": "anything"})


def test_a_batch_that_is_too_large_for_one_event_goes_in_several() -> None:
    batch = [{"messageId": id, "body": "é" * 40} for id in "abc"]
    whole = list(events(batch, 10_000))
    assert [ids for ids, _ in whole] == [["a", "b", "c"]]
    assert json.loads(whole[0][1]) == {"Records": batch}
    size = len(whole[0][1])
    parts = list(events(batch, size - 1))
    assert [ids for ids, _ in parts] == [["a", "b"], ["c"]]
    assert all(len(event) < size for _, event in parts)
    assert [ids for ids, _ in events(batch, 1)] == [["a"], ["b"], ["c"]]
    assert list(events([], 1)) == []
