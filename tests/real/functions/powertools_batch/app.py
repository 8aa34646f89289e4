"""A batch of SQS records, each processed on its own; those that fail are reported by number."""

import os

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

logger = Logger(service="shop")
processor = BatchProcessor(event_type=EventType.SQS)
dynamodb = boto3.client("dynamodb")
dynamodb.get_item(TableName="orders", Key={"id": {"S": f"{os.environ['RUN']}-init"}})


def process(record):
    order = record.json_body
    if order["amount"] < 0:
        raise ValueError("the order is too small")
    dynamodb.put_item(
        TableName="orders", Item={"id": {"S": order["id"]}, "amount": {"N": str(order["amount"])}}
    )


@logger.inject_lambda_context
def handler(event, context):
    return process_partial_response(event=event, record_handler=process, processor=processor, context=context)
