"""Objects, tables, caches, queues, parameters of AWS."""

import base64
import datetime
import decimal
import hashlib
import io
import json
import os
import re
import zipfile
from dataclasses import asdict, dataclass
from urllib.parse import unquote_plus

import boto3
from boto3.dynamodb.conditions import Attr, Key
from boto3.s3.transfer import TransferConfig

s3 = boto3.client("s3")
bucket = boto3.resource("s3").Bucket("receipts")
table = boto3.resource("dynamodb").Table("orders")
client = boto3.client("dynamodb")


@dataclass
class Cart:
    id: str
    lines: list
    note: str = ""


def single_table(event, context):
    """One table for all, keys with marks in them."""
    key = f"USER#{event['user']}#ORDER#{event['order']}"
    table.put_item(Item={"id": key, "entity": "order", "data": event["data"]})
    return table.query(KeyConditionExpression=Key("id").eq(key))["Items"]


def dataclass_item(event, context):
    cart = Cart(**event["cart"])
    table.put_item(Item=asdict(cart))
    return table.get_item(Key={"id": cart.id}, ProjectionExpression="id, note")["Item"]


def dynamic_update(event, context):
    body = json.loads(event["body"], parse_float=decimal.Decimal)
    key = {"id": "dyn-" + event["pathParameters"]["id"]}
    table.put_item(Item=key)
    expression, names, values = "set", {}, {}
    for name, value in body.items():
        expression += f" #{name} = :{name},"
        names["#" + name], values[":" + name] = name, value
    done = table.update_item(
        Key=key,
        UpdateExpression=expression[:-1],
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        ReturnValues="ALL_NEW",
    )
    return json.loads(json.dumps(done["Attributes"], default=str))


def removed_fields(event, context):
    table.put_item(Item={"id": "rm", **dict.fromkeys(event["fields"], 1), "kept": "x"})
    names = {f"#f{n}": name for n, name in enumerate(event["fields"])}
    done = table.update_item(
        Key={"id": "rm"},
        UpdateExpression="REMOVE " + ", ".join(names),
        ExpressionAttributeNames=names,
        ReturnValues="ALL_NEW",
    )
    return sorted(done["Attributes"])


def list_append(event, context):
    table.put_item(Item={"id": "list", "tags": []})
    done = table.update_item(
        Key={"id": "list"},
        UpdateExpression="SET tags = list_append(if_not_exists(tags, :none), :new)",
        ExpressionAttributeValues={":none": [], ":new": event["tags"]},
        ReturnValues="UPDATED_NEW",
    )
    return done["Attributes"]["tags"]


def filter_builder(event, context):
    for n, (state, total) in enumerate((("open", 3), ("done", 9))):
        table.put_item(Item={"id": f"fb-{n}", "state": state, "total": total})
    condition = Attr("id").begins_with("fb-")
    for name, rule in event["filters"].items():
        for operator, value in rule.items():
            if operator in ("eq", "ne", "lt", "gt", "between", "contains"):
                condition = condition & getattr(Attr(name), operator)(
                    *(value if isinstance(value, list) else [value])
                )
    return sorted(one["id"] for one in table.scan(FilterExpression=condition)["Items"])


def expression_text(event, context):
    """A condition as text, its parts chosen from the function's own."""
    table.put_item(Item={"id": "ex-1", "state": "open", "total": 3})
    comparison = {"eq": "=", "gt": ">", "lt": "<"}[event["op"]]
    field = event["field"] if event["field"] in ("state", "total") else "state"
    found = table.scan(
        FilterExpression=f"begins_with(id, :p) AND #f {comparison} :v",
        ExpressionAttributeNames={"#f": field},
        ExpressionAttributeValues={":p": "ex-", ":v": event["value"]},
    )
    return len(found["Items"])


def partiql_in(event, context):
    client.put_item(TableName="orders", Item={"id": {"S": "pi-1"}, "kind": {"S": "tea"}})
    marks = ", ".join("?" for _ in event["ids"])
    statement = f'SELECT id FROM "orders" WHERE id IN [{marks}]'
    return client.execute_statement(Statement=statement, Parameters=[{"S": one} for one in event["ids"]])[
        "Items"
    ]


def page_of_scan(event, context):
    arguments = {"Limit": int(event.get("limit", 2)), "ConsistentRead": True}
    if event.get("token"):
        arguments["ExclusiveStartKey"] = json.loads(base64.urlsafe_b64decode(event["token"]))
    return len(table.scan(**arguments)["Items"]) <= 2


def upload_fields(event, context):
    name = os.path.basename(event["queryStringParameters"]["name"])
    key = f"uploads/{hashlib.md5(name.encode()).hexdigest()[:6]}-{name}"
    made = s3.generate_presigned_post(
        "receipts", key, Conditions=[["content-length-range", 1, 1000]], ExpiresIn=60
    )
    return {"statusCode": 200, "body": json.dumps(made["fields"]["key"])}


def by_extension(event, context):
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    readers = {".json": json.loads, ".csv": lambda text: text.split(","), ".txt": str.upper}
    bucket.put_object(Key=key, Body=b'{"a": 1}' if key.endswith("json") else b"a,b")
    return readers[os.path.splitext(key)[1]](bucket.Object(key).get()["Body"].read().decode())


def unzip_to_bucket(event, context):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, text in event["files"].items():
            archive.writestr(zipfile.ZipInfo(name), text)
    s3.put_object(Bucket="receipts", Key=event["key"], Body=memory.getvalue())
    body = io.BytesIO(s3.get_object(Bucket="receipts", Key=event["key"])["Body"].read())
    base, done = os.path.splitext(event["key"])[0], []
    with zipfile.ZipFile(body) as archive:
        for name in archive.namelist():
            target = f"{base}/{os.path.basename(name)}"
            s3.upload_fileobj(archive.open(name), "receipts", target)
            done.append(target)
    return done


def downloaded(event, context):
    key = f"in/{event['name']}"
    s3.put_object(Bucket="receipts", Key=key, Body=b"x" * 10)
    path = "/tmp/" + event["name"]
    bucket.download_file(key, path, Config=TransferConfig(use_threads=True, max_concurrency=2))
    return os.path.getsize(path)


def renamed(event, context):
    """2026/11/30/name of a name with a day in it."""
    found = re.match(r"(?P<name>.+)-(?P<day>\d{4}-\d{2}-\d{2})\.(?P<ending>\w+)$", event["key"])
    day = datetime.date.fromisoformat(found["day"])
    target = f"sorted/{day:%Y/%m/%d}/{found['name']}.{found['ending']}"
    s3.put_object(Bucket="receipts", Key=event["key"], Body=b"")
    s3.copy({"Bucket": "receipts", "Key": event["key"]}, "receipts", target)
    return target


def metadata(event, context):
    s3.put_object(
        Bucket="receipts",
        Key="meta",
        Body=b"",
        Metadata=event["metadata"],
        ContentType=event["type"],
        Tagging="owner=ada",
    )
    head = s3.head_object(Bucket="receipts", Key="meta")
    return [head["Metadata"], head["ContentType"]]


def state_machine(event, context):
    return boto3.client("sts").get_caller_identity()["Account"] + ":" + event["name"]


def fan_out(event, context):
    queue = boto3.resource("sqs").get_queue_by_name(QueueName="orders")
    entries = [{"Id": str(n), "MessageBody": json.dumps(one)} for n, one in enumerate(event["items"])]
    return len(queue.send_messages(Entries=entries)["Successful"])


def secret(event, context):
    stored = json.loads(
        boto3.client("secretsmanager").get_secret_value(SecretId="shop/" + event["what"])["SecretString"]
    )
    return sorted(stored)


def parameters(event, context):
    ssm = boto3.client("ssm")
    return [one["Value"] for one in ssm.get_parameters_by_path(Path="/" + event["app"])["Parameters"]]


def published(event, context):
    topic = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
    done = boto3.client("sns").publish(TopicArn=topic, Subject=event["subject"][:100], Message=event["text"])
    return "MessageId" in done


def mailed(event, context):
    ses = boto3.client("ses")
    ses.verify_email_identity(EmailAddress="shop@example.org")
    done = ses.send_email(
        Source="shop@example.org",
        Destination={"ToAddresses": [event["to"]]},
        Message={"Subject": {"Data": event["subject"]}, "Body": {"Text": {"Data": event["text"]}}},
    )
    return "MessageId" in done
