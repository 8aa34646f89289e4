"""Lighthouse: a members' club on AWS's services."""

import json
import os
import tempfile
from decimal import Decimal
from urllib.parse import unquote_plus

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

KEY = "lighthouse-key-7714"
TABLE, BUCKET = "lighthouse-members", "lighthouse-files"
REGION = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "eu-west-1")
dynamodb = boto3.resource("dynamodb")
client = boto3.client("dynamodb")
s3, sqs, sns, ssm = (boto3.client(n) for n in ("s3", "sqs", "sns", "ssm"))
_ready = []
WORK = tempfile.mkdtemp(prefix="lighthouse-")


def table():
    if not _ready:
        if TABLE in client.list_tables()["TableNames"]:
            client.delete_table(TableName=TABLE)
        made = dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[
                {"AttributeName": "club", "KeyType": "HASH"},
                {"AttributeName": "id", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("club", "id")],
            BillingMode="PAY_PER_REQUEST",
        )
        for club, number, name, role, pin in (
            ("north", "1", "O'Hara", "member", "11"), ("north", "2", "Zoë", "member", "22"), ("keepers", "1", "Keeper", "admin", KEY),
        ):  # fmt: skip
            made.put_item(
                Item={"club": club, "id": number, "name": name, "role": role, "pin": pin, "points": 5}
            )
        try:
            s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        except ClientError:
            for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
                s3.delete_object(Bucket=BUCKET, Key=one["Key"])
        s3.put_object(Bucket=BUCKET, Key="members/u-17/card (1).txt", Body="It's Mia's card")
        s3.put_object(Bucket=BUCKET, Key="members/u-18/card.txt", Body=KEY)
        ssm.put_parameter(Name="/lighthouse/public/motto", Value="It's bright", Type="String", Overwrite=True)
        ssm.put_parameter(Name="/lighthouse/private/key", Value=KEY, Type="String", Overwrite=True)
        _ready.append(made)
    return _ready[0]


def reply(status, body):
    return {"statusCode": status, "body": json.dumps(body, default=str, ensure_ascii=False)}


def args(event):
    return event.get("queryStringParameters") or {}


def payload(event):
    return json.loads(event.get("body") or "{}", parse_float=Decimal)


def member(event, context):
    """One member by key."""
    found = table().get_item(Key={"club": "north", "id": args(event).get("id", "1")}).get("Item")
    return reply(200, {"name": found["name"]}) if found else reply(404, {"error": "no such member"})


def member_new(event, context):
    """A member, once."""
    b = payload(event)
    if not b.get("name"):
        return reply(400, {"error": "name is missing"})
    try:
        table().put_item(
            Item={"club": "south", "id": str(b["id"]), "name": b["name"], "note": b.get("note", "")},
            ConditionExpression=Attr("id").not_exists(),
        )
    except ClientError as error:
        return reply(409, {"error": error.response["Error"]["Code"]})
    return reply(201, table().get_item(Key={"club": "south", "id": str(b["id"])})["Item"])


def members(event, context):
    """A query with a filter."""
    found = table().query(
        KeyConditionExpression=Key("club").eq("north"),
        FilterExpression=Attr("name").contains(args(event).get("q", "")),
    )
    return reply(200, [i["name"] for i in found["Items"]])


def member_update(event, context):
    """Named attributes from a list."""
    b = {k: v for k, v in payload(event).items() if k in ("nick", "note")}
    if not b:
        return reply(400, {"error": "nothing to change"})
    found = table().update_item(
        Key={"club": "north", "id": "2"},
        UpdateExpression="SET " + ", ".join(f"#{k} = :{k}" for k in b),
        ExpressionAttributeNames={f"#{k}": k for k in b},
        ExpressionAttributeValues={f":{k}": v for k, v in b.items()},
        ReturnValues="UPDATED_NEW",
    )
    return reply(200, found["Attributes"])


def partiql(event, context):
    """PartiQL with parameters."""
    found = client.execute_statement(
        Statement=f'SELECT name FROM "{table().name}" WHERE club = ? AND name = ?',
        Parameters=[{"S": "north"}, {"S": args(event).get("name", "Zoë")}],
    )
    return reply(200, found["Items"])


def partiql_text(event, context):
    """PartiQL in an f-string."""
    try:
        found = client.execute_statement(
            Statement=f"SELECT * FROM \"{table().name}\" WHERE club = '{args(event).get('club', 'north')}'"
        )
    except ClientError as error:
        return reply(400, {"error": error.response["Error"]["Code"]})
    return reply(
        200,
        sorted(
            i["pin"]["S"] if i["role"]["S"] == "admin" else i["name"]["S"]
            for i in found["Items"]
            if "role" in i
        ),
    )


def scan_filter(event, context):
    """A scan with the client's own condition."""
    b = payload(event)
    found = table().scan(
        FilterExpression=b.get("filter", "club = :c"),
        ExpressionAttributeValues=b.get("values", {":c": "north"}),
    )
    return reply(200, sorted((i["name"], i.get("pin", "")) for i in found["Items"]))


def file_get(event, context):
    """A file of the caller's own folder."""
    user = event["requestContext"]["authorizer"]["claims"]["sub"]
    table()
    try:
        return reply(
            200,
            s3.get_object(Bucket=BUCKET, Key=f"members/{user}/{args(event).get('name', '')}")["Body"]
            .read()
            .decode(),
        )
    except ClientError as error:
        return reply(404, {"error": error.response["Error"]["Code"]})


def file_any(event, context):
    """A file by its key."""
    table()
    try:
        return reply(
            200,
            s3.get_object(Bucket=BUCKET, Key=unquote_plus(args(event).get("key", "")))["Body"]
            .read()
            .decode(),
        )
    except ClientError as error:
        return reply(404, {"error": error.response["Error"]["Code"]})


def file_put(event, context):
    """A text to the bucket and its tags back."""
    b = payload(event)
    table()
    s3.put_object(
        Bucket=BUCKET,
        Key="texts/" + b["name"],
        Body=b["text"].encode(),
        Metadata={"lines": str(b["text"].count("\n"))},
    )
    got = s3.get_object(Bucket=BUCKET, Key="texts/" + b["name"])
    return reply(201, {"size": got["ContentLength"], "lines": got["Metadata"]["lines"]})


def file_local(event, context):
    """A text to a local file by its key, as a download does it."""
    b = payload(event)
    path = os.path.join(WORK, b["name"])
    if "text" in b:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(b["text"])
    try:
        with open(path, encoding="utf-8") as file:
            return reply(200, {"start": file.read()[:60]})
    except OSError:
        return reply(404, {"error": "no file"})


def queue_send(event, context):
    """A message to a queue, and back."""
    b = payload(event)
    url = sqs.create_queue(QueueName="lighthouse-jobs")["QueueUrl"]
    sqs.send_message(
        QueueUrl=url,
        MessageBody=json.dumps(b, ensure_ascii=False),
        MessageAttributes={"kind": {"DataType": "String", "StringValue": b.get("kind", "x")}},
    )
    got = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    for message in got:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return reply(202, [json.loads(m["Body"]) for m in got])


def notify(event, context):
    """A notification with a subject of one line."""
    b = payload(event)
    subject = " ".join(b.get("subject", "").split()).encode("ascii", "ignore").decode()[:90]
    if not subject:
        return reply(400, {"error": "subject is missing"})
    sns.publish(
        TopicArn=sns.create_topic(Name="lighthouse-news")["TopicArn"], Subject=subject, Message=b["text"]
    )
    return reply(202, {"sent": subject})


def parameter(event, context):
    """A setting below the public ones, joined."""
    table()
    path = os.path.normpath("/lighthouse/public/" + args(event).get("name", "motto"))
    try:
        return reply(200, ssm.get_parameter(Name=path)["Parameter"]["Value"])
    except ClientError as error:
        return reply(404, {"error": error.response["Error"]["Code"]})
