"""What S3 was sent, fetched to /tmp, read and answered; messages, parameters and secrets beside it."""

import json
import os
import tempfile
import urllib.parse

import boto3
from botocore.config import Config

s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
sqs, sns, ssm, secrets = (boto3.client(name) for name in ("sqs", "sns", "ssm", "secretsmanager"))
queue = sqs.get_queue_url(QueueName="orders")["QueueUrl"]


def take(record):
    bucket = record["s3"]["bucket"]["name"]
    key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps({"key": key}).encode(), Metadata={"shop": "north"})
    name = os.path.basename(key) or "none"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name[:100])
        s3.download_file(bucket, key, path)
        with open(path, encoding="utf-8") as file:
            body = json.load(file)
        target = f"done/{os.path.splitext(name)[0]}.json"
        s3.upload_file(path, bucket, target, ExtraArgs={"ContentType": "application/json"})
    head = s3.head_object(Bucket=bucket, Key=key)
    listed = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", [])]
    s3.copy_object(Bucket=bucket, Key=target + ".copy", CopySource={"Bucket": bucket, "Key": target})
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=60)
    s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": one} for one in (key, target, target + ".copy")]}
    )
    return {
        "body": body,
        "size": head["ContentLength"],
        "listed": listed,
        "url": urllib.parse.urlsplit(url).path,
        "target": target,
    }


def handler(event, context):
    taken = [take(record) for record in event["Records"]]
    text = json.dumps([one["body"] for one in taken])
    sqs.send_message(
        QueueUrl=queue,
        MessageBody=text,
        MessageAttributes={"shop": {"DataType": "String", "StringValue": "north"}},
    )
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=1).get("Messages", [])
    for message in received:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    ssm.put_parameter(Name="/shop/last", Value=text[:1000], Type="String", Overwrite=True)
    return {
        "taken": taken,
        "received": [message["Body"] == text for message in received],
        "last": ssm.get_parameter(Name="/shop/last")["Parameter"]["Value"] == text[:1000],
        "discount": ssm.get_parameter(Name="/shop/discount")["Parameter"]["Value"],
        "key": json.loads(secrets.get_secret_value(SecretId="shop/key")["SecretString"])["key"],
    }
