"""Calls to a host that the function names, by urllib, requests and boto3, with what the event brings in their paths."""

import concurrent.futures
import os
import urllib.parse
import urllib.request

import boto3
import requests

SERVICE = os.environ["SERVICE_URL"]
session = requests.Session()


def handler(event, context):
    item = urllib.parse.quote(event["item"], safe="")
    with urllib.request.urlopen(f"{SERVICE}/items/{item}?page={int(event['page'])}", timeout=60) as reply:
        by_urllib = reply.read().decode()
    by_requests = session.get(f"{SERVICE}/items", params={"q": event["item"]}, timeout=60).text
    client = boto3.client(
        "s3",
        endpoint_url=SERVICE,
        region_name=event["awsRegion"],
        config=boto3.session.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )
    stored = (
        client.get_object(Bucket=event["bucket"]["name"], Key=event["object"]["key"])["Body"].read().decode()
    )
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        several = list(pool.map(lambda one: session.get(f"{SERVICE}/{one}", timeout=60).text, ["a", "b"]))
    return {"urllib": by_urllib, "requests": by_requests, "s3": stored, "several": several}
