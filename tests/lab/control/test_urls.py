"""Function URLs are made, told, changed, listed, deleted and refused as Lambda does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.lab.control.served import refused, talk, wait

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


def test_a_url_lives_from_create_to_delete_and_an_alias_has_its_own() -> None:
    def scenario(client: LambdaClient) -> None:
        made = client.create_function_url_config(FunctionName="f", AuthType="NONE")
        host = urlsplit(made["FunctionUrl"]).hostname or ""
        assert host.endswith(".lambda-url.us-east-1.localhost")
        assert len(host.partition(".")[0]) == 32
        assert made["FunctionArn"] == _ARN
        assert not {"InvokeMode", "Cors", "LastModifiedTime"} & made.keys()

        cors: Any = {"AllowOrigins": ["*"], "AllowCredentials": False, "MaxAge": 1}
        changed = client.update_function_url_config(
            FunctionName="f", AuthType="AWS_IAM", Cors=cors, InvokeMode="RESPONSE_STREAM"
        )
        got = client.get_function_url_config(FunctionName="f")
        for answer in (changed, got):
            assert answer["FunctionUrl"] == made["FunctionUrl"]
            assert (answer["AuthType"], answer["InvokeMode"]) == ("AWS_IAM", "RESPONSE_STREAM")
            assert answer["Cors"] == cors
            assert answer["LastModifiedTime"] > answer["CreationTime"]
        # What is not given stays.
        kept = client.update_function_url_config(FunctionName="f", Cors={})
        assert kept["AuthType"] == "AWS_IAM"
        assert "Cors" not in kept.keys()  # noqa: SIM118  # mypy believes it is always there

        client.publish_version(FunctionName="f")
        wait(client, "published_version_active", Qualifier="1")
        client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
        alias = client.create_function_url_config(FunctionName="f", Qualifier="live", AuthType="NONE")
        assert alias["FunctionArn"] == f"{_ARN}:live"
        listed = client.list_function_url_configs(FunctionName="f", MaxItems=1)
        more = client.list_function_url_configs(FunctionName="f", Marker=listed["NextMarker"])
        found = [*listed["FunctionUrlConfigs"], *more["FunctionUrlConfigs"]]
        assert {item["FunctionUrl"] for item in found} == {made["FunctionUrl"], alias["FunctionUrl"]}
        client.delete_function_url_config(FunctionName="f")
        client.delete_alias(FunctionName="f", Name="live")
        assert client.list_function_url_configs(FunctionName="f")["FunctionUrlConfigs"] == []

    talk(scenario)


def test_what_lambda_refuses_is_refused_in_its_words() -> None:
    def scenario(client: LambdaClient) -> None:
        def create(name: str = "f", **options: Any) -> tuple[int, str, str]:
            given: Any = {"FunctionName": name, "AuthType": "NONE"} | options
            return refused(lambda: client.create_function_url_config(**given))

        missing = (404, "ResourceNotFoundException", "Function does not exist")
        assert create("absent") == missing
        assert create(Qualifier="absent") == missing
        assert create(Qualifier="7")[1] == "ValidationException"
        assert create(Qualifier="$LATEST")[1] == "ValidationException"
        assert create(AuthType="SOME")[1] == "ValidationException"
        assert create(InvokeMode="SLOWLY")[1] == "ValidationException"
        assert create(Cors={"MaxAge": 86401})[1] == "ValidationException"
        assert create(Cors={"AllowOrigins": ["a\nb"]})[1] == "ValidationException"
        assert create(Cors={"AllowMethods": ["OPTIONS"]})[1] == "ValidationException"
        client.create_function_url_config(FunctionName="f", AuthType="NONE")
        again = create()
        assert again[:2] == (409, "ResourceConflictException")
        assert again[2].startswith(f"Failed to create function url config for [functionArn = {_ARN}].")
        client.delete_function_url_config(FunctionName="f")
        gone = (404, "ResourceNotFoundException", "The resource you requested does not exist.")
        assert refused(lambda: client.get_function_url_config(FunctionName="f")) == gone
        assert refused(lambda: client.delete_function_url_config(FunctionName="f")) == gone
        assert refused(lambda: client.update_function_url_config(FunctionName="f", AuthType="NONE")) == gone
        assert refused(lambda: client.get_function_url_config(FunctionName="absent")) == gone

    talk(scenario)
