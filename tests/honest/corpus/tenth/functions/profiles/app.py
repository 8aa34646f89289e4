"""Profiles and sessions: DynamoDB, PartiQL, Redis, LDAP, JMESPath."""

import json
import os
import socket
from urllib.parse import urlparse

import boto3
import jmespath
import ldap3
import redis
from boto3.dynamodb.conditions import Attr
from boto3.dynamodb.types import TypeDeserializer
from jsonpath_ng.ext import parse as jsonpath

SECRET = "profile-secret-3097"
NAME = "tenth-profiles"
client = boto3.client("dynamodb")
table = boto3.resource("dynamodb").Table(NAME)


def _seed():
    try:
        client.create_table(
            TableName=NAME,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    except client.exceptions.ResourceInUseException:
        pass
    for item in (
        {
            "id": "u1",
            "fullname": "Ann",
            "city": "Köln",
            "tier": "pro",
            "visibility": "public",
            "apikey": SECRET,
        },
        {
            "id": "u2",
            "fullname": "Bob O'Hara",
            "city": "Cork",
            "tier": "free",
            "visibility": "public",
            "apikey": "t2",
        },
        {
            "id": "root",
            "fullname": "Root " + SECRET,
            "city": "-",
            "tier": "none",
            "visibility": "internal",
            "apikey": SECRET,
        },
    ):
        table.put_item(Item=item)


def _redis():
    r = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    r.mset({"tenth:profile:u1": "Ann", "tenth:profile:o'neil": "Cormac", "tenth:secret": SECRET})
    r.mset({"tenth:session:ann:1": "web", "tenth:session:root:9": SECRET})
    return r


def _json(data, status=200):
    return {"statusCode": status, "body": json.dumps(data, default=str, ensure_ascii=False)}


def get_profile(event, context):
    _seed()
    item = table.get_item(Key={"id": event["pathParameters"]["id"]}).get("Item")
    return _json(
        {k: item[k] for k in ("id", "fullname", "city")} if item else {"error": "not found"},
        200 if item else 404,
    )


def search_profiles(event, context):
    """Values are placeholders; the attribute's name is not."""
    _seed()
    params = event["queryStringParameters"]
    items = table.scan(
        FilterExpression=f"visibility = :vis AND contains({params['by']}, :term)",
        ExpressionAttributeValues={":vis": "public", ":term": params["q"]},
    )["Items"]
    return _json(sorted(item["fullname"] for item in items))


def filter_attr(event, context):
    """With the library's conditions."""
    _seed()
    condition = Attr("visibility").eq("public")
    for key, value in event["arguments"]["filter"].items():
        condition = condition & Attr(key).eq(value)
    return sorted(item["fullname"] for item in table.scan(FilterExpression=condition)["Items"])


def partiql(event, context):
    _seed()
    city = event["queryStringParameters"]["city"]
    rows = client.execute_statement(
        Statement=f"SELECT * FROM \"{NAME}\" WHERE visibility = 'public' AND city = '{city}'"
    )
    return _json(sorted(row["fullname"]["S"] for row in rows["Items"]))


def partiql_bound(event, context):
    _seed()
    rows = client.execute_statement(
        Statement=f'SELECT * FROM "{NAME}" WHERE fullname = ?', Parameters=[{"S": event["name"]}]
    )
    return {"found": len(rows["Items"])}


def update_profile(event, context):
    """Every field of the body is set."""
    _seed()
    body = json.loads(event["body"])
    expression = "SET " + ", ".join(f"{key} = :v{number}" for number, key in enumerate(body))
    item = table.update_item(
        Key={"id": event["pathParameters"]["id"]},
        UpdateExpression=expression,
        ExpressionAttributeValues={f":v{number}": value for number, value in enumerate(body.values())},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    item.pop("apikey", None)
    return _json(item)


def legacy_scan(event, context):
    """An old client's filter; conditions come from the request as they are."""
    _seed()
    conditions = {"visibility": {"AttributeValueList": [{"S": "public"}], "ComparisonOperator": "EQ"}}
    for key, value in json.loads(event["body"]).items():
        if isinstance(value, dict):
            conditions[key] = value
        else:
            conditions[key] = {"AttributeValueList": [{"S": value}], "ComparisonOperator": "EQ"}
    items = client.scan(TableName=NAME, ScanFilter=conditions)["Items"]
    return _json(sorted(item["fullname"]["S"] for item in items))


def cached(event, context):
    """A Lua script with the key inside."""
    r = _redis()
    user = event["queryStringParameters"]["user"]
    return _json({"name": r.eval(f'return redis.call("GET", "tenth:profile:{user}")', 0)})


def sessions(event, context):
    """All sessions of a user, by pattern."""
    r = _redis()
    user = event["requestContext"]["authorizer"]["claims"]["username"]
    return _json({key.split(":")[-1]: r.get(key) for key in sorted(r.keys(f"tenth:session:{user}:*"))})


def touch(event, context):
    """The protocol by hand, as there is no library in the layer."""
    _redis()
    address = urlparse(os.environ["REDIS_URL"])
    with socket.create_connection((address.hostname, address.port), timeout=5) as sock:
        sock.sendall(f"SETEX tenth:seen:{event['userName']} 60 1\r\nQUIT\r\n".encode())
        data = b""
        while chunk := sock.recv(4096):
            data += chunk
    event["response"] = {"cache": data.decode()}
    return event


def cache_put(event, context):
    """Messages become hashes."""
    r = _redis()
    seen = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        key = f"tenth:hash:{body['id']}"
        r.hset(key, mapping={k: str(v) for k, v in body.items()})
        seen.append(sorted(r.hgetall(key).items()))
        r.delete(key)
    return seen


def ldap_login(event, context):
    """The directory's filter has both."""
    body = json.loads(event["body"])
    server = ldap3.Server("fake")
    conn = ldap3.Connection(server, user="cn=app,dc=example", password="x", client_strategy=ldap3.MOCK_SYNC)
    conn.strategy.add_entry("cn=app,dc=example", {"userPassword": "x", "cn": "app"})
    conn.strategy.add_entry(
        "uid=root,dc=example",
        {"objectClass": "person", "uid": "root", "pin": "9999", "mail": SECRET + "@example.org"},
    )
    conn.strategy.add_entry(
        "uid=ann,dc=example",
        {"objectClass": "person", "uid": "ann", "pin": "1234", "mail": "ann@example.org"},
    )
    conn.bind()
    conn.search("dc=example", f"(&(uid={body['user']})(pin={body['pin']}))", attributes=["mail"])
    found = [str(entry.mail) for entry in conn.entries]
    return _json({"mails": sorted(found)}, 200 if found else 401)


def report_rows(event, context):
    """JMESPath over a document, the team's name in the expression."""
    document = {
        "members": [{"team": "sales", "name": "Ann"}, {"team": "dev", "name": "Zoë O'Neil"}],
        "admin": {"token": SECRET},
    }
    return jmespath.search(f"members[?team=='{event['team']}'].name", document)


def json_field(event, context):
    """A path of JSONPath below the event's own data."""
    document = {
        "public": {"title": "It's", "tags": ["a", "b"], "size": {"w": 1}},
        "private": {"token": SECRET},
    }
    return [match.value for match in jsonpath(f"$.public.{event['field']}").find(document)]


def on_change(event, context):
    """A stream's new images are counted by plan in Redis."""
    r = _redis()
    reader = TypeDeserializer()
    out = {}
    for record in event["Records"]:
        image = {key: reader.deserialize(value) for key, value in record["dynamodb"]["NewImage"].items()}
        key = f"tenth:plan:{image['plan']}"
        r.delete(key)
        r.sadd(key, image["id"])
        out[image["plan"]] = sorted(r.smembers(key))
    return out


def save_segment(event, context):
    """A marketing segment: which field, which value."""
    _seed()
    body = json.loads(event["body"])
    table.put_item(
        Item={
            "id": f"segment#{body['name']}",
            "fullname": "-",
            "visibility": "segment",
            "field": body["field"],
            "value": body["value"],
        }
    )
    return _json({"segment": body["name"]}, 201)


def run_segment(event, context):
    _seed()
    segment = table.get_item(Key={"id": f"segment#{event['detail']['segment']}"}).get("Item")
    if not segment:
        return {"members": None}
    items = table.scan(
        FilterExpression=f"visibility = :public AND {segment['field']} = :value",
        ExpressionAttributeValues={":public": "public", ":value": segment["value"]},
    )["Items"]
    return {"members": sorted(item["fullname"] for item in items)}
