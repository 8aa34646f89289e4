"""Sends records of events to where their function's configuration says: queues, topics, buses, buckets, functions.

Names, subjects and limits: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dayfly.lab.events.records import Ending, dead_letter_attributes, write_record
from dayfly.lab.model import LabError
from dayfly.lab.services import Services

# SNS takes no more; what does not fit is sent without the payloads when an event failed, as on Lambda.
_MAX_TOPIC_BYTES = 256 * 1024
_SOURCE = "lambda"
_DETAIL_TYPE = "Lambda Function Invocation Result - "


@dataclass(frozen=True, slots=True)
class Arn:
    """The parts of an ARN that say which service keeps what, where and under which name."""

    service: str
    region: str
    account: str
    resource: str


def parse_arn(text: str) -> Arn:
    """Raises LabError for what has fewer parts than an ARN."""
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        raise LabError(f"{text!r} is not an ARN")
    return Arn(parts[2], parts[3], parts[4], parts[5])


class Destinations:
    """Delivers records and dead letters: functions of the lab get them as events by `invoke` (name, qualifier, payload),
    everything else is at `services`.

    Every method raises LabError when the target cannot be had.
    """

    def __init__(
        self, services: Services | None, invoke: Callable[[str, str | None, bytes], Awaitable[None]]
    ) -> None:
        self._services = services
        self._invoke = invoke

    async def send_record(self, target: str, ending: Ending) -> None:
        """Tell a destination how an event ended."""
        arn = parse_arn(target)
        record = write_record(ending)
        match arn.service:
            case "sqs":
                await self._send_message(arn, record, {})
            case "sns":
                if len(record) > _MAX_TOPIC_BYTES and not ending.is_success:
                    record = write_record(ending, with_payloads=False)
                await self._publish(target, record, {})
            case "events":
                await self._put_event(target, record, ending)
            case "s3":
                await self._put_object(arn, record, ending)
            case "lambda":
                name, _, qualifier = arn.resource.removeprefix("function:").partition(":")
                await self._invoke(name, qualifier or None, record)
            case _:
                raise LabError(
                    f"{target} is not a supported destination", hint="use SQS, SNS, EventBridge, S3 or Lambda"
                )

    async def send_dead_letter(self, target: str, ending: Ending) -> None:
        """Keep an event that was discarded: itself, with three attributes."""
        arn = parse_arn(target)
        attributes = {key: dict(value) for key, value in dead_letter_attributes(ending).items()}
        match arn.service:
            case "sqs":
                await self._send_message(arn, ending.payload, attributes)
            case "sns":
                await self._publish(target, ending.payload, attributes)
            case _:
                raise LabError(f"{target} is not a queue or topic")

    def _need(self) -> Services:
        if self._services is None:
            raise LabError(
                "the lab supports no other services",
                hint="start moto_server and give its URL: --services http://127.0.0.1:5000",
            )
        return self._services

    async def _send_message(self, arn: Arn, body: bytes, attributes: dict[str, dict[str, str]]) -> None:
        services = self._need()
        answer = await services.call(
            "sqs", "get_queue_url", QueueName=arn.resource, QueueOwnerAWSAccountId=arn.account
        )
        await services.call(
            "sqs",
            "send_message",
            QueueUrl=answer["QueueUrl"],
            MessageBody=_text(body),
            MessageAttributes=attributes,
        )

    async def _publish(self, target: str, body: bytes, attributes: dict[str, dict[str, str]]) -> None:
        await self._need().call(
            "sns", "publish", TopicArn=target, Message=_text(body), MessageAttributes=attributes
        )

    async def _put_event(self, target: str, record: bytes, ending: Ending) -> None:
        answer = await self._need().call(
            "events",
            "put_events",
            Entries=[
                {
                    "Source": _SOURCE,
                    "DetailType": _DETAIL_TYPE + ("Success" if ending.is_success else "Failure"),
                    "Detail": _text(record),
                    "Resources": [ending.arn, target],
                    "EventBusName": target,
                }
            ],
        )
        if answer.get("FailedEntryCount"):
            raise LabError(f"{target} rejected the record: {answer['Entries'][0].get('ErrorCode')}")

    async def _put_object(self, arn: Arn, record: bytes, ending: Ending) -> None:
        name = ending.arn.split(":")[6]
        at = time.gmtime(ending.at)
        key = (
            f"aws/lambda/async/{name}/{time.strftime('%Y/%m/%d', at)}/"
            f"{time.strftime('%Y-%m-%dT%H.%M.%S', at)}-{uuid.uuid4()}"
        )
        await self._need().call("s3", "put_object", Bucket=arn.resource, Key=key, Body=record)


def _text(body: bytes) -> str:
    # A payload was decoded as JSON before it was queued; a lone surrogate is all that could be in its way.
    return body.decode("utf-8", "replace")
