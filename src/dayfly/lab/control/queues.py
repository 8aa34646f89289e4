"""What the control plane asks of a queue at the lab's `services`."""

from __future__ import annotations

from botocore.exceptions import ClientError

from dayfly.lab.control import refusals
from dayfly.lab.events.destinations import parse_arn
from dayfly.lab.model import LabError
from dayfly.lab.services import Services

_ABSENT = "AWS.SimpleQueueService.NonExistentQueue"


async def visibility_s(services: Services, arn: str) -> int:
    """Return a queue's visibility timeout; raises InvokeRefusedError (400) for a queue that is not there."""
    queue = parse_arn(arn)
    try:
        found = await services.call(
            "sqs", "get_queue_url", QueueName=queue.resource, QueueOwnerAWSAccountId=queue.account
        )
        answer = await services.call(
            "sqs", "get_queue_attributes", QueueUrl=found["QueueUrl"], AttributeNames=["VisibilityTimeout"]
        )
    except LabError as error:
        cause = error.__cause__
        if isinstance(cause, ClientError) and cause.response["Error"]["Code"] in (
            _ABSENT,
            "QueueDoesNotExist",
        ):
            # Lambda receives, and says so, where the lab asks for attributes
            # (https://github.com/DataBiosphere/azul/issues/7050).
            raise refusals.invalid(
                f"Error occurred while ReceiveMessage. SQS Error Code: {_ABSENT}. SQS Error Message: The specified queue "
                "does not exist."
            ) from error
        raise refusals.service_refused("SQS", error) from error
    return int(answer["Attributes"]["VisibilityTimeout"])
