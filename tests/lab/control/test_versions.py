"""Versions are what `$LATEST` was, with environments of their own."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

from tests.lab.control.served import invoke, refused, served, talk, update, wait
from tests.lab.running import run

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


def test_a_version_is_refused_for_other_code_another_revision_and_an_update_under_way() -> None:
    def scenario(client: LambdaClient) -> None:
        code = client.get_function_configuration(FunctionName="f")["CodeSha256"]
        assert len(base64.b64decode(code)) == 32
        status, kind, text = refused(lambda: client.publish_version(FunctionName="f", CodeSha256="other"))
        assert (status, kind) == (400, "InvalidParameterValueException")
        assert text == (
            f"CodeSHA256 (other) is different from current CodeSHA256 in $LATEST ({code}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
        stale = refused(lambda: client.publish_version(FunctionName="f", RevisionId="stale"))
        assert stale[:2] == (412, "PreconditionFailedException")
        absent = refused(lambda: client.publish_version(FunctionName="absent"))
        assert absent == (
            404,
            "ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent",
        )
        client.update_function_configuration(FunctionName="f", Description="new")
        under_way = refused(lambda: client.publish_version(FunctionName="f"))
        assert under_way[:2] == (409, "ResourceConflictException")
        versions = client.list_versions_by_function(FunctionName="f")["Versions"]
        assert [version["FunctionArn"] for version in versions] == [f"{_ARN}:$LATEST"]

    talk(scenario, update_s=60.0)


def test_a_version_is_pending_then_active_and_the_same_one_again_until_something_changes() -> None:
    def scenario(client: LambdaClient) -> None:
        latest = client.get_function_configuration(FunctionName="f")
        first = client.publish_version(
            FunctionName="f",
            CodeSha256=latest["CodeSha256"],
            RevisionId=latest["RevisionId"],
            Description="one",
        )
        assert (first["Version"], first["FunctionArn"], first["State"]) == ("1", f"{_ARN}:1", "Pending")
        assert first["ResponseMetadata"]["HTTPStatusCode"] == 201
        wait(client, "published_version_active", Qualifier="1")
        assert client.publish_version(FunctionName="f", Description="two")["Version"] == "1"
        after = client.get_function_configuration(FunctionName="f")
        assert after["RevisionId"] != latest["RevisionId"]
        update(client, Environment={"Variables": {"AA": "2"}}, Timeout=9)
        second = client.publish_version(FunctionName="f")
        assert second["Version"] == "2"
        versions = client.list_versions_by_function(FunctionName="f")["Versions"]
        assert [(v["Version"], v["Timeout"], v["Description"]) for v in versions[1:]] == [
            ("1", 20, "one"),
            ("2", 9, versions[0]["Description"]),
        ]
        assert "State" not in versions[1]
        assert "Environment" not in client.get_function_configuration(FunctionName="f:1")
        numbers = client.list_functions(FunctionVersion="ALL")["Functions"]
        assert [version["Version"] for version in numbers] == ["$LATEST", "1", "2"]

    talk(scenario)


def test_an_environment_of_a_version_keeps_its_configuration_and_outlives_an_update_of_latest() -> None:
    async def scenario() -> None:
        async with served(environment={"AA": "old"}) as (running, client):

            def publish() -> None:
                client.publish_version(FunctionName="f")
                wait(client, "published_version_active", Qualifier="1")

            await asyncio.to_thread(publish)
            old = await asyncio.to_thread(invoke, client, "1")
            assert (old["version"], old["executed"], old["arn"]) == ("1", "1", f"{_ARN}:1")
            assert old["A"] == "old"
            await asyncio.to_thread(lambda: update(client, Environment={"Variables": {"AA": "new"}}))
            again = await asyncio.to_thread(invoke, client, "1")
            assert (again["pid"], again["A"]) == (old["pid"], "old")
            latest = await asyncio.to_thread(invoke, client)
            assert (latest["A"], latest["version"], latest["arn"]) == ("new", "$LATEST", _ARN)
            streams = {line.log_stream for line in running.lines if "START" in line.text}
            assert any("/[1]" in stream for stream in streams)
            assert any("/[$LATEST]" in stream for stream in streams)
            assert {view.version for view in running.lab.environments("f")} == {"1", "$LATEST"}

    run(scenario())


def test_a_version_that_is_deleted_takes_its_environments_with_it_and_its_number_is_not_used_again() -> None:
    async def scenario() -> None:
        async with served() as (running, client):

            def publish_and_delete() -> None:
                client.publish_version(FunctionName="f")
                wait(client, "published_version_active", Qualifier="1")
                invoke(client, "1")
                client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
                used = refused(lambda: client.delete_function(FunctionName="f", Qualifier="1"))
                assert used[:2] == (409, "ResourceConflictException")
                assert "live" in used[2]
                client.delete_alias(FunctionName="f", Name="live")
                latest = refused(lambda: client.delete_function(FunctionName="f", Qualifier="$LATEST"))
                assert latest[:2] == (400, "InvalidParameterValueException")
                client.delete_function(FunctionName="f", Qualifier="1")
                gone = refused(lambda: client.invoke(FunctionName="f", Qualifier="1"))
                assert gone == (404, "ResourceNotFoundException", f"Function not found: {_ARN}:1")
                assert client.publish_version(FunctionName="f")["Version"] == "2"

            await asyncio.to_thread(publish_and_delete)
            assert running.lab.environments("f") == ()

    run(scenario())


def test_two_who_publish_at_once_get_one_version() -> None:
    async def scenario() -> None:
        async with served() as (_, client):
            answers = await asyncio.gather(
                *(asyncio.to_thread(client.publish_version, FunctionName="f") for _ in range(6))
            )
            assert {answer["Version"] for answer in answers} == {"1"}

    run(scenario())


def test_a_version_that_is_pending_serves_nobody() -> None:
    def scenario(client: LambdaClient) -> None:
        client.publish_version(FunctionName="f")
        status, kind, text = refused(lambda: client.invoke(FunctionName="f", Qualifier="1"))
        assert (status, kind) == (409, "ResourceConflictException")
        assert text.endswith("in the following state: Pending")

    talk(scenario, update_s=60.0)
