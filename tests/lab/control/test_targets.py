"""Dead letter targets and destinations: what Lambda sends no record to is refused, in the words recorded from AWS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.lab.control.served import refused, serving, update
from tests.lab.control.zips import zipped

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_HERE = "us-east-1:000000000000"
_QUEUE = f"arn:aws:sqs:{_HERE}:q"
_TOPIC = f"arn:aws:sns:{_HERE}:t"
_STREAM = f"arn:aws:kinesis:{_HERE}:stream/s"
_DEAD = "Invalid dead letter queue ARN: "
_REGION = "The resource specified by the TargetArn must be in the same region as the Lambda function it's associated with."


@pytest.fixture(scope="module")
def client() -> Iterator[LambdaClient]:
    with serving() as client:
        yield client


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        (
            f"arn:aws:lambda:{_HERE}:function:g",
            "The service specified by the TargetArn is not supported for dead letter configuration.",
        ),
        (
            "arn:aws:s3:::bucket",
            "The service specified by the TargetArn is not supported for dead letter configuration.",
        ),
        ("arn:aws:sqs:eu-west-1:000000000000:q", _REGION),
        (f"{_QUEUE}.fifo", "FIFO SQS queue is not supported for dead letter configuration"),
        (f"{_TOPIC}.fifo", "FIFO SNS topic is not supported for dead letter configuration"),
        (f"arn:aws:sqs:{_HERE}:", "The ARN names no queue or topic."),
        (f"arn:aws:sns:{_HERE}:a:b", "The ARN names no queue or topic."),
        ("arn:aws:sqs:q", "The ARN names no queue or topic."),
    ],
)
def test_a_dead_letter_target_is_a_standard_queue_or_topic_of_the_region(
    client: LambdaClient, arn: str, said: str
) -> None:
    config: Any = {"TargetArn": arn}
    create: Any = {
        "FunctionName": "new",
        "Runtime": client.get_function_configuration(FunctionName="f")["Runtime"],
        "Role": "arn:aws:iam::000000000000:role/r",
        "Handler": "app.handler",
        "Code": {"ZipFile": zipped({"app.py": "def handler(event, context): pass\n"})},
    }
    expected = (400, "InvalidParameterValueException", _DEAD + said)
    assert (
        refused(lambda: client.update_function_configuration(FunctionName="f", DeadLetterConfig=config))
        == expected
    )
    assert refused(lambda: client.create_function(**create, DeadLetterConfig=config)) == expected


def test_dead_letter_targets_are_kept_and_taken_away(client: LambdaClient) -> None:
    for arn in (_QUEUE, _TOPIC):
        update(client, DeadLetterConfig={"TargetArn": arn})
        assert client.get_function_configuration(FunctionName="f")["DeadLetterConfig"] == {"TargetArn": arn}
    update(client, DeadLetterConfig={"TargetArn": ""})
    assert "DeadLetterConfig" not in client.get_function_configuration(FunctionName="f")


def _sides(kind: str, arn: str) -> str:
    given = f"{kind}(destination={arn})"
    return (
        f"onSuccess={given}, onFailure=null" if kind == "OnSuccess" else f"onSuccess=null, onFailure={given}"
    )


@pytest.mark.parametrize("kind", ["OnSuccess", "OnFailure"])
@pytest.mark.parametrize(
    "arn",
    [
        _STREAM,
        f"{_QUEUE}.fifo",
        "arn:aws:sqs:eu-west-1:111122223333:q",
        "arn:aws:sns:eu-west-1:111122223333:t",
        "arn:aws:events:eu-west-1:111122223333:event-bus/b",
        "arn:aws:lambda:eu-west-1:000000000000:function:g",
        f"arn:aws:sqs:{_HERE}:",
        f"arn:aws:sns:{_HERE}:",
        "arn:aws:s3:::",
        f"arn:aws:iam:{_HERE}:role/r",
    ],
)
def test_a_destination_of_the_wrong_kind_or_place_is_refused(
    client: LambdaClient, kind: str, arn: str
) -> None:
    config: Any = {kind: {"Destination": arn}}
    answer = refused(
        lambda: client.put_function_event_invoke_config(FunctionName="f", DestinationConfig=config)
    )
    said = f"The provided destination config DestinationConfig({_sides(kind, arn)}) is invalid."
    assert answer == (400, "InvalidParameterValueException", said)


def test_a_topic_of_messages_in_order_and_a_bus_that_is_none_have_words_of_their_own(
    client: LambdaClient,
) -> None:
    def put(arn: str) -> str:
        config: Any = {"OnFailure": {"Destination": arn}}
        return refused(
            lambda: client.put_function_event_invoke_config(FunctionName="f", DestinationConfig=config)
        )[2]

    assert put(f"{_TOPIC}.fifo") == "FIFO-type Amazon SNS topics aren't supported as a destination."
    for arn in (f"arn:aws:events:{_HERE}:rule/r", f"arn:aws:events:{_HERE}:event-bus/"):
        assert put(arn) == f"The destination ARN {arn} is invalid."
    empty: Any = {"OnSuccess": {"Destination": ""}, "OnFailure": {"Destination": _STREAM}}
    both = refused(lambda: client.put_function_event_invoke_config(FunctionName="f", DestinationConfig=empty))
    assert f"(onSuccess=OnSuccess(destination=), onFailure=OnFailure(destination={_STREAM}))" in both[2]


def test_the_failures_of_a_stream_go_to_standard_queues_topics_and_buckets(client: LambdaClient) -> None:
    def make(config: Any, arn: str = _STREAM) -> Any:
        return client.create_event_source_mapping(
            FunctionName="f", EventSourceArn=arn, StartingPosition="LATEST", DestinationConfig=config
        )

    service = "The service specified by the TargetArn isn't supported as a destination."
    for arn, said in (
        (f"arn:aws:lambda:{_HERE}:function:g", service),
        ("kafka://topic", service),
        (f"{_QUEUE}.fifo", "FIFO-type Amazon SQS queues aren't supported as a destination."),
        (f"{_TOPIC}.fifo", "FIFO-type Amazon SNS topics aren't supported as a destination."),
        ("arn:aws:sqs:eu-west-1:000000000000:q", _REGION),
        (f"arn:aws:sqs:{_HERE}:", f"The destination ARN arn:aws:sqs:{_HERE}: is invalid."),
    ):
        answer = refused(lambda arn=arn: make({"OnFailure": {"Destination": arn}}))  # type: ignore[misc]
        assert answer == (400, "InvalidParameterValueException", said)
    nonsense = refused(lambda: make({"OnFailure": {"Destination": "queue"}}))
    assert nonsense[1] == "ValidationException"
    assert "'destinationConfig.onFailure.destination'" in nonsense[2]
    nowhere = refused(lambda: make({"OnFailure": {}}))
    assert nowhere[2] == "The Destination field is required for an OnFailure configuration."
    success = refused(lambda: make({"OnSuccess": {"Destination": _QUEUE}}))
    assert success[2] == "Unsupported DestinationConfig parameter for given event source mapping type."
    for number, arn in enumerate((_QUEUE, _TOPIC, "arn:aws:s3:::bucket")):
        made = make({"OnFailure": {"Destination": arn}}, f"{_STREAM}{number}")
        assert made["DestinationConfig"] == {"OnFailure": {"Destination": arn}}
