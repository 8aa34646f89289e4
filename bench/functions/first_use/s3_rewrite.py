"""An object of S3 read, changed and written, as a notification asks for it."""

import gzip
import json
import os
from urllib.parse import unquote_plus

import boto3

s3 = boto3.client("s3", region_name="eu-central-1", endpoint_url=os.environ["PEER"])


def handler(event, context):
    done = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        body = json.loads(s3.get_object(Bucket="source", Key=key)["Body"].read())
        packed = gzip.compress(json.dumps({**body, "key": key}).encode(), mtime=0)
        s3.put_object(Bucket="target", Key=f"{key}.gz", Body=packed, ContentType="application/gzip")
        done.append(key)
    return {"done": done}
