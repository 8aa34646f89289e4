"""A request cut into messages of a queue, by a client that the handler makes on first use."""

import functools
import json
import os

import boto3


@functools.cache
def queue():
    return boto3.client("sqs", region_name="eu-central-1", endpoint_url=os.environ["PEER"])


def handler(event, context):
    entries = [
        {"Id": str(number), "MessageBody": json.dumps({"order": event["name"], "part": number})}
        for number in range(5)
    ]
    queue().send_message_batch(QueueUrl=f"{os.environ['PEER']}/000000000000/parts", Entries=entries)
    return {"n": event["n"], "sent": len(entries)}
