"""A membership service on DynamoDB, with its smaller neighbours."""

import base64
import json
import os
import re
from decimal import Decimal
from urllib.parse import unquote

import boto3
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import TypeDeserializer

TABLE = "ninth-members"
SEED = [
    {
        "pk": "acme",
        "sk": "user#1",
        "name": "Caoimhe O'Shaughnessy",
        "role": "user",
        "city": "Cork",
        "points": 10,
    },
    {"pk": "acme", "sk": "user#2", "name": "Zoë Krüger", "role": "user", "city": "Köln", "points": 90},
    {
        "pk": "acme",
        "sk": "admin#1",
        "name": "Root",
        "role": "admin",
        "secret": "ddb-secret-6657",
        "points": 0,
        "city": "-",
    },
    {"pk": "globex", "sk": "user#1", "name": "Robert Tables", "role": "user", "city": "Leeds", "points": 5},
    {
        "pk": "globex",
        "sk": "admin#1",
        "name": "Boss",
        "role": "admin",
        "secret": "ddb-other-6658",
        "points": 0,
        "city": "-",
    },
]


def table():
    resource = boto3.resource("dynamodb")
    try:
        made = resource.create_table(
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
    except resource.meta.client.exceptions.ResourceInUseException:
        made = resource.Table(TABLE)
    for item in SEED:
        made.put_item(Item=item)
    return made


def plain(items):
    return json.loads(
        json.dumps(items, default=lambda one: float(one) if isinstance(one, Decimal) else sorted(one))
    )


def ok(data, status=200):
    return {
        "statusCode": status,
        "headers": {"Access-Control-Allow-Origin": "*"},
        "body": json.dumps(plain(data), ensure_ascii=False, sort_keys=True),
    }


def by_city(event, context):
    """PartiQL with the city in it."""
    table()
    city = unquote(event["pathParameters"]["city"])
    statement = f"SELECT name, city FROM \"{TABLE}\" WHERE city = '{city}' AND role = 'user'"
    found = boto3.client("dynamodb").execute_statement(Statement=statement)["Items"]
    return ok(
        sorted((one["name"]["S"] for one in found if "name" in one))
        + [one for one in found if "secret" in one]
    )


def by_city_safe(event, context):
    """PartiQL with parameters."""
    table()
    found = boto3.client("dynamodb").execute_statement(
        Statement=f'SELECT name FROM "{TABLE}" WHERE city = ?', Parameters=[{"S": event["city"]}]
    )["Items"]
    return sorted(one["name"]["S"] for one in found)


def member(event, context):
    """One item by its keys."""
    ids = event["pathParameters"]
    item = table().get_item(Key={"pk": ids["tenant"], "sk": "user#" + ids["id"]}).get("Item")
    return ok(item) if item else ok({"message": "not found"}, 404)


def members(event, context):
    """The members of a tenant; the prefix is the caller's."""
    query = event.get("queryStringParameters") or {}
    found = table().query(
        KeyConditionExpression=Key("pk").eq(query["tenant"])
        & Key("sk").begins_with(query.get("prefix", "user#"))
    )
    return ok([one["name"] for one in found["Items"] if one["role"] == "user"])


def search(event, context):
    """A scan with a filter's text made of the body's fields."""
    body = json.loads(event["body"])
    parts, values = ["#r = :role"], {":role": "user"}
    for index, (field, value) in enumerate(body["filter"].items()):
        parts.append(f"{field} = :v{index}")
        values[f":v{index}"] = Decimal(str(value)) if isinstance(value, (int, float)) else value
    found = table().scan(
        FilterExpression=" AND ".join(parts),
        ExpressionAttributeNames={"#r": "role"},
        ExpressionAttributeValues=values,
    )
    return ok(sorted((one.get("secret", one["name"]) for one in found["Items"])))


def update(event, context):
    """PATCH with an expression of all fields in the body."""
    body = json.loads(event["body"], parse_float=Decimal)
    expression = "SET " + ", ".join(f"{field} = :{index}" for index, field in enumerate(body))
    changed = table().update_item(
        Key={"pk": "acme", "sk": "user#1"},
        UpdateExpression=expression,
        ExpressionAttributeValues={f":{index}": value for index, value in enumerate(body.values())},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    table()
    return ok(changed)


def update_safe(event, context):
    """The same with names as names."""
    body = event["arguments"]["input"]
    changed = table().update_item(
        Key={"pk": "acme", "sk": "user#2"},
        UpdateExpression="SET " + ", ".join(f"#n{i} = :v{i}" for i in range(len(body))),
        ExpressionAttributeNames={f"#n{i}": name for i, name in enumerate(body)},
        ExpressionAttributeValues={f":v{i}": value for i, value in enumerate(body.values())},
        ReturnValues="UPDATED_NEW",
    )["Attributes"]
    boto3.resource("dynamodb").Table(TABLE).delete_item(Key={"pk": "acme", "sk": "user#2"})
    return plain(changed)


def project(event, context):
    """The columns of an export."""
    fields = event["queryStringParameters"]["fields"]
    found = table().query(
        KeyConditionExpression=Key("pk").eq("acme"),
        FilterExpression=Attr("role").eq("user"),
        ProjectionExpression=fields,
    )
    return ok(found["Items"])


def conditional(event, context):
    """Any comparison that the front end knows: the method is chosen by its name."""
    body = json.loads(event["body"])
    condition = Attr("role").eq("user")
    for one in body["conditions"]:
        condition = condition & getattr(Attr(one["field"]), one["op"])(*one["values"])
    return ok(sorted(one["name"] for one in table().scan(FilterExpression=condition)["Items"]))


def counter(event, context):
    """Counts views; the attribute is the page."""
    page = event["detail"]["page"]
    members = table()
    changed = members.update_item(
        Key={"pk": "acme", "sk": "user#1"},
        UpdateExpression="SET points = points + :one",
        ExpressionAttributeValues={":one": event["detail"].get("by", 1)},
        ReturnValues="UPDATED_NEW",
    )
    table()
    return {"page": page, "points": plain(changed["Attributes"])["points"]}


def moved(event, context):
    """Members who moved, one PartiQL statement each."""
    table()
    done = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        statement = "UPDATE \"{}\" SET city = '{}' WHERE pk = '{}' AND sk = '{}'".format(
            TABLE, job["city"], job["tenant"].replace("'", "''"), job["member"].replace("'", "''")
        )
        try:
            boto3.client("dynamodb").execute_statement(Statement=statement)
        except boto3.client("dynamodb").exceptions.ClientError as error:
            done.append(error.response["Error"]["Code"])
        item = (
            boto3.resource("dynamodb")
            .Table(TABLE)
            .get_item(Key={"pk": job["tenant"], "sk": job["member"]})
            .get("Item")
        )
        done.append(plain(item))
    table()
    return done


def audit(event, context):
    """A stream's records, written as lines."""
    read = TypeDeserializer().deserialize
    lines = []
    for record in event["Records"]:
        image = {key: read(value) for key, value in record["dynamodb"].get("NewImage", {}).items()}
        lines.append(
            f"{record['eventName']}: " + "; ".join(f"{key}={value}" for key, value in sorted(image.items()))
        )
    return lines


def save_view(event, context):
    """A saved view of a dashboard: its filter is stored."""
    body = json.loads(event["body"])
    table().put_item(
        Item={"pk": "view", "sk": body["id"], "name": body["name"], "role": "view", "city": body["city"]}
    )
    return ok({"saved": body["id"]}, 201)


def run_view(event, context):
    """Runs it later."""
    members = table()
    view = members.get_item(Key={"pk": "view", "sk": event["view"]})["Item"]
    statement = "SELECT * FROM \"%s\" WHERE role = 'user' AND city = '%s'" % (TABLE, view["city"])
    found = boto3.client("dynamodb").execute_statement(Statement=statement)["Items"]
    return sorted(one.get("secret", one["name"])["S"] for one in found)


def token_page(event, context):
    """The next page's key comes back from the client, as base64."""
    query = event["queryStringParameters"]
    start = json.loads(base64.b64decode(query["next"])) if query.get("next") else None
    more = {"ExclusiveStartKey": start} if start else {}
    found = table().query(KeyConditionExpression=Key("pk").eq("acme"), Limit=2, **more)
    last = found.get("LastEvaluatedKey")
    return ok(
        {
            "items": [one["sk"] for one in found["Items"]],
            "next": base64.b64encode(json.dumps(last, sort_keys=True).encode()).decode() if last else None,
        }
    )


def object_key(event, context):
    """A presigned address for an upload below the user's prefix."""
    body = json.loads(event["body"])
    client = boto3.client("s3")
    url = client.generate_presigned_url(
        "put_object",
        Params={
            "Bucket": "ninth-files",
            "Key": f"users/{event['requestContext']['authorizer']['claims']['sub']}/{body['name']}",
        },
        ExpiresIn=60,
    )
    return ok({"path": re.sub(r"^https?://[^/]+", "", url).split("?")[0]})


def s3_select(event, context):
    """Objects of a user, by a prefix."""
    client = boto3.client("s3")
    try:
        client.create_bucket(
            Bucket="ninth-files", CreateBucketConfiguration={"LocationConstraint": client.meta.region_name}
        )
    except Exception:
        pass
    client.put_object(Bucket="ninth-files", Key="users/u-1/a (1).txt", Body=b"mine")
    client.put_object(Bucket="ninth-files", Key="admin/keys.txt", Body=b"s3-secret-9120")
    key = "users/" + event["user"] + "/" + event["name"]
    try:
        return {
            "text": client.get_object(Bucket="ninth-files", Key=os.path.normpath(key))["Body"].read().decode()
        }
    except client.exceptions.NoSuchKey:
        return {"text": None}


def select_rows(event, context):
    """Rows of a JSON file in the bucket, filtered by the service."""
    client = boto3.client("s3")
    try:
        client.create_bucket(
            Bucket="ninth-files", CreateBucketConfiguration={"LocationConstraint": client.meta.region_name}
        )
    except Exception:
        pass
    rows = [
        {"city": "Cork", "name": "Ann", "level": "1"},
        {"city": "Leeds", "name": "Bob", "level": "1"},
        {"city": "-", "name": "select-secret-2468", "level": "9"},
    ]
    client.put_object(Bucket="ninth-files", Key="people.json", Body="\n".join(map(json.dumps, rows)).encode())
    query = "SELECT s.name FROM s3object s WHERE s.city = '%s'" % event["queryStringParameters"]["city"]
    answer = client.select_object_content(
        Bucket="ninth-files",
        Key="people.json",
        ExpressionType="SQL",
        Expression=query,
        InputSerialization={"JSON": {"Type": "LINES"}},
        OutputSerialization={"JSON": {}},
    )
    return ok(
        {
            "rows": "".join(
                one["Records"]["Payload"].decode() for one in answer["Payload"] if "Records" in one
            ).split("\n")
        }
    )


def parameter(event, context):
    """A setting of a stage."""
    client = boto3.client("ssm")
    client.put_parameter(
        Name="/shop/prod/url", Value="https://shop.example.org/?a=b", Type="String", Overwrite=True
    )
    client.put_parameter(Name="/admin/token", Value="ssm-secret-1357", Type="SecureString", Overwrite=True)
    try:
        return {
            "value": client.get_parameter(
                Name=os.path.normpath(f"/shop/{event['stage']}/{event['name']}"), WithDecryption=True
            )["Parameter"]["Value"]
        }
    except client.exceptions.ParameterNotFound:
        return {"value": None}
