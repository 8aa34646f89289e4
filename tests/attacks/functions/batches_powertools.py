"""The same, with Powertools' processors."""

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)
from batches import process as price

KINDS = {
    "aws:sqs": EventType.SQS,
    "aws:kinesis": EventType.KinesisDataStreams,
    "aws:dynamodb": EventType.DynamoDBStreams,
}


def handler(event, context):
    first = event["Records"][0]
    is_fifo = first.get("eventSourceARN", "").endswith(".fifo")
    processor = (
        SqsFifoPartialProcessor() if is_fifo else BatchProcessor(event_type=KINDS[first["eventSource"]])
    )
    return process_partial_response(
        event=event,
        record_handler=lambda record: price(record.raw_event),
        processor=processor,
        context=context,
    )
