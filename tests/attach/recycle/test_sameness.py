"""A version is what `$LATEST` is only where nothing that runs differs, the order's stamp apart."""

from __future__ import annotations

from typing import Any

import pytest

from dayfly.attach.recycle.model import VARIABLE
from dayfly.attach.recycle.sameness import differences

_LATEST: dict[str, Any] = {
    "FunctionArn": "arn:f",
    "Version": "$LATEST",
    "RevisionId": "r9",
    "LastModified": "now",
    "CodeSha256": "abc",
    "CodeSize": 1,
    "MemorySize": 128,
    "Environment": {"Variables": {"TABLE": "t", VARIABLE: "new"}},
    "Layers": [{"Arn": "arn:layer:1", "CodeSize": 5}],
    "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"},
    "VpcConfig": {"SubnetIds": ["b", "a"], "SecurityGroupIds": ["g"], "VpcId": "v"},
    "LastUpdateStatus": "Successful",
    "State": "Active",
}
_VERSION: dict[str, Any] = {
    **_LATEST,
    "FunctionArn": "arn:f:7",
    "Version": "7",
    "RevisionId": "r1",
    "LastModified": "before",
    "Description": "release 7",
    "Environment": {"Variables": {"TABLE": "t", VARIABLE: "old"}},
    "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"},
    "VpcConfig": {"SubnetIds": ["a", "b"], "SecurityGroupIds": ["g"], "Ipv6AllowedForDualStack": False},
    "TracingConfig": {"Mode": "PassThrough"},
    "DeadLetterConfig": {},
}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"CodeSha256": "other"}, "CodeSha256"),
        ({"MemorySize": 256}, "MemorySize"),
        ({"Environment": {"Variables": {"TABLE": "other"}}}, "Environment"),
        ({"Environment": {"Variables": {}}}, "Environment"),
        ({"Environment": {"Error": {"ErrorCode": "AccessDeniedException"}}}, "Environment"),
        ({"Layers": []}, "Layers"),
        ({"SnapStart": {"ApplyOn": "None"}}, "SnapStart"),
        ({"VpcConfig": {"SubnetIds": ["a"], "SecurityGroupIds": ["g"]}}, "VpcConfig"),
        ({"Role": "arn:other"}, "Role"),
        ({"SomethingOfNextYear": {"X": 1}}, "SomethingOfNextYear"),
    ],
)
def test_what_differs_is_named(change: dict[str, Any], named: str) -> None:
    assert differences(_LATEST, {**_VERSION, **change}) == (named,)


def test_what_tells_copies_apart_is_no_difference() -> None:
    assert differences(_LATEST, _VERSION) == ()


def test_variables_that_nobody_may_read_are_the_same_as_none() -> None:
    unread = {"Environment": {"Error": {"ErrorCode": "AccessDeniedException"}}}
    assert differences({**_LATEST, **unread}, {**_VERSION, **unread}) == ("Environment",)
