"""Update a customer's payment details: the demo's function, with one hole on purpose."""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

import boto3

_TABLE = os.environ["PAYMENTS_TABLE"]
_DATABASE = boto3.client("dynamodb")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an event of an HTTP API: GET says ready, POST stores one payment."""
    if event["requestContext"]["http"]["method"] == "GET":
        return _answer(200, {"status": "ready"})
    details = json.loads(event["body"])
    # The hole. The shop's form lets a customer type "49.90 + 4.99", so somebody let Python do the sum.
    amount = eval(details["amount"])
    return _answer(200, {"payment": _store(details, amount), "amount": f"{amount:.2f}"})


def _store(details: dict[str, Any], amount: float) -> str:
    """Insert one record; the function's role allows this one operation and nothing else."""
    payment = uuid.uuid4().hex
    _DATABASE.put_item(
        TableName=_TABLE,
        Item={
            "payment": {"S": payment},
            "customer": {"S": details["customer"]},
            "card": {"S": "•••• " + details["card"][-4:]},
            "amount": {"N": f"{amount:.2f}"},
        },
    )
    return payment


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
