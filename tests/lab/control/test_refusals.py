"""What the API refuses, whole sentences: as recorded from AWS by LocalStack's suite, or as botocore's model has it."""

from __future__ import annotations

import functools
import http.client
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from tests.lab.control.served import refused, talk
from tests.lab.control.zips import zipped

from dayfly.lab.control.policies import MAX_POLICY_BYTES

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
_STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
_TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000"
_MAPPING = "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:00000000-0000-0000-0000-000000000000"
_INVALID = "InvalidParameterValueException"
_MISSING = "ResourceNotFoundException"
_VALIDATION = "ValidationException"
_STATEMENT = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"}
_RETIRED = (
    "The runtime parameter of python3.7 is no longer supported for creating or updating AWS Lambda functions. We recommend "
    "you use a supported runtime while creating or updating functions."
)

_REFUSED: tuple[tuple[str, dict[str, Any], int, str, str], ...] = (
    # A version that is not there, of a function that is not there either.
    (
        "delete_function",
        {"FunctionName": "no", "Qualifier": "1"},
        404,
        _MISSING,
        f"Function not found: {_ARN}no",
    ),
    (
        "delete_function",
        {"FunctionName": "no:$LATEST"},
        400,
        _INVALID,
        "$LATEST version cannot be deleted without deleting the function.",
    ),
    *(
        (
            "get_function_event_invoke_config",
            {"FunctionName": name},
            404,
            _MISSING,
            f"The function {_ARN}{told} doesn't have an EventInvokeConfig",
        )
        for name, told in (("no", "no:$LATEST"), ("f:12", "f:12"), ("f:alias", "f:alias"))
    ),
    (
        "put_function_concurrency",
        {"FunctionName": "no", "ReservedConcurrentExecutions": 1},
        404,
        _MISSING,
        f"Function not found: {_ARN}no:$LATEST",
    ),
    (
        "get_provisioned_concurrency_config",
        {"FunctionName": "no", "Qualifier": "alias"},
        404,
        _MISSING,
        f"Cannot find alias arn: {_ARN}no:alias",
    ),
    *(
        (
            operation,
            options | {"FunctionName": "f", "Qualifier": "alias"},
            404,
            _MISSING,
            f"Cannot find alias arn: {_ARN}f:alias",
        )
        for operation, options in (
            ("add_permission", _STATEMENT),
            ("remove_permission", {"StatementId": "s"}),
        )
    ),
    (
        "add_permission",
        _STATEMENT | {"FunctionName": "f", "Qualifier": "9"},
        404,
        _MISSING,
        f"Function not found: {_ARN}f:9",
    ),
    (
        "add_permission",
        _STATEMENT | {"FunctionName": "f", "RevisionId": "stale"},
        412,
        "PreconditionFailedException",
        (
            "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest "
            "Revision Id"
        ),
    ),
    ("update_function_configuration", {"FunctionName": "f", "Runtime": "python3.7"}, 400, _INVALID, _RETIRED),
    *(
        (
            "update_function_configuration",
            {"FunctionName": "f", "Environment": {"Variables": {name: "value"}}},
            400,
            _VALIDATION,
            (
                "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must "
                "satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]"
            ),
        )
        for name in ("A", "1A", "A-B")
    ),
    (
        "update_function_configuration",
        {"FunctionName": "f", "LoggingConfig": {"LogFormat": "Text", "ApplicationLogLevel": "INFO"}},
        400,
        _INVALID,
        (
            'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the '
            'LogFormat to "JSON" and try again.'
        ),
    ),
    (
        "create_event_source_mapping",
        {"FunctionName": "f", "EventSourceArn": _STREAM},
        400,
        _INVALID,
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    ),
    (
        "create_event_source_mapping",
        {"FunctionName": "f", "EventSourceArn": _STREAM, "StartingPosition": "invalid"},
        400,
        _VALIDATION,
        (
            "1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy constraint: Member must "
            "satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
        ),
    ),
    (
        "create_event_source_mapping",
        {
            "FunctionName": "f",
            "EventSourceArn": _TABLE,
            "StartingPosition": "AT_TIMESTAMP",
            "StartingPositionTimestamp": 1,
        },
        400,
        _INVALID,
        f"Unsupported starting position for arn type: {_TABLE}",
    ),
    (
        "create_event_source_mapping",
        {
            "FunctionName": "f",
            "EventSourceArn": _STREAM,
            "StartingPosition": "LATEST",
            "DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:000000000000:q"}},
        },
        400,
        _INVALID,
        "Unsupported DestinationConfig parameter for given event source mapping type.",
    ),
    (
        "create_event_source_mapping",
        {
            "FunctionName": "f",
            "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["k:9092"]}},
            "Topics": ["orders"],
        },
        400,
        _INVALID,
        "Required 'sourceAccessConfigurations' parameter is missing.",
    ),
    ("list_tags", {"Resource": _MAPPING}, 404, _MISSING, f"Event source mapping not found: {_MAPPING}"),
    (
        "list_tags",
        {"Resource": f"{_ARN}f:1"},
        400,
        _INVALID,
        "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    ),
    (
        "update_function_configuration",
        {"FunctionName": "f", "Layers": ["arn:aws:lambda:eu-west-1:000000000000:layer:l:1"]},
        400,
        _INVALID,
        "Layers are not in the same region as the function. Layers are expected to be in region us-east-1.",
    ),
    (
        "list_functions",
        {"MasterRegion": "nowhere"},
        400,
        _VALIDATION,
        (
            "1 validation error detected: Value 'nowhere' at 'masterRegion' failed to satisfy constraint: Member must satisfy "
            r"regular expression pattern: ALL|(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}"
        ),
    ),
    (
        "list_layers",
        {"CompatibleArchitecture": "i386"},
        400,
        _VALIDATION,
        (
            "1 validation error detected: Value 'i386' at 'compatibleArchitecture' failed to satisfy constraint: Member must "
            "satisfy enum value set: [x86_64, arm64]"
        ),
    ),
    (
        "invoke_with_response_stream",
        {"FunctionName": "f", "InvocationType": "Event"},
        400,
        _VALIDATION,
        (
            "1 validation error detected: Value 'Event' at 'invocationType' failed to satisfy constraint: Member must satisfy "
            "enum value set: [RequestResponse, DryRun]"
        ),
    ),
    (
        "invoke",
        {"FunctionName": "f", "Payload": b"NaN"},
        400,
        "InvalidRequestContentException",
        "Could not parse request body into json: Could not parse payload into json: NaN is not valid JSON",
    ),
)


def test_refusals_have_lambdas_status_type_and_words() -> None:
    def scenario(client: LambdaClient) -> None:
        for operation, options, *said in _REFUSED:
            answer = refused(functools.partial(getattr(client, operation), **options))
            assert answer == tuple(said), (operation, options)

    talk(scenario)


def test_a_layer_of_runtimes_and_architectures_that_do_not_exist_is_refused_for_both() -> None:
    def scenario(client: LambdaClient) -> None:
        unknown: Any = {"CompatibleRuntimes": ["cobol"], "CompatibleArchitectures": ["i386"]}
        said = refused(
            lambda: client.publish_layer_version(
                LayerName="l", Content={"ZipFile": zipped({"a": ""})}, **unknown
            )
        )[2]
        assert said.startswith("2 validation errors detected: Value '[cobol]' at 'compatibleRuntimes'")
        assert "Value '[i386]' at 'compatibleArchitectures'" in said
        old: Any = ["python3.7"]
        client.publish_layer_version(
            LayerName="l", Content={"ZipFile": zipped({"a": ""})}, CompatibleRuntimes=old
        )
        assert len(client.list_layers(CompatibleRuntime="python3.7")["Layers"]) == 1

    talk(scenario)


def test_a_name_that_is_too_long_for_a_function_is_refused_as_a_name_and_as_an_arn() -> None:
    def scenario(client: LambdaClient) -> None:
        request: Any = {
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "Role": "arn:aws:iam::000000000000:role/r",
            "Code": {"ZipFile": zipped({"app.py": ""})},
        }
        named = refused(lambda: client.create_function(FunctionName="x" * 65, **request))
        assert named[1] == _INVALID
        assert named[2].endswith("Member must have length less than or equal to 64")
        whole = refused(lambda: client.create_function(FunctionName=_ARN + "x" * 100, **request))
        assert whole[1] == _VALIDATION
        assert whole[2].endswith("Member must have length less than or equal to 140")

    talk(scenario)


@pytest.mark.slow
def test_a_policy_has_lambdas_longest_length() -> None:
    def scenario(client: LambdaClient) -> None:
        added = 0
        while added < 1000:
            try:
                client.add_permission(**(_STATEMENT | {"FunctionName": "f", "StatementId": f"s{added}"}))  # type: ignore[arg-type]
            except ClientError as error:
                said = error.response["Error"]
                break
            added += 1
        assert said["Code"] == "PolicyLengthExceededException"
        assert said["Message"].endswith(f"is bigger than the limit ({MAX_POLICY_BYTES}).")
        statements = json.loads(client.get_policy(FunctionName="f")["Policy"])["Statement"]
        assert [statement["Sid"] for statement in statements] == [f"s{number}" for number in range(added)]

    talk(scenario)


def test_what_is_left_out_is_null_and_not_a_text() -> None:
    def scenario(client: LambdaClient) -> None:
        connection = http.client.HTTPConnection(client.meta.endpoint_url.removeprefix("http://"), timeout=60)
        connection.request("PUT", "/2017-10-31/functions/f/concurrency", b"{}")
        said = json.loads(connection.getresponse().read())["message"]
        connection.close()
        assert said == (
            "1 validation error detected: Value null at 'reservedConcurrentExecutions' failed to satisfy constraint: Member "
            "must not be null"
        )

    talk(scenario)


def test_a_request_that_is_larger_than_its_operation_allows_is_told_by_how_much() -> None:
    def scenario(client: LambdaClient) -> None:
        host = client.meta.endpoint_url.removeprefix("http://")
        for method, path, said in (
            (
                "POST",
                "/2015-03-31/functions",
                "Request must be smaller than 70167211 bytes for the CreateFunction operation",
            ),
            (
                "POST",
                "/2015-03-31/functions/f/invocations",
                "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
            ),
        ):
            connection = http.client.HTTPConnection(host, timeout=60)
            # Nothing of it needs to be sent: its length is enough.
            connection.request(method, path, headers={"Content-Length": "80000000"})
            answer = connection.getresponse()
            assert answer.status == 413
            assert json.loads(answer.read())["message"] == said
            connection.close()

    talk(scenario)


def test_a_vpc_that_was_left_is_told_as_none() -> None:
    def scenario(client: LambdaClient) -> None:
        assert "VpcConfig" not in client.get_function_configuration(FunctionName="f")
        answer = client.update_function_configuration(
            FunctionName="f", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}
        )
        assert answer["VpcConfig"] == {
            "SubnetIds": [],
            "SecurityGroupIds": [],
            "VpcId": "",
            "Ipv6AllowedForDualStack": False,
        }

    talk(scenario)


def test_some_refusals_do_not_say_whose_fault_it_was() -> None:
    def scenario(client: LambdaClient) -> None:
        host = client.meta.endpoint_url.removeprefix("http://")
        arn = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-00000000000000000"
        reserve = "/2017-10-31/functions/f/concurrency"
        for method, path, body, is_typed in (
            ("PUT", reserve, b'{"ReservedConcurrentExecutions":901}', False),
            ("PUT", reserve, b"{}", True),
            ("GET", f"/2020-04-22/code-signing-configs/{arn}", b"", False),
            ("GET", "/2015-03-31/functions/absent", b"", True),
        ):
            connection = http.client.HTTPConnection(host, timeout=60)
            connection.request(method, path, body)
            said = json.loads(connection.getresponse().read())
            connection.close()
            assert ("Type" in said) == is_typed, said

    talk(scenario)


def test_an_environment_without_variables_is_told_once_it_was_given() -> None:
    def scenario(client: LambdaClient) -> None:
        assert "Environment" not in client.get_function_configuration(FunctionName="f")
        answer = client.update_function_configuration(FunctionName="f", Environment={"Variables": {}})
        assert answer["Environment"] == {"Variables": {}}

    talk(scenario)
