"""The configuration of asynchronous invocation is kept, told and refused as Lambda does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.lab.control.served import refused, talk, wait

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
_QUEUE = "arn:aws:sqs:us-east-1:123456789012:queue"


def test_a_configuration_lives_from_put_to_delete_with_each_qualifier_its_own() -> None:
    def scenario(client: LambdaClient) -> None:
        put = client.put_function_event_invoke_config(
            FunctionName="f", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": _QUEUE}}
        )
        assert put["FunctionArn"] == f"{_ARN}:$LATEST"
        assert put["MaximumRetryAttempts"] == 0
        assert put["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {"Destination": _QUEUE}}
        assert put.get("MaximumEventAgeInSeconds") is None
        updated = client.update_function_event_invoke_config(
            FunctionName="f", Qualifier="$LATEST", MaximumEventAgeInSeconds=60
        )
        assert (updated["MaximumRetryAttempts"], updated["MaximumEventAgeInSeconds"]) == (0, 60)
        assert updated["DestinationConfig"]["OnFailure"] == {"Destination": _QUEUE}
        assert updated["LastModified"] >= put["LastModified"]

        version = client.publish_version(FunctionName="f")["Version"]
        wait(client, "published_version_active", Qualifier=version)
        client.create_alias(FunctionName="f", Name="live", FunctionVersion=version)
        client.put_function_event_invoke_config(FunctionName="f", Qualifier="live", MaximumRetryAttempts=2)
        client.put_function_event_invoke_config(FunctionName="f:1", MaximumRetryAttempts=1)
        listed = client.list_function_event_invoke_configs(FunctionName="f", MaxItems=2)
        more = client.list_function_event_invoke_configs(FunctionName="f", Marker=listed["NextMarker"])
        found = listed["FunctionEventInvokeConfigs"] + more["FunctionEventInvokeConfigs"]
        assert {item["FunctionArn"].rpartition(":")[2]: item["MaximumRetryAttempts"] for item in found} == {
            "$LATEST": 0,
            "1": 1,
            "live": 2,
        }
        # What is left out of a second Put is gone.
        again = client.put_function_event_invoke_config(FunctionName="f", MaximumEventAgeInSeconds=90)
        assert again.get("MaximumRetryAttempts") is None
        assert again["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
        client.delete_function_event_invoke_config(FunctionName="f")
        gone = refused(lambda: client.get_function_event_invoke_config(FunctionName="f"))
        assert gone[::2] == (404, f"The function {_ARN}:$LATEST doesn't have an EventInvokeConfig")
        client.delete_alias(FunctionName="f", Name="live")
        left = client.list_function_event_invoke_configs(FunctionName="f")["FunctionEventInvokeConfigs"]
        assert [item["FunctionArn"] for item in left] == [f"{_ARN}:1"]

    talk(scenario)


def test_what_lambda_refuses_is_refused_in_its_words() -> None:
    def scenario(client: LambdaClient) -> None:
        def put(name: str = "f", **options: Any) -> tuple[int, str, str]:
            return refused(lambda: client.put_function_event_invoke_config(FunctionName=name, **options))

        nothing = "You must specify at least one of error handling or destination setting."
        assert put() == (400, "InvalidParameterValueException", nothing)
        absent = put("absent", MaximumRetryAttempts=1)
        assert absent == (404, "ResourceNotFoundException", "The function doesn't exist.")
        assert put(Qualifier="absent", MaximumRetryAttempts=1)[2] == "The function doesn't exist."
        assert "'maximumRetryAttempts'" in put(MaximumRetryAttempts=3)[2]
        assert put(MaximumRetryAttempts=2**70)[1] == "ValidationException"

        def to(arn: str, kind: str = "OnSuccess") -> tuple[int, str, str]:
            return put(DestinationConfig={kind: {"Destination": arn}})

        assert to("nonsense")[1] == "ValidationException"
        assert to(_QUEUE + "x" * 350)[1] == "ValidationException"
        assert to(_ARN)[2] == "You can't specify the function as a destination for itself."
        other = _ARN[:-1] + "other"
        assert to(other)[2] == f"The destination ARN {other} is invalid."
        invalid = "The provided destination config DestinationConfig("
        assert to("arn:aws:s3:::bucket")[2].startswith(invalid)
        assert to(_QUEUE + ".fifo", "OnFailure")[2].startswith(invalid)
        assert to("arn:aws:dynamodb:us-east-1:123456789012:table/x")[2].startswith(invalid)
        assert to("kafka://topic", "OnFailure")[2].startswith(invalid)
        update = refused(
            lambda: client.update_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=1)
        )
        assert update[::2] == (404, f"The function {_ARN}:$LATEST doesn't have an EventInvokeConfig")
        delete = refused(lambda: client.delete_function_event_invoke_config(FunctionName="f", Qualifier="x"))
        assert delete[0] == 404

    talk(scenario)
