"""A handler that puts an order into one table and reads one bucket, with the grants that this takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scan.permissions.projects import allow, make_function

if TYPE_CHECKING:
    from dayfly.scan.template.model import LambdaFunction, Statement

CODE = """
import boto3, os
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
s3 = boto3.client("s3")
def handler(event, context):
    table.put_item(Item={"id": event["id"]})
    s3.get_object(Bucket=os.environ["BUCKET"], Key=event["key"])
"""
ENVIRONMENT = {"TABLE": "${Orders}", "BUCKET": "${Uploads}"}
TABLE = allow("dynamodb:PutItem", "${Orders.Arn}", line=20)
BUCKET = allow("s3:GetObject", "${Uploads.Arn}/*", line=21)
LOGS = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*", line=22)


def function(*statements: Statement, **more: object) -> LambdaFunction:
    return make_function(environment=ENVIRONMENT, statements=statements, **more)  # type: ignore[arg-type]
