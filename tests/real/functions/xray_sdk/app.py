"""The X-Ray SDK with everything patched at import, a session that is traced, and segments of its own."""

import os

from aws_xray_sdk.core import patch_all, xray_recorder

patch_all()

import boto3  # noqa: E402
import requests  # noqa: E402

session = requests.Session()
dynamodb = boto3.client("dynamodb")
SERVICE = os.environ["SERVICE_URL"]


def handler(event, context):
    label = event["label"]
    with xray_recorder.in_subsegment("order") as subsegment:
        subsegment.put_annotation("order", label)
        session.post(f"{SERVICE}/orders", json={"id": label, "amount": event["n"]}, timeout=60)
        item = dynamodb.get_item(TableName="orders", Key={"id": {"S": "settings"}})["Item"]
        if event["fail"]:
            raise ValueError("the order is too small")
    return {"currency": item["currency"]["S"], "amount": event["n"]}
