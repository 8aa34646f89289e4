"""Tables without SQL, queues and topics."""

import base64
import json
import logging
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

logger = logging.getLogger()
NAME = "members-sixth"
client = boto3.client("dynamodb")
try:
    client.create_table(
        TableName=NAME,
        KeySchema=[{"AttributeName": "team", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "team", "AttributeType": "S"},
            {"AttributeName": "id", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
except ClientError:
    logger.info("the table is there")
table = boto3.resource("dynamodb").Table(NAME)
for team, id_, more in (
    ("tea", "1", {"nick": "Ann", "age": 30, "job": "user"}),
    ("tea", "2", {"nick": "O'Brien", "age": 41, "job": "user"}),
    ("ops", "9", {"nick": "Root", "age": 50, "job": "admin", "code": "tables-code-8228"}),
):
    table.put_item(Item={"team": team, "id": id_, **more})


def _json(body, status=200):
    return {"statusCode": status, "body": json.dumps(body, default=str, sort_keys=True, ensure_ascii=False)}


def member(event, context):
    """A member by a statement of PartiQL put together."""
    ids = event["pathParameters"]
    found = client.execute_statement(
        Statement=f"SELECT * FROM \"{NAME}\" WHERE team = 'tea' AND nick = '{ids['name']}'"
    )
    return _json(found["Items"])


def member_bound(event, context):
    """The same with a parameter."""
    found = client.execute_statement(
        Statement=f'SELECT * FROM "{NAME}" WHERE team = ? AND nick = ?',
        Parameters=[{"S": "tea"}, {"S": event["pathParameters"]["name"]}],
    )
    return _json(found["Items"])


def members_scan(event, context):
    """A filter whose field comes from the query."""
    query = event["queryStringParameters"]
    found = table.scan(
        FilterExpression=f"{query['field']} = :value AND team = :team",
        ExpressionAttributeValues={":team": "tea", ":value": query["value"]},
    )
    return _json(sorted(found["Items"], key=lambda item: item["id"]))


def members_find(event, context):
    """A filter of conditions of a list, by the library's objects."""
    body = json.loads(event["body"], parse_float=Decimal)
    condition = None
    for one in body["where"]:
        if one["op"] not in ("eq", "ne", "lt", "gt", "contains", "begins_with"):
            continue
        part = getattr(Attr(one["field"]), one["op"])(one["value"])
        condition = part if condition is None else condition & part
    more = {"FilterExpression": condition} if condition else {}
    found = table.query(KeyConditionExpression=Key("team").eq(body.get("team", "tea")), **more)
    return _json(found["Items"])


def member_update(event, context):
    """Fields of an item, with placeholders for names and values."""
    body = json.loads(event["body"], parse_float=Decimal)
    key = {"team": "notes", "id": event["pathParameters"]["id"]}
    names = {f"#n{index}": name for index, name in enumerate(body)}
    values = {f":v{index}": value for index, value in enumerate(body.values())}
    found = table.update_item(
        Key=key,
        UpdateExpression="SET " + ", ".join(f"#n{index} = :v{index}" for index in range(len(body))),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        ReturnValues="ALL_NEW",
    )
    table.delete_item(Key=key)
    return _json(found["Attributes"])


def members_page(event, context):
    """A page after a token of the last one."""
    query = event.get("queryStringParameters") or {}
    more = {}
    if token := query.get("token"):
        try:
            more["ExclusiveStartKey"] = json.loads(base64.urlsafe_b64decode(token))
        except ValueError:
            return _json({"error": "bad token"}, 400)
    found = table.query(KeyConditionExpression=Key("team").eq("tea"), Limit=1, **more)
    last = found.get("LastEvaluatedKey")
    token = base64.urlsafe_b64encode(json.dumps(last, sort_keys=True).encode()).decode() if last else None
    return _json({"names": [item["nick"] for item in found["Items"]], "token": token})


def member_remove(event, context):
    """Removes an item of its owner's, if it has the field that the message names."""
    done = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        table.put_item(
            Item={
                "team": "temp",
                "id": "1",
                "holder": "ann",
                "content": "x",
                "secret_text": "tables-owned-6336",
            }
        )
        try:
            found = table.delete_item(
                Key={"team": "temp", "id": "1"},
                ConditionExpression="holder = :holder AND attribute_exists(" + body["field"] + ")",
                ExpressionAttributeValues={":holder": body["owner"]},
                ReturnValues="ALL_OLD",
            )
            done.append(found.get("Attributes"))
        except ClientError as error:
            done.append(error.response["Error"]["Code"])
    return done


sqs = boto3.client("sqs")
queue = sqs.create_queue(QueueName="out-sixth")["QueueUrl"]


def fan_out(event, context):
    """Changes of a table to a queue, with attributes."""
    sent = []
    for record in event["Records"]:
        image = record["dynamodb"]["NewImage"]
        sqs.send_message(
            QueueUrl=queue,
            MessageBody=json.dumps(image),
            MessageAttributes={"kind": {"DataType": "String", "StringValue": image["kind"]["S"]}},
        )
        got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=1, MessageAttributeNames=["All"])[
            "Messages"
        ][0]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=got["ReceiptHandle"])
        sent.append([json.loads(got["Body"]), got["MessageAttributes"]["kind"]["StringValue"]])
    return sent
