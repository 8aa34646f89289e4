"""Each envelope opens into its lines; whatever is in it, nothing is raised and only the broken piece is lost."""

from __future__ import annotations

import base64
import gzip
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fleet.ingest.batches import BEGIN, STREAM, firehose, packed, record

from dayfly.fleet.ingest.envelopes import (
    Bad,
    EnvelopeError,
    Kind,
    Whose,
    check,
    moment,
    open_batch,
    unpack,
    version_of,
    whose_arn,
)
from dayfly.fleet.records.events import LogEvent


def events(kind: Kind, body: bytes, whose: Whose | None = None) -> list[LogEvent]:
    return [one for one in open_batch(kind, "firehose", whose or Whose(), body) if isinstance(one, LogEvent)]


def bad(kind: Kind, body: bytes) -> list[Bad]:
    return [one for one in open_batch(kind, "firehose", Whose(), body) if isinstance(one, Bad)]


def test_a_subscription_record_says_whose_its_lines_are() -> None:
    (event,) = events("firehose", firehose("r", packed(record("hello"))), Whose("", "eu-west-1"))
    assert event == LogEvent(
        BEGIN / 1000, "hello", "123456789012", "eu-west-1", "checkout", "$LATEST",
        "/aws/lambda/checkout", STREAM, None, "firehose",
    )  # fmt: skip


def test_a_group_that_functions_share_names_them_in_the_stream() -> None:
    stream = "2026/11/26/orders[7]" + "b" * 32
    (event,) = events("records", json.dumps([record("x", group="/shop/all", stream=stream)]).encode())
    assert (event.function, event.version) == ("orders", "7")


def test_control_messages_and_empty_records_are_no_lines() -> None:
    body = firehose("r", packed(record("x", kind="CONTROL_MESSAGE")), packed(record()))
    assert list(open_batch("firehose", "firehose", Whose(), body)) == []


def test_records_that_firehose_has_unpacked_or_joined_are_read() -> None:
    plain = json.dumps(record("one"))
    for data in (plain + json.dumps(record("two")), plain + "\n" + json.dumps(record("two"))):
        body = firehose("r", base64.b64encode(data.encode()).decode())
        assert [event.message for event in events("firehose", body)] == ["one", "two"]
    two_members = gzip.compress(plain.encode()) + gzip.compress(("\n" + json.dumps(record("two"))).encode())
    body = firehose("r", base64.b64encode(two_members).decode())
    assert [event.message for event in events("firehose", body)] == ["one", "two"]


def test_one_odd_event_costs_itself() -> None:
    odd = record("first", "last")
    odd["logEvents"] = [
        *odd["logEvents"],  # type: ignore[misc]
        {"timestamp": "x", "message": "y"}, {"timestamp": 5}, 7, None,
        {"timestamp": 1e300, "message": "never"},
    ]  # fmt: skip
    body = json.dumps([odd]).encode()
    assert [event.message for event in events("records", body)] == ["first", "last"]
    assert len(bad("records", body)) == 5


def test_a_record_that_grows_without_end_costs_itself() -> None:
    bomb = gzip.compress(b"[" * (80 << 20), 9)
    body = firehose("r", base64.b64encode(bomb).decode(), packed(record("after")))
    assert [event.message for event in events("firehose", body)] == ["after"]
    assert len(bad("firehose", body)) == 1


def test_telemetry_of_every_schema_version_is_read() -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html, its own examples."""
    body = json.dumps(
        [
            {
                "time": "2022-10-12T00:00:15.064Z",
                "type": "platform.initStart",
                "record": {
                    "initializationType": "on-demand", "phase": "init", "runtimeVersion": "nodejs-14.v3",
                    "functionName": "f", "functionVersion": "$LATEST", "instanceId": "i", "instanceMaxMemory": 256,
                },
            },
            {"time": "2022-10-12T00:00:15.064Z", "type": "function", "record": "[INFO] Hello world\n"},
            {"time": "2022-10-12T00:00:15.064123456Z", "type": "function", "record": {"level": "INFO", "m": [1]}},
            {"time": "2022-10-12T00:01:15.000Z", "type": "extension", "record": "x"},
            {"time": "2022-10-12T00:01:15.000Z", "type": "platform.logsDropped", "record": {"droppedRecords": 3}},
            {"time": "2022-10-12T00:01:15.000Z", "type": "function", "record": [1, 2]},
        ]
    ).encode()  # fmt: skip
    found = events("telemetry", body, Whose(function="f", version="3"))
    assert [event.is_platform for event in found] == [True, False, False, False, True, False]
    assert [type(event.message) for event in found] == [dict, str, dict, str, dict, str]
    assert found[1].message == "[INFO] Hello world"
    assert found[2].time == pytest.approx(1_665_532_815.064123)
    assert {event.function for event in found} == {"f"}
    assert {event.log_group for event in found} == {"/aws/lambda/f"}


def test_gzip_of_every_kind_is_unpacked_and_bounded() -> None:
    assert unpack(gzip.compress(b"a") + gzip.compress(b"b") + b"\0\0") == b"ab"
    for damaged in (gzip.compress(b"a")[:-1], gzip.compress(b"a" * 1000)[:-12], b"\x1f\x8bnothing"):
        with pytest.raises(EnvelopeError):
            unpack(damaged)
    with pytest.raises(EnvelopeError, match="larger than"):
        unpack(gzip.compress(b"a" * 2000), limit=1999)
    assert len(unpack(gzip.compress(b"a" * 2000), limit=2000)) == 2000


def test_an_arn_says_who() -> None:
    function = whose_arn("arn:aws:lambda:eu-west-1:123456789012:function:checkout:live")
    assert function == Whose("123456789012", "eu-west-1", "checkout", "live")
    stream = whose_arn("arn:aws-cn:firehose:cn-north-1:123456789012:deliverystream/logs")
    assert stream == Whose("123456789012", "cn-north-1")
    assert whose_arn("nonsense") == whose_arn("") == Whose()


def test_times_and_versions_that_are_none() -> None:
    assert moment("2026-11-26T00:00:00Z") == moment("2026-11-26T00:00:00") == 1_795_651_200.0
    for text in (None, 7, "", "yesterday", "9" * 10_000, "2026-13-01T00:00:00Z", "1066-10-14T09:00:00Z"):
        assert moment(text) is None
    assert version_of(STREAM) == "$LATEST"
    assert version_of("anything") == ""


@given(st.sampled_from(["firehose", "telemetry", "records", "lines"]), st.binary(max_size=400))
def test_no_body_that_was_taken_raises_later(kind: Kind, body: bytes) -> None:
    for candidate in (body, b"[" + body + b"]", firehose("r", base64.b64encode(body).decode(), body.hex())):
        try:
            check(kind, candidate)
        except EnvelopeError:
            continue
        try:
            list(open_batch(kind, "firehose", Whose(), candidate))
        except EnvelopeError:
            assert candidate[:2] == b"\x1f\x8b"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["messageType", "logGroup", "logStream", "logEvents", "timestamp", "message", "time", "type", "record"]),
        inner,
        max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.sampled_from(["telemetry", "records", "lines"]), st.lists(_json, max_size=4))
def test_no_shape_of_json_raises(kind: Kind, items: list[object]) -> None:
    body = json.dumps(items).encode()
    if kind == "lines":
        body = b"\n".join(json.dumps(item).encode() for item in items)
    for item in open_batch(kind, "telemetry", Whose(), body):
        assert isinstance(item, LogEvent | Bad)


def test_half_a_surrogate_is_a_line_and_not_the_end() -> None:
    body = b'[{"messageType":"DATA_MESSAGE","logGroup":"g","logStream":"s","logEvents":[{"timestamp":1,"message":"\\ud800 x"},{"timestamp":2,"message":"y"}]}]'
    found = list(open_batch("records", "lab", Whose(), body))
    assert len(found) == 2


def test_a_million_gzip_members_cost_no_more_than_their_size() -> None:
    begun = time.process_time()
    with pytest.raises(EnvelopeError, match="too many gzip members"):
        unpack(gzip.compress(b"", mtime=0) * 500_000)
    assert time.process_time() - begun < 30
    assert (
        unpack(gzip.compress(b"a" * 70_000) * 3 + bytes(9000) + gzip.compress(b"b")) == b"a" * 210_000 + b"b"
    )


@pytest.mark.parametrize("moment", ["9" * 400, "1" + "0" * 5000, "1e400", "-1", "true", "NaN"])
def test_a_time_that_is_no_number_costs_its_event_alone(moment: str) -> None:
    body = (
        '[{"messageType":"DATA_MESSAGE","logGroup":"/aws/lambda/f","logStream":"s","logEvents":['
        f'{{"timestamp":{moment},"message":"bad"}},{{"timestamp":1795650000000,"message":"good"}}]}}]'
    ).encode()
    assert "good" in [event.message for event in events("records", body)]
