"""Every member of CreateFunction and UpdateFunctionConfiguration that a Python function has: told, told again, in force."""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

from tests.lab.control.served import refused, served, talk, wait
from tests.lab.control.zips import zipped
from tests.lab.running import needs_bubblewrap, run

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_RUNTIME: Any = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_CODE = """
import os, shutil
def handler(event, context):
    return [shutil.disk_usage("/tmp").total >> 20, os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        os.environ.get("AWS_LAMBDA_LOG_FORMAT"), os.environ.get("AWS_LAMBDA_LOG_LEVEL"),
        os.environ["_X_AMZN_TRACE_ID"].rpartition("Sampled=")[2][:1]]
"""
_ROLE = "arn:aws:iam::000000000000:role/service-role/r"
_ACCESS_POINT = "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-" + "0" * 17
_MEMBERS: dict[str, Any] = {
    "Role": _ROLE,
    "Description": "all of it",
    "Timeout": 9,
    "MemorySize": 256,
    "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "Ipv6AllowedForDualStack": True},
    "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:q"},
    "KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k",
    "TracingConfig": {"Mode": "Active"},
    "FileSystemConfigs": [{"Arn": _ACCESS_POINT, "LocalMountPath": "/mnt/data"}],
    "EphemeralStorage": {"Size": 600},
    "LoggingConfig": {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "WARN",
        "SystemLogLevel": "DEBUG",
        "LogGroup": "/shop/orders",
    },
}


def _create(client: LambdaClient, **options: Any) -> Any:
    given = {
        "FunctionName": "g",
        "Runtime": _RUNTIME,
        "Role": _ROLE,
        "Handler": "app.handler",
        "Code": {"ZipFile": zipped({"app.py": _CODE})},
    }
    return client.create_function(**(given | options))


def _told(configuration: Any) -> dict[str, Any]:
    told = {name: configuration[name] for name in _MEMBERS}
    told["VpcConfig"] = {key: value for key, value in told["VpcConfig"].items() if key != "VpcId"}
    return told


def _seen(client: LambdaClient, name: str = "g") -> Any:
    return json.loads(client.invoke(FunctionName=name)["Payload"].read())


@needs_bubblewrap
def test_members_of_a_request_are_told_again_and_in_force_in_environments() -> None:
    async def scenario() -> None:
        async with served(confinement="bubblewrap", update_s=0.0) as (running, client):

            def live() -> None:
                made = _create(client, **_MEMBERS, TenancyConfig={"TenantIsolationMode": "PER_TENANT"})
                assert _told(made) == _MEMBERS
                assert made["TenancyConfig"] == {"TenantIsolationMode": "PER_TENANT"}
                client.delete_function(FunctionName="g")
                _create(client)
                assert _seen(client) == [512, "/aws/lambda/g", None, None, "0"]
                client.update_function_configuration(FunctionName="g", **_MEMBERS)
                wait(client, "function_updated_v2", name="g")
                assert _told(client.get_function_configuration(FunctionName="g")) == _MEMBERS
                assert _seen(client) == [600, "/shop/orders", "JSON", "WARN", "1"]
                client.update_function_configuration(
                    FunctionName="g",
                    VpcConfig={"SubnetIds": [], "SecurityGroupIds": []},
                    DeadLetterConfig={},
                    KMSKeyArn="",
                    FileSystemConfigs=[],
                    LoggingConfig={"LogFormat": "Text"},
                )
                wait(client, "function_updated_v2", name="g")
                less = client.get_function_configuration(FunctionName="g")
                gone = {"DeadLetterConfig", "KMSKeyArn", "FileSystemConfigs"}
                assert not gone & less.keys()
                assert (less["VpcConfig"]["SubnetIds"], less["VpcConfig"]["VpcId"]) == ([], "")
                assert less["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/shop/orders"}

            await asyncio.to_thread(live)
            groups = {line.log_group_name for line in running.lines if line.function == "g"}
            assert groups == {"/aws/lambda/g", "/shop/orders"}

    run(scenario())


def test_what_the_model_excludes_is_refused_all_at_once() -> None:
    def scenario(client: LambdaClient) -> None:
        def update(**options: Any) -> tuple[int, str, str]:
            return refused(lambda: client.update_function_configuration(FunctionName="f", **options))

        two: Any = {"TracingConfig": {"Mode": "Loud"}, "DeadLetterConfig": {"TargetArn": "queue"}}
        status, kind, message = update(**two)
        assert (status, kind) == (400, "ValidationException")
        assert message.startswith("2 validation errors detected: Value 'Loud' at 'tracingConfig.mode'")
        assert "; Value 'queue' at 'deadLetterConfig.targetArn'" in message
        for options, said in (
            ({"EphemeralStorage": {"Size": 10241}}, "less than or equal to 10240"),
            ({"LoggingConfig": {"LogFormat": "Text", "SystemLogLevel": "WARN"}}, "LogLevel is not supported"),
            ({"LoggingConfig": {"LogGroup": "a b"}}, "'loggingConfig.logGroup'"),
            ({"VpcConfig": {"SecurityGroupIds": ["sg-1"]}}, "must coexist"),
            ({"FileSystemConfigs": [{"Arn": _ACCESS_POINT, "LocalMountPath": "/tmp"}]}, "localMountPath"),
            ({"SnapStart": {"ApplyOn": "Always"}}, "'snapStart.applyOn'"),
            (
                {"SnapStart": {"ApplyOn": "PublishedVersions"}, "EphemeralStorage": {"Size": 513}},
                "512 MB" if sys.version_info >= (3, 12) else "not supported for SnapStart",
            ),
            ({"Role": "me"}, "'role'"),
            ({"Runtime": "python2.7"}, "is no longer supported"),
            ({"Runtime": "cobol"}, "'runtime'"),
            ({"Runtime": "java21"}, "cannot run java21"),
        ):
            answer = update(**options)
            assert (answer[0], said in answer[2]) == (400, True), answer
        assert client.get_function_configuration(FunctionName="f")["LastUpdateStatus"] == "Successful"

    talk(scenario)


def test_publishing_with_new_code_tries_and_downloads() -> None:
    def scenario(client: LambdaClient) -> None:
        made = _create(client, Publish=True)
        assert (made["Version"], made["FunctionArn"].rpartition(":")[2]) == ("1", "g")
        wait(client, "published_version_active", name="g", Qualifier="1")
        before = client.get_function(FunctionName="g")
        assert before["Code"]["RepositoryType"] == "S3"
        other = zipped({"app.py": _CODE + "\n"})
        tried = client.update_function_code(FunctionName="g", ZipFile=other, DryRun=True)
        after = client.get_function(FunctionName="g")
        assert after["Configuration"]["RevisionId"] == before["Configuration"]["RevisionId"]
        assert tried["CodeSha256"] != after["Configuration"]["CodeSha256"]
        updated = client.update_function_code(FunctionName="g", ZipFile=other, Publish=True)
        assert (updated["Version"], updated["FunctionArn"].rpartition(":")[2]) == ("2", "2")
        assert updated["CodeSha256"] == tried["CodeSha256"]
        wait(client, "published_version_active", name="g", Qualifier="2")
        wait(client, "function_updated_v2", name="g")
        again = client.publish_version(FunctionName="g")
        assert again["Version"] == "2"
        page = client.list_versions_by_function(FunctionName="g")["Versions"]
        assert [version["Version"] for version in page] == ["$LATEST", "1", "2"]

    talk(scenario)


def test_a_zip_can_be_had_where_get_function_says() -> None:
    def scenario(client: LambdaClient) -> None:
        content = zipped({"app.py": _CODE})
        _create(client, Code={"ZipFile": content})
        location = client.get_function(FunctionName="g")["Code"]["Location"]
        with urllib.request.urlopen(location) as answer:
            assert answer.read() == content

    talk(scenario)
