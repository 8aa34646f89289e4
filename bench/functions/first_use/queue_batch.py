"""Messages of a queue in a batch, each parsed into a model by Powertools; failures are reported one by one."""

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from pydantic import PositiveInt

processor = BatchProcessor(event_type=EventType.SQS)
totals = {}


class Shipment(BaseModel):
    order: str
    pieces: PositiveInt


def ship(record):
    shipment = parse(event=record.json_body, model=Shipment)
    totals[shipment.order] = shipment.pieces


def handler(event, context):
    totals.clear()
    answer = process_partial_response(event=event, record_handler=ship, processor=processor, context=context)
    return {"totals": dict(totals), **answer}
