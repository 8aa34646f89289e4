import decimal
import json
import os

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

FAST = Config(retries={"max_attempts": 1}, connect_timeout=3, read_timeout=8, s3={"addressing_style": "path"})
dynamodb = boto3.resource("dynamodb", config=FAST)
s3 = boto3.client("s3", config=FAST)
TABLE, BUCKET = "fleet", "fleet-documents"


class Encoder(json.JSONEncoder):
    def default(self, value):
        if isinstance(value, decimal.Decimal):
            return float(value) if value % 1 else int(value)
        if isinstance(value, set):
            return sorted(value)
        return super().default(value)


def ok(body, status=200):
    return {"statusCode": status, "body": json.dumps(body, cls=Encoder, ensure_ascii=False, sort_keys=True)}


def setup():
    try:
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]}
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceInUseException":
            raise
    table = dynamodb.Table(TABLE)
    for vehicle, plate, km, driver in (
        ("1", "B-OK 4711", 120_500, "Zoë O'Hara"),
        ("2", "M-XY 12", 4_200, "Jan Novák"),
        ("3", "HH-SE 99", 76_000, "李 小龍"),
    ):
        table.put_item(
            Item={
                "pk": "company#a",
                "sk": f"vehicle#{vehicle}",
                "plate": plate,
                "km": km,
                "driver": driver,
                "vin": f"VIN-A-60{vehicle}",
            }
        )
    table.put_item(
        Item={
            "pk": "company#b",
            "sk": "vehicle#1",
            "plate": "rival-plate-8812",
            "km": 1,
            "driver": "Rival",
            "vin": "VIN-B",
        }
    )
    for key, body in (
        (
            "company-a/invoices/2024-05.csv",
            "date,amount,payee\n2024-05-01,12.50,O'Brien & Co\n2024-05-03,99,Bäckerei\n",
        ),
        ("company-a/manual (v2).txt", "Check the tyre's pressure; daily."),
        ("company-b/invoices/2024-05.csv", "rival-invoice-3390"),
        ("config/rules.json", '{"max_km": 100000}'),
    ):
        s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode())
    return table
