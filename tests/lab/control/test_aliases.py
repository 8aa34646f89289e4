"""Aliases lead to a version, or share invocations between two."""

from __future__ import annotations

import asyncio
import functools
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.lab.control.served import invoke, refused, served, talk, update, wait
from tests.lab.running import run

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


def _publish_two(client: LambdaClient) -> None:
    client.publish_version(FunctionName="f")
    update(client, Environment={"Variables": {"AA": "2"}})
    client.publish_version(FunctionName="f")
    for version in "12":
        wait(client, "published_version_active", Qualifier=version)


_REFUSED: list[tuple[Any, int, str]] = [
    ({"Name": "7"}, 400, "Member must satisfy regular expression pattern: (?!^[0-9]+$)"),
    ({"Name": "a b"}, 400, "at 'name'"),
    ({"FunctionVersion": "9"}, 404, f"Function not found: {_ARN}:9"),
    ({"FunctionVersion": "live"}, 400, "at 'functionVersion'"),
    ({"Description": "x" * 257}, 400, "length less than or equal to 256"),
    (
        {"RoutingConfig": {"1": 0.5}},
        400,
        "Function version 1 is already included in routing configuration.",
    ),
    ({"RoutingConfig": {"2": 1.5}}, 400, "Member must have value less than or equal to 1.0"),
    ({"RoutingConfig": {"9": 0.5}}, 404, f"Function not found: {_ARN}:9"),
    ({"RoutingConfig": {"x": 0.5}}, 400, "Map keys must satisfy constraint"),
    ({"RoutingConfig": {"2": 0.1, "3": 0.1}}, 400, "cannot be greater than 1"),
    ({"FunctionVersion": "$LATEST", "RoutingConfig": {"1": 0.5}}, 400, "$LATEST is not supported"),
]


def test_what_lambda_refuses_is_refused_in_its_words() -> None:
    def scenario(client: LambdaClient) -> None:
        client.publish_version(FunctionName="f")
        update(client, Timeout=5)
        client.publish_version(FunctionName="f")
        for options, status, said in _REFUSED:
            values = {"FunctionName": "f", "Name": "live", "FunctionVersion": "1"} | options
            if "RoutingConfig" in options:
                values["RoutingConfig"] = {"AdditionalVersionWeights": options["RoutingConfig"]}
            answer = refused(functools.partial(client.create_alias, **values))
            assert answer[0] == status
            assert said in answer[2]
        assert client.list_aliases(FunctionName="f")["Aliases"] == []

    talk(scenario, update_s=0.0)


def test_an_alias_is_made_read_changed_listed_and_deleted() -> None:
    def scenario(client: LambdaClient) -> None:
        _publish_two(client)
        made = client.create_alias(FunctionName="f", Name="live", FunctionVersion="1", Description="d")
        assert (made["AliasArn"], made["FunctionVersion"]) == (f"{_ARN}:live", "1")
        assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
        again = refused(lambda: client.create_alias(FunctionName="f", Name="live", FunctionVersion="2"))
        assert again == (409, "ResourceConflictException", f"Alias already exists: {_ARN}:live")
        revision = made["RevisionId"]
        stale = refused(lambda: client.update_alias(FunctionName="f", Name="live", RevisionId="stale"))
        assert stale[:2] == (412, "PreconditionFailedException")
        weights = {"AdditionalVersionWeights": {"2": 0.25}}
        changed = client.update_alias(
            FunctionName="f",
            Name="live",
            RevisionId=revision,
            RoutingConfig=weights,  # type: ignore[arg-type]
        )
        assert changed["RoutingConfig"] == weights
        assert changed["RevisionId"] != revision
        assert client.get_alias(FunctionName="f", Name="live")["RoutingConfig"] == weights
        moved = client.update_alias(
            FunctionName="f", Name="live", FunctionVersion="2", RoutingConfig={"AdditionalVersionWeights": {}}
        )
        assert moved.get("RoutingConfig") is None
        assert moved["Description"] == "d"
        assert client.get_function_configuration(FunctionName="f", Qualifier="live")["Version"] == "2"
        assert client.get_function(FunctionName="f:live")["Configuration"]["FunctionArn"] == f"{_ARN}:live"
        assert client.list_aliases(FunctionName="f", FunctionVersion="1")["Aliases"] == []
        (listed,) = client.list_aliases(FunctionName="f", FunctionVersion="2")["Aliases"]
        assert listed["Name"] == "live"
        client.delete_alias(FunctionName="f", Name="live")
        client.delete_alias(FunctionName="f", Name="live")
        gone = refused(lambda: client.get_alias(FunctionName="f", Name="live"))
        assert gone == (404, "ResourceNotFoundException", f"Cannot find alias arn: {_ARN}:live")
        missing = refused(lambda: client.update_alias(FunctionName="f", Name="live"))
        assert missing == (404, "ResourceNotFoundException", f"Alias not found: {_ARN}:live")

    talk(scenario)


def test_the_weight_of_the_second_version_that_stays_must_fit_the_first_that_comes() -> None:
    def scenario(client: LambdaClient) -> None:
        _publish_two(client)
        weights: Any = {"AdditionalVersionWeights": {"2": 0.25}}
        client.create_alias(FunctionName="f", Name="live", FunctionVersion="1", RoutingConfig=weights)
        both = refused(lambda: client.update_alias(FunctionName="f", Name="live", FunctionVersion="2"))
        assert both[:2] == (400, "InvalidParameterValueException")

    talk(scenario)


def test_an_alias_with_weights_shares_invocations_between_two_versions() -> None:
    async def scenario() -> None:
        async with served() as (_, client):

            def share() -> None:
                _publish_two(client)
                weights: Any = {"AdditionalVersionWeights": {"2": 0.5}}
                client.create_alias(FunctionName="f", Name="live", FunctionVersion="1", RoutingConfig=weights)
                answers = [invoke(client, "live") for _ in range(60)]
                counts = Counter(answer["executed"] for answer in answers)
                # Wrong once in 2 ** 59 runs.
                assert set(counts) == {"1", "2"}
                assert {answer["arn"] for answer in answers} == {f"{_ARN}:live"}
                assert {(answer["executed"], answer["A"]) for answer in answers} == {("1", ""), ("2", "2")}
                all_of_it: Any = {"AdditionalVersionWeights": {"2": 1.0}}
                client.update_alias(FunctionName="f", Name="live", RoutingConfig=all_of_it)
                assert {invoke(client, "live")["executed"] for _ in range(10)} == {"2"}
                none: Any = {"AdditionalVersionWeights": {"2": 0.0}}
                client.update_alias(FunctionName="f", Name="live", RoutingConfig=none)
                assert {invoke(client, "live")["executed"] for _ in range(10)} == {"1"}

            await asyncio.to_thread(share)

    run(scenario())
