"""Statements, conditions and documents of stores that are no SQL databases."""

import io

import boto3
import lxml.etree

client = boto3.client("dynamodb")
s3 = boto3.client("s3")


def fill():
    for key, team, note in (("s-1", "red", "red-note"), ("s-2", "blue", "blue-secret")):
        client.put_item(TableName="orders", Item={"id": {"S": key}, "team": {"S": team}, "note": {"S": note}})


def statement(event, context):
    fill()
    text = "SELECT note FROM \"orders\" WHERE team = 'red' AND id = '%s'" % event["id"]
    return client.execute_statement(Statement=text)["Items"]


def filter_text(event, context):
    fill()
    found = client.scan(
        TableName="orders",
        FilterExpression=f"team = :red AND contains(note, :word) {event.get('extra', '')}",
        ExpressionAttributeValues={":red": {"S": "red"}, ":word": {"S": event["word"]}},
    )
    return found["Items"]


def conditional(event, context):
    fill()
    client.update_item(
        TableName="orders",
        Key={"id": {"S": "s-2"}},
        UpdateExpression="SET note = :n",
        ConditionExpression=f"team = :red AND {event['when']}",
        ExpressionAttributeValues={":red": {"S": "red"}, ":n": {"S": "overwritten"}},
    )
    return client.get_item(TableName="orders", Key={"id": {"S": "s-2"}})["Item"]["note"]


def projection(event, context):
    fill()
    return client.get_item(
        TableName="orders", Key={"id": {"S": "s-2"}}, ProjectionExpression=f"id, {event['fields']}"
    )["Item"]


def key_prefix(event, context):
    """Each tenant has a folder; the tenant says which file."""
    s3.put_object(Bucket="receipts", Key="tenants/blue/plan.txt", Body=b"blue-plan")
    s3.put_object(Bucket="receipts", Key="tenants/red/x.txt", Body=b"red")
    key = "/".join(part for part in f"tenants/red/{event['file']}".split("/"))
    import posixpath

    return s3.get_object(Bucket="receipts", Key=posixpath.normpath(key))["Body"].read().decode()


def entities(event, context):
    parser = lxml.etree.XMLParser(resolve_entities=True)
    return lxml.etree.parse(io.BytesIO(event["xml"].encode()), parser).getroot().xpath("string()")


def entities_iter(event, context):
    found = lxml.etree.iterparse(io.BytesIO(event["xml"].encode()), resolve_entities=True, load_dtd=True)
    return [element.text for _, element in found]


def included(event, context):
    tree = lxml.etree.fromstring(event["xml"].encode()).getroottree()
    tree.xinclude()
    return tree.xpath("string()")


def xpath(event, context):
    root = lxml.etree.fromstring(b"<u><a team='red'>1</a><a team='blue'>blue-secret</a></u>")
    return [str(one) for one in root.xpath("//a[@team='red' and text()='" + event["text"] + "']/text()")]
