"""Code signing configurations, runtime management and recursion: kept, told, and in force where the lab can."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from tests.lab.control.served import refused, talk
from tests.lab.control.zips import zipped

from dayfly.lab.control.runtimes import OWN

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/1"
_ABSENT = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-" + "0" * 17
_BUILD = "arn:aws:lambda:us-east-1::runtime:" + "a" * 64


def _code() -> bytes:
    return zipped({"app.py": "def handler(event, context):\n    return 1\n"})


def _function(client: LambdaClient, **options: Any) -> Any:
    given = {
        "FunctionName": "g",
        "Runtime": OWN,
        "Role": "arn:aws:iam::000000000000:role/r",
        "Handler": "app.handler",
        "Code": {"ZipFile": _code()},
    }
    return client.create_function(**(given | options))


def test_a_configuration_that_enforces_signatures_lets_no_package_in() -> None:
    def scenario(client: LambdaClient) -> None:
        absent = refused(lambda: _function(client, CodeSigningConfigArn=_ABSENT))
        assert absent[:2] == (404, "CodeSigningConfigNotFoundException")
        invalid = refused(lambda: _function(client, CodeSigningConfigArn="csc"))
        assert "'codeSigningConfigArn'" in invalid[2]
        missing = refused(lambda: client.get_code_signing_config(CodeSigningConfigArn=_ABSENT))
        assert missing[2] == f"The Lambda code signing configuration {_ABSENT} can not be found."
        made: Any = client.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [_PROFILE]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
            Description="d",
        )["CodeSigningConfig"]
        arn = made["CodeSigningConfigArn"]
        assert made["CodeSigningConfigId"] == arn.rpartition(":")[2]
        blocked = refused(lambda: _function(client, CodeSigningConfigArn=arn))
        assert blocked[:2] == (400, "CodeVerificationFailedException")
        warned: Any = {"UntrustedArtifactOnDeployment": "Warn"}
        client.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies=warned)
        _function(client, CodeSigningConfigArn=arn)
        assert client.get_function_code_signing_config(FunctionName="g")["CodeSigningConfigArn"] == arn
        users = client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"]
        assert [user.rpartition(":")[2] for user in users] == ["g"]
        in_use = refused(lambda: client.delete_code_signing_config(CodeSigningConfigArn=arn))
        assert in_use[:2] == (409, "ResourceConflictException")
        client.delete_function_code_signing_config(FunctionName="g")
        client.put_function_code_signing_config(FunctionName="f", CodeSigningConfigArn=arn)
        enforced: Any = {"UntrustedArtifactOnDeployment": "Enforce"}
        client.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies=enforced)
        late = refused(lambda: client.update_function_code(FunctionName="f", ZipFile=_code()))
        assert late[1] == "CodeVerificationFailedException"
        client.delete_function_code_signing_config(FunctionName="f")
        client.tag_resource(Resource=arn, Tags={"a": "b"})
        assert client.list_tags(Resource=arn)["Tags"] == {"a": "b"}
        client.delete_code_signing_config(CodeSigningConfigArn=arn)
        assert client.list_code_signing_configs()["CodeSigningConfigs"] == []
        assert refused(lambda: client.list_tags(Resource=arn))[0] == 404

    talk(scenario, update_s=0.0)


def test_runtime_management_and_recursion_are_told_again() -> None:
    def scenario(client: LambdaClient) -> None:
        before = client.get_runtime_management_config(FunctionName="f")
        assert (before["UpdateRuntimeOn"], "RuntimeVersionArn" in before) == ("Auto", False)
        wrong: list[Any] = [
            {"UpdateRuntimeOn": "Manual"},
            {"UpdateRuntimeOn": "Auto", "RuntimeVersionArn": _BUILD},
        ]
        for options in wrong:
            put = functools.partial(client.put_runtime_management_config, FunctionName="f", **options)
            answer = refused(put)
            assert answer[:2] == (400, "InvalidParameterValueException")
        client.publish_version(FunctionName="f")
        client.put_runtime_management_config(
            FunctionName="f", Qualifier="1", UpdateRuntimeOn="Manual", RuntimeVersionArn=_BUILD
        )
        pinned = client.get_runtime_management_config(FunctionName="f", Qualifier="1")
        assert pinned["RuntimeVersionArn"] == _BUILD
        assert pinned["FunctionArn"].endswith(":f:1")
        assert client.get_runtime_management_config(FunctionName="f")["UpdateRuntimeOn"] == "Auto"
        assert client.get_function_recursion_config(FunctionName="f")["RecursiveLoop"] == "Terminate"
        client.put_function_recursion_config(FunctionName="f", RecursiveLoop="Allow")
        assert client.get_function_recursion_config(FunctionName="f")["RecursiveLoop"] == "Allow"
        assert refused(lambda: client.get_function_recursion_config(FunctionName="absent"))[0] == 404

    talk(scenario, update_s=0.0)
