"""A meal kit shop on AWS: tables, buckets, parameters, queues and topics."""

import base64
import io
import json
import os
import posixpath
import re
import urllib.parse
from decimal import Decimal

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes import S3Event
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import TypeDeserializer
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

FAST = Config(retries={"max_attempts": 1}, connect_timeout=3, read_timeout=5, parameter_validation=True)
dynamodb = boto3.resource("dynamodb", config=FAST)
client = dynamodb.meta.client
s3 = boto3.client("s3", config=FAST.merge(Config(s3={"addressing_style": "path"})))
ssm = boto3.client("ssm", config=FAST)
sqs = boto3.client("sqs", config=FAST)
sns = boto3.client("sns", config=FAST)
processor = BatchProcessor(event_type=EventType.SQS)
BUCKET, TABLE = "pantry-files", "pantry"


def _furnish():
    """Makes what is not there yet, and puts the same things into it."""
    for make, arguments in (
        (
            client.create_table,
            {
                "TableName": TABLE,
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
                ],
                "BillingMode": "PAY_PER_REQUEST",
            },
        ),
        (
            s3.create_bucket,
            {"Bucket": BUCKET, "CreateBucketConfiguration": {"LocationConstraint": os.environ["AWS_REGION"]}},
        ),
    ):
        try:
            make(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("ResourceInUseException", "BucketAlreadyOwnedByYou"):
                raise
    for item in (
        {
            "pk": "t#a",
            "sk": "meal#1",
            "title": "Ann's Soup",
            "price": Decimal("7.5"),
            "margin": "margin-a-1729",
        },
        {
            "pk": "t#a",
            "sk": "meal#2",
            "title": "李's dumplings (12)",
            "price": Decimal(9),
            "margin": "margin-a-2",
        },
        {"pk": "t#a", "sk": "meal#3", "title": "Tea & Toast; (2)", "price": Decimal(4), "margin": "m"},
        {"pk": "t#b", "sk": "meal#1", "title": "recipe-of-b-4104", "price": Decimal(3), "margin": "m"},
    ):
        dynamodb.Table(TABLE).put_item(Item=item)
    for key, body in (
        ("tenants/a/menu (1).txt", "Ann's menu; tea & cake"),
        ("tenants/a/été.csv", "name,town\nO'Brien,Cork\nBo,Malmö\n"),
        ("tenants/b/plan.txt", "plan-of-b-4104"),
    ):
        s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode())
    ssm.put_parameter(Name="/pantry/public/greeting", Value="It's tea time!", Type="String", Overwrite=True)
    ssm.put_parameter(Name="/pantry/secret/key", Value="pantry-key-9474", Type="String", Overwrite=True)


_furnish()
table = dynamodb.Table(TABLE)
queue = sqs.create_queue(QueueName="pantry")["QueueUrl"]
topic = sns.create_topic(Name="pantry")["TopicArn"]


def _json(status, body):
    return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False, default=str, sort_keys=True)}


def add_meal(event, context):
    """Stores a meal with whatever attributes it has, and reads it again."""
    meal = json.loads(event["body"], parse_float=Decimal)
    key = {"pk": "t#new", "sk": "meal#" + meal["id"]}
    table.put_item(Item={**meal, **key})
    found = table.get_item(Key=key, ConsistentRead=True)["Item"]
    table.delete_item(Key=key)
    return _json(201, found)


def meals(event, context):
    """A tenant's meals by a part of their title, page by page."""
    query = event.get("queryStringParameters") or {}
    condition = Key("pk").eq("t#a") & Key("sk").begins_with("meal#" + query.get("from", ""))
    extra = {"FilterExpression": Attr("title").contains(query["q"])} if query.get("q") else {}
    if query.get("cursor"):
        extra["ExclusiveStartKey"] = {"pk": "t#a", "sk": base64.urlsafe_b64decode(query["cursor"]).decode()}
    found = table.query(KeyConditionExpression=condition, ProjectionExpression="title, price", **extra)
    return _json(200, found["Items"])


def meals_by_field(event, context):
    """A tenant's meals by a field of the page's filter."""
    field, value = event["arguments"]["field"], event["arguments"]["value"]
    found = table.scan(
        FilterExpression=f"pk = :tenant AND {field} = :value",
        ExpressionAttributeValues={":tenant": "t#a", ":value": value},
        ProjectionExpression="title",
    )
    return sorted(item["title"] for item in found["Items"])


def meals_partiql(event, context):
    """A tenant's meals by title, by the table's SQL."""
    title = event["queryStringParameters"]["title"]
    found = client.execute_statement(
        Statement=f"SELECT title FROM \"{TABLE}\" WHERE pk = 't#a' AND title = '{title}'"
    )
    return _json(200, [item["title"] for item in found["Items"]])


def meals_partiql_bound(event, context):
    """The same with parameters."""
    title = event["queryStringParameters"]["title"]
    found = client.execute_statement(
        Statement=f'SELECT title, price FROM "{TABLE}" WHERE pk = ? AND title = ?', Parameters=["t#a", title]
    )
    return _json(200, found["Items"])


def change_meal(event, context):
    """Changes what the body names of a meal; names go into the expression as they are."""
    changes = json.loads(event["body"], parse_float=Decimal)
    sets = ", ".join(f"{name} = :v{index}" for index, name in enumerate(changes))
    table.put_item(Item={"pk": "t#c", "sk": "meal#1", "title": "x", "margin": "margin-c-1729"})
    done = table.update_item(
        Key={"pk": "t#c", "sk": "meal#1"},
        UpdateExpression="SET " + sets,
        ExpressionAttributeValues={f":v{index}": value for index, value in enumerate(changes.values())},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    done.pop("margin", None)
    return _json(200, done)


def change_meal_safely(event, context):
    """The same with placeholders for names."""
    changes = json.loads(event["body"], parse_float=Decimal)
    table.put_item(Item={"pk": "t#d", "sk": "meal#1", "title": "x"})
    done = table.update_item(
        Key={"pk": "t#d", "sk": "meal#1"},
        UpdateExpression="SET " + ", ".join(f"#n{index} = :v{index}" for index in range(len(changes))),
        ExpressionAttributeNames={f"#n{index}": name for index, name in enumerate(changes)},
        ExpressionAttributeValues={f":v{index}": value for index, value in enumerate(changes.values())},
        ReturnValues="ALL_NEW",
    )
    return _json(200, done["Attributes"])


def shown_fields(event, context):
    """One meal with the fields that the page asks for; the margin is not for customers."""
    fields = event["multiValueQueryStringParameters"]["field"]
    if "margin" in fields:
        return _json(403, {"error": "not for you"})
    found = table.get_item(Key={"pk": "t#a", "sk": "meal#1"}, ProjectionExpression=",".join(fields))
    return _json(200, found["Item"])


def file_of_tenant(event, context):
    """A tenant's file; the key is made tidy, as some names have double slashes."""
    name = urllib.parse.unquote(event["pathParameters"]["proxy"])
    key = posixpath.normpath(f"tenants/a/{name}")
    try:
        body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    except ClientError as error:
        return _json(404, {"error": error.response["Error"]["Code"]})
    return {"statusCode": 200, "body": body.decode()}


def upload_link(event, context):
    """A link to upload a file with, whose name the browser shows again."""
    body = json.loads(event["body"])
    name = re.sub(r"[\r\n\"]", "_", body["name"])
    url = s3.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": BUCKET,
            "Key": f"uploads/{body['name']}",
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        },
        ExpiresIn=60,
    )
    parts = urllib.parse.urlsplit(url)
    return _json(
        200, {"path": parts.path, "shown": urllib.parse.parse_qs(parts.query)["response-content-disposition"]}
    )


def store_files(event, context):
    """Copies new objects below the tenant's folder of results, with what they are as metadata."""
    stored = []
    for record in S3Event(event).records:
        key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
        s3.put_object(
            Bucket=BUCKET, Key=f"results/{key}", Body=key.encode(), Metadata={"from": urllib.parse.quote(key)}
        )
        head = s3.head_object(Bucket=BUCKET, Key=f"results/{key}")
        stored.append({"size": head["ContentLength"], "from": head["Metadata"]["from"]})
        s3.delete_object(Bucket=BUCKET, Key=f"results/{key}")
    return stored


def list_files(event, context):
    """Names of a tenant's files that begin so."""
    prefix = event["prefix"]
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=os.path.join("tenants/a", prefix))
    return [item["Key"] for item in found.get("Contents", [])]


def parameter(event, context):
    """A public parameter by its name."""
    name = os.path.join("/pantry/public", event["name"])
    try:
        return {"value": ssm.get_parameter(Name=name)["Parameter"]["Value"]}
    except ClientError as error:
        return {"error": error.response["Error"]["Code"]}


def _order(record):
    order = json.loads(record.body)
    sent = sqs.send_message(
        QueueUrl=queue,
        MessageBody=json.dumps(order, ensure_ascii=False),
        MessageAttributes={"who": {"DataType": "String", "StringValue": order["who"] or "-"}},
    )
    return sent["MD5OfMessageBody"]


def orders(event, context):
    """Sends each order of a batch on; what fails is named."""
    return process_partial_response(event=event, record_handler=_order, processor=processor, context=context)


def changes(event, context):
    """Tells a topic about changes of the table."""
    read, told = TypeDeserializer(), []
    for record in event["Records"]:
        image = {key: read.deserialize(value) for key, value in record["dynamodb"]["NewImage"].items()}
        sns.publish(
            TopicArn=topic,
            Subject=image["title"][:60].replace("\n", " ") or "-",
            Message=json.dumps(image, ensure_ascii=False),
        )
        told.append(image)
    return told


def remote_object(event, context):
    """An object out of a customer's public storage, which speaks the bucket's protocol."""
    place = event["storage"]
    remote = boto3.client(
        "s3",
        endpoint_url=place["endpoint"],
        config=Config(
            signature_version=UNSIGNED, s3={"addressing_style": "path"}, retries={"max_attempts": 1}
        ),
    )
    return {"text": remote.get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read(2000).decode()}


def csv_rows(event, context):
    """Rows of the tenant's table in the bucket, by a town."""
    town = event["town"]
    body = io.TextIOWrapper(s3.get_object(Bucket=BUCKET, Key="tenants/a/été.csv")["Body"], encoding="utf-8")
    return [line for line in body.read().splitlines()[1:] if line.endswith("," + town)]
