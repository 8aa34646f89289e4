"""Which queues, topics, buckets, buses and functions Lambda may send records to, by their ARNs; pure.

Dead letter targets, destinations of asynchronous invocations, and destinations of what an event source mapping gave up.
The words were recorded from AWS in September 2026 (`repro.evidence` in the rules `pf-lambda-dlq-*`, `pf-lambda-eic-*` and
`pf-lambda-esm-*` of https://github.com/badmintoncryer/cdk-preflight); docs/lab-fidelity.md names those that were not.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from dayfly.lab.control import refusals
from dayfly.lab.model import REGION

Fault = Literal["service", "region", "FIFO queue", "FIFO topic", "name"]

MAX_ARN = 350
# As botocore's model has it.
ARN_PATTERN = (
    r"$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:"
    r"((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
)
# The last part of an ARN, by service.
_RESOURCES = {
    "sqs": r"[A-Za-z0-9_-]{1,80}",
    "sns": r"[A-Za-z0-9_-]{1,256}",
    "s3": r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    "events": r"event-bus/[A-Za-z0-9/._-]{1,256}",
    "lambda": r"function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?",
}
_FIFO: dict[str, Fault] = {"sqs": "FIFO queue", "sns": "FIFO topic"}
_ELSEWHERE = "The resource specified by the TargetArn must be in the same region as the Lambda function it's associated with."
_DEAD_LETTER: dict[Fault, str] = {
    "service": "The service specified by the TargetArn is not supported for dead letter configuration.",
    "region": _ELSEWHERE,
    "FIFO queue": "FIFO SQS queue is not supported for dead letter configuration",
    "FIFO topic": "FIFO SNS topic is not supported for dead letter configuration",
    "name": "The ARN names no queue or topic.",
}
FIFO_TOPIC = "FIFO-type Amazon SNS topics aren't supported as a destination."
_FAILED_BATCH: dict[Fault, str] = {
    "service": "The service specified by the TargetArn isn't supported as a destination.",
    "region": _ELSEWHERE,
    "FIFO queue": "FIFO-type Amazon SQS queues aren't supported as a destination.",
    "FIFO topic": FIFO_TOPIC,
}


def find_fault(arn: str, services: Collection[str]) -> Fault | None:
    """Return the first reason why Lambda cannot send to `arn`, which must name one of the `services`."""
    parts = arn.split(":", 5)
    service = parts[2] if len(parts) > 2 else ""
    if service not in services:
        return "service"
    if len(parts) < 6:
        return "name"
    if service != "s3" and parts[3] != REGION:
        return "region"
    if service in _FIFO and parts[5].endswith(".fifo"):
        return _FIFO[service]
    return None if re.fullmatch(_RESOURCES[service], parts[5], re.ASCII) else "name"


def check_dead_letter(arn: str) -> None:
    """Raise InvokeRefusedError (400) for what is no dead letter target; empty is none."""
    fault = find_fault(arn, ("sqs", "sns")) if arn else None
    if fault is not None:
        raise refusals.invalid(f"Invalid dead letter queue ARN: {_DEAD_LETTER[fault]}")


def check_failed_batch(arn: str | None, *, is_kafka: bool) -> None:
    """Raise InvokeRefusedError (400) for what cannot be OnFailure of an event source mapping; a Kafka topic can for Kafka."""
    if arn is None:
        raise refusals.invalid("The Destination field is required for an OnFailure configuration.")
    if not arn or (is_kafka and arn.startswith("kafka:")):
        return
    fault = find_fault(arn, ("sqs", "sns", "s3"))
    if fault is not None:
        raise refusals.invalid(_FAILED_BATCH.get(fault, invalid_arn(arn)))


def invalid_arn(arn: str) -> str:
    return f"The destination ARN {arn} is invalid."
