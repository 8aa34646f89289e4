"""CloudTrail's records become calls of functions, in every wrapping, and keys only hashes."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Callable

import pytest

from dayfly.errors import DayflyError
from dayfly.fleet.records.cloudtrail import hash_access_key, is_record, read_trail

_KEY = b"k" * 32


def _record(**changes: object) -> dict[str, object]:
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE:checkout",
            "arn": "arn:aws:sts::111122223333:assumed-role/checkout-role/checkout",
            "accountId": "111122223333",
            "accessKeyId": "ASIAEXAMPLEEXAMPLE00",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "arn": "arn:aws:iam::111122223333:role/service-role/checkout-role",
                    "userName": "checkout-role",
                },
            },
        },
        "eventTime": "2026-11-25T10:20:30Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "3.250.1.2",
        "userAgent": "Boto3/1.40 exec-env/AWS_Lambda_python3.13",
        "eventID": str(uuid.UUID(int=7)),
        "recipientAccountId": "111122223333",
    } | changes


def _identity(**changes: object) -> dict[str, object]:
    base = _record()["userIdentity"]
    assert isinstance(base, dict)
    return {**base, **changes}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda records: json.dumps({"Records": records}).encode(),
        lambda records: gzip.compress(json.dumps({"Records": records}).encode()),
        lambda records: json.dumps(records).encode(),
        lambda records: "\n".join(json.dumps(record) for record in records).encode(),
        lambda records: "".join(json.dumps(record) for record in records).encode(),
        lambda records: "\n".join(
            json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": record}) for record in records
        ).encode(),
        lambda records: b"".join(
            gzip.compress(json.dumps({"Records": [record]}).encode() + b"\n") for record in records
        ),
    ],
    ids=["file", "gzip", "list", "lines", "joined", "eventbridge", "members"],
)
def test_records_are_read_in_every_wrapping(wrap: Callable[[list[dict[str, object]]], bytes]) -> None:
    records = [_record(), _record(eventID=str(uuid.UUID(int=8)), errorCode="AccessDenied")]
    trail = read_trail(wrap(records), key=_KEY)
    assert (trail.records, trail.malformed) == (2, 0)
    first, second = trail.calls
    assert (first.function, first.role, first.account) == ("checkout", "checkout-role", "111122223333")
    assert first.time == 1_795_602_030.0
    assert second.error_code == "AccessDenied"
    assert first.access_key == second.access_key == hash_access_key("ASIAEXAMPLEEXAMPLE00", key=_KEY) > 0
    assert "ASIAEXAMPLE" not in repr(trail)


def test_the_scope_names_the_function_where_the_session_does_not() -> None:
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:orders"
    who = _identity(
        arn="arn:aws:sts::111122223333:assumed-role/checkout-role/session.1",
        inScopeOf={"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": arn},
    )
    trail = read_trail(json.dumps(_record(userIdentity=who)).encode(), key=_KEY)
    assert [call.function for call in trail.calls] == ["orders"]


def test_lambdas_own_assume_role_says_whose_a_key_is() -> None:
    record = _record(
        userIdentity={"type": "AWSService", "invokedBy": "lambda.amazonaws.com"},
        eventSource="sts.amazonaws.com",
        eventName="AssumeRole",
        sourceIPAddress="lambda.amazonaws.com",
        requestParameters={
            "roleArn": "arn:aws:iam::111122223333:role/service-role/checkout-role",
            "roleSessionName": "checkout",
        },
        responseElements={"credentials": {"accessKeyId": "ASIAEXAMPLEEXAMPLE00"}},
    )
    call = read_trail(json.dumps(record).encode(), key=_KEY).calls[0]
    assert (call.function, call.role) == ("checkout", "checkout-role")
    assert call.access_key == hash_access_key("ASIAEXAMPLEEXAMPLE00", key=_KEY)


@pytest.mark.parametrize(
    "who",
    [
        {"type": "IAMUser", "userName": "alice", "accessKeyId": "AKIAEXAMPLE"},
        _identity(arn="arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_0123/alice"),
        _identity(arn="arn:aws:sts::1:assumed-role/web/i-0123456789abcdef0"),
        _identity(arn="arn:aws:sts::1:assumed-role/web/alice@example.com"),
        {"type": "AWSService", "invokedBy": "config.amazonaws.com"},
        "nobody",
    ],
)
def test_other_callers_are_left_out(who: object) -> None:
    trail = read_trail(json.dumps({"Records": [_record(userIdentity=who)]}).encode(), key=_KEY)
    assert (trail.calls, trail.records, trail.malformed) == ([], 1, 0)


def test_a_record_that_cannot_be_read_costs_only_itself() -> None:
    records = [
        _record(eventTime="yesterday"),
        7,
        {"eventName": "x"},
        _record(),
        _record(eventTime="2026-11-25"),
    ]
    trail = read_trail(json.dumps({"Records": records}).encode(), key=_KEY)
    assert (len(trail.calls), trail.records, trail.malformed) == (1, 5, 4)


def test_what_is_no_trail_is_refused_with_words() -> None:
    for data in (b"START RequestId: 1", b"\x1f\x8bbroken", gzip.compress(b"{}")[:-4], b"\xff\xfe"):
        with pytest.raises(DayflyError):
            read_trail(data, key=_KEY)


def test_a_record_without_an_id_is_one_row_however_often_it_comes() -> None:
    record = _record()
    del record["eventID"]
    calls = [read_trail(json.dumps(record).encode(), key=_KEY).calls[0] for _ in range(2)]
    assert calls[0].event_id == calls[1].event_id


def test_records_are_told_from_other_objects() -> None:
    assert is_record(_record())
    assert is_record({"detail": _record()})
    assert not is_record({"detail": {}, "eventName": "x"})
    assert not is_record([])
