"""Batches of SQS, Kinesis and DynamoDB by Powertools' processor, one bad record among good ones."""

import decimal

import pydantic
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent

logger = Logger(service="batches")
queue, stream = BatchProcessor(EventType.SQS), BatchProcessor(EventType.KinesisDataStreams)
seen = []


class Order(pydantic.BaseModel):
    id: str
    note: str
    total: decimal.Decimal


def take(body):
    order = Order.model_validate(body)
    if order.total < 0:
        raise ValueError(f"a total of {order.total}")
    logger.info("took", extra={"order": order.id})
    seen.append(order.note)


def handler(event, context):
    seen.clear()
    source = event["Records"][0]["eventSource"]
    if source == "aws:sqs":
        answer = process_partial_response(event, lambda record: take(record.json_body), queue, context)
    elif source == "aws:kinesis":
        answer = process_partial_response(
            event, lambda record: take(record.kinesis.data_as_json()), stream, context
        )
    else:
        for record in DynamoDBStreamEvent(event).records:
            take(record.dynamodb.new_image)
        answer = {}
    return {**answer, "seen": list(seen)}
