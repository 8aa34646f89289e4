"""Vulnerable: queries of document stores, directories, XML and other small languages with the event's text in them."""

import io
import json
import os
import re
from contextlib import contextmanager
from xml.sax import handler as sax_handler
from xml.sax import make_parser

import boto3
import jmespath
import ldap3
import pymongo
import redis
import requests
from boto3.dynamodb.conditions import Attr
from lxml import etree
from store import Store

PARTNER = os.environ["PARTNER_URL"]


@contextmanager
def users():
    with Store() as store:
        client = pymongo.MongoClient("127.0.0.1", store.server_address[1], serverSelectionTimeoutMS=5000)
        try:
            yield client.shop.users
        finally:
            client.close()


def login(event, context):
    body = json.loads(event["body"])
    with users() as collection:
        found = collection.find_one({"name": body["name"], "password": body["password"]})
    return {"welcome": found["name"], "role": found["role"]} if found else {"denied": True}


def find_any(event, context):
    with users() as collection:
        return [one["password"] for one in collection.find(json.loads(event["body"])["filter"])]


def find_text(event, context):
    """A filter written as text."""
    with users() as collection:
        return [
            one["name"]
            for one in collection.find(json.loads('{"role": "user", "name": "%s"}' % event["name"]))
        ]


def find_where(event, context):
    with users() as collection:
        return [one["name"] for one in collection.find({"$where": f"this.name == '{event['name']}'"})]


def find_pattern(event, context):
    with users() as collection:
        return [
            one["name"]
            for one in collection.find(
                {"role": "admin", "password": {"$regex": "^" + event["password"] + "$"}}
            )
        ]


def stages(event, context):
    with users() as collection:
        return [
            one["password"]
            for one in collection.aggregate([{"$match": {"role": event["role"]}}, *event.get("more", [])])
        ]


def delete_one(event, context):
    with users() as collection:
        collection.delete_many({"name": event["name"]})
        return len(list(collection.find({})))


def update_any(event, context):
    with users() as collection:
        collection.update_one({"name": event["name"]}, {"$set": {"note": "x"}})
        return [one.get("note") for one in collection.find({"role": "admin"})]


def table():
    found = boto3.resource("dynamodb").Table("orders")
    for number, (owner, note) in enumerate((("ada", "dyn-secret-45"), ("eve", "nothing"))):
        found.put_item(Item={"id": f"y-{number}", "owner": owner, "note": note, "kind": "y"})
    return found


def dynamo_filter(event, context):
    found = table().scan(
        FilterExpression=f"kind = :k AND #o = :o AND {event['field']} <> :x",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":k": "y", ":o": "eve", ":x": "-"},
    )
    return [one.get("note") for one in found["Items"]]


def dynamo_update(event, context):
    rows = table()
    rows.update_item(
        Key={"id": "y-1"},
        UpdateExpression=f"SET {event['field']} = :v",
        ExpressionAttributeValues={":v": "new"},
    )
    return rows.get_item(Key={"id": "y-1"})["Item"]


def dynamo_condition(event, context):
    rows = table()
    try:
        rows.delete_item(
            Key={"id": "y-0"},
            ConditionExpression="#o = :me AND " + event["check"],
            ExpressionAttributeNames={"#o": "owner"},
            ExpressionAttributeValues={":me": "eve"},
        )
    except rows.meta.client.exceptions.ConditionalCheckFailedException:
        return "kept"
    return "deleted"


def dynamo_operators(event, context):
    """The old conditions, whose operator the event may name."""
    table()
    found = boto3.client("dynamodb").scan(
        TableName="orders",
        ScanFilter={
            "kind": {"AttributeValueList": [{"S": "y"}], "ComparisonOperator": "EQ"},
            "owner": event["owner"],
        },
    )
    return [one["note"]["S"] for one in found["Items"]]


def dynamo_method(event, context):
    rows = table()
    return [
        one["note"]
        for one in rows.scan(
            FilterExpression=Attr("kind").eq("y") & getattr(Attr("owner"), event["op"])(event["value"])
        )["Items"]
    ]


def partiql(event, context):
    table()
    found = boto3.client("dynamodb").execute_statement(
        Statement=f'SELECT * FROM "orders" WHERE "id" = \'{event["id"]}\''
    )
    return [one["note"]["S"] for one in found["Items"] if "note" in one]


def partiql_number(event, context):
    table()
    found = boto3.client("dynamodb").execute_statement(
        Statement=f"SELECT * FROM orders WHERE owner = 'eve' AND kind = {event['kind']}"
    )
    return [one["note"]["S"] for one in found["Items"] if "note" in one]


@contextmanager
def directory():
    connection = ldap3.Connection(ldap3.Server("ldap.example.org"), client_strategy=ldap3.MOCK_SYNC)
    for uid, group, pin in (("ada", "admins", "pin-4711"), ("eve", "users", "pin-0")):
        connection.strategy.add_entry(
            f"uid={uid},ou={group},dc=example,dc=org",
            {"objectClass": "person", "uid": uid, "description": pin, "sn": "x"},
        )
    connection.bind()
    yield connection


def ldap_filter(event, context):
    with directory() as connection:
        connection.search(
            "dc=example,dc=org", f"(&(objectClass=person)(uid={event['user']}))", attributes=["description"]
        )
        return [one.description.value for one in connection.entries]


def ldap_login(event, context):
    with directory() as connection:
        connection.search(
            "dc=example,dc=org",
            "(&(uid=%s)(description=%s))" % (event["user"], event["pin"]),
            attributes=["uid"],
        )
        return [one.uid.value for one in connection.entries]


USERS = "<users><user><name>ada</name><pin>pin-4711</pin></user><user><name>eve</name><pin>pin-0</pin></user></users>"


def xpath(event, context):
    return [one.text for one in etree.fromstring(USERS).xpath(f"//user[name='{event['name']}']/pin")]


def xpath_login(event, context):
    return [
        one.findtext("name")
        for one in etree.fromstring(USERS).xpath(
            "//user[name='" + event["name"] + "' and pin='" + event["pin"] + "']"
        )
    ]


def element_path(event, context):
    from xml.etree import ElementTree

    return [one.text for one in ElementTree.fromstring(USERS).findall(f"./user[name='eve']/{event['field']}")]


def xml_entities(event, context):
    return etree.fromstring(event["body"].encode(), etree.XMLParser(resolve_entities=True)).findtext("note")


def xml_dtd(event, context):
    return etree.fromstring(
        event["body"].encode(), etree.XMLParser(load_dtd=True, resolve_entities=True, no_network=False)
    ).findtext("note")


def xml_stream(event, context):
    return [
        one.text
        for _, one in etree.iterparse(io.BytesIO(event["body"].encode()), resolve_entities=True, tag="note")
    ]


def xml_include(event, context):
    tree = etree.ElementTree(etree.fromstring(event["body"].encode()))
    tree.xinclude()
    return etree.tostring(tree).decode()


def xml_style(event, context):
    style = etree.XSLT(etree.fromstring(event["style"].encode()))
    return str(style(etree.fromstring(USERS)))


def xml_sax(event, context):
    found = []

    class Handler(sax_handler.ContentHandler):
        def characters(self, text):
            found.append(text)

    parser = make_parser()
    parser.setFeature(sax_handler.feature_external_ges, True)
    parser.setContentHandler(Handler())
    parser.parse(io.StringIO(event["body"]))
    return "".join(found)


def jmes(event, context):
    data = {"items": [{"owner": "eve", "key": "none"}, {"owner": "ada", "key": "jmes-secret-9"}]}
    return jmespath.search(f"items[?owner=='{event['owner']}'].key", data)


def lua(event, context):
    server = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    server.set("y:eve", "nothing")
    server.set("y:admin", "redis-secret-7")
    return server.eval(f"return redis.call('get', 'y:{event['user']}')", 0)


def command(event, context):
    server = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    server.set("y:admin", "redis-secret-7")
    return (
        server.execute_command(*f"SET y:note {event['note']}".split())
        and server.execute_command(*f"GET y:{event['key']}".split())
        if " " not in event["key"]
        else [server.execute_command(*one.split()) for one in f"GET y:{event['key']}".split("\n")]
    )


def search_body(event, context):
    """A query document written as text."""
    text = (
        '{"query": {"bool": {"must": [{"match": {"title": "%s"}}], "filter": [{"term": {"tenant": "t1"}}]}}}'
        % event["q"]
    )
    sent = requests.post(
        PARTNER + "/_search", data=text, timeout=5, headers={"Content-Type": "application/json"}
    )
    return list(json.loads(sent.json()["body"])["query"])


def search_string(event, context):
    sent = requests.get(PARTNER + "/_search", params={"q": f"tenant:t1 AND title:{event['q']}"}, timeout=5)
    return sent.json()["path"]


def graph_query(event, context):
    sent = requests.post(
        PARTNER + "/graphql", json={"query": 'query { product(id: "%s") { name } }' % event["id"]}, timeout=5
    )
    return re.findall(r"(\w+)\s*\{", json.loads(sent.json()["body"])["query"])
