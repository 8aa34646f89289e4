"""Apiary: hives, readings and orders of bee-keepers, on DynamoDB, S3, SQS, SNS, SES and Step Functions."""

import base64
import csv
import decimal
import io
import json
import os
import posixpath
import tempfile
import zipfile
from urllib.parse import unquote_plus

import boto3
import requests
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

dynamodb = boto3.resource("dynamodb")
client = boto3.client("dynamodb")
s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"))
BUCKET = "apiary-files"
SECRET = "apiary-secret-8820"
_ready = []


def ready():
    """Tables, bucket and what is in them; made on the first call."""
    if _ready:
        return
    for name, key in (("hives", "id"), ("keepers", "mail")):
        try:
            client.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        except ClientError as e:
            if e.response["Error"]["Code"] != "ResourceInUseException":
                raise
    try:
        client.create_table(
            TableName="readings",
            KeySchema=[
                {"AttributeName": "hive", "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "hive", "AttributeType": "S"},
                {"AttributeName": "at", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
    except ClientError:
        pass
    hives = dynamodb.Table("hives")
    for hive in (
        {"id": "h1", "place": "King's Meadow", "keeper": "pat@example.com", "weight": 41, "is_open": True},
        {"id": "h2", "place": "Roof; 5th floor", "keeper": "li@example.com", "weight": 33, "is_open": True},
        {
            "id": "h3",
            "place": "Queen breeding",
            "keeper": "admin@apiary.example",
            "weight": 20,
            "is_open": False,
            "memo": SECRET,
        },
    ):
        hives.put_item(Item=hive)
    keepers = dynamodb.Table("keepers")
    keepers.put_item(
        Item={"mail": "pat@example.com", "name": "Pat O'Neill", "pin": "pin-1", "job_role": "keeper"}
    )
    keepers.put_item(
        Item={"mail": "admin@apiary.example", "name": "Admin", "pin": SECRET, "job_role": "admin"}
    )
    readings = dynamodb.Table("readings")
    for at, t in (("2026-05-01T08", "34.5"), ("2026-05-02T08", "35.1"), ("2026-06-01T08", "33.9")):
        readings.put_item(Item={"hive": "h1", "at": at, "t": decimal.Decimal(t)})
    s3.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name}
    ) if not _has_bucket() else None
    s3.put_object(Bucket=BUCKET, Key="public/guide (1).txt", Body="It's about bees; -- 50% honey".encode())
    s3.put_object(Bucket=BUCKET, Key="public/o'hara/map.csv", Body=b'hive,place\nh1,"a; b"\n')
    s3.put_object(Bucket=BUCKET, Key="private/keys.json", Body=json.dumps({"key": SECRET}).encode())
    _ready.append(True)


def _has_bucket():
    try:
        s3.head_bucket(Bucket=BUCKET)
        return True
    except ClientError:
        return False


class Numbers(json.JSONEncoder):
    def default(self, o):
        if isinstance(o, decimal.Decimal):
            return float(o)
        if isinstance(o, set):
            return sorted(o)
        return super().default(o)


def out(body, status=200):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"},
        "body": json.dumps(body, cls=Numbers, ensure_ascii=False, sort_keys=True),
    }


def get_hive(event, context):
    """GET /hives/{id}"""
    ready()
    item = dynamodb.Table("hives").get_item(Key={"id": event["pathParameters"]["id"]}).get("Item")
    if not item or not item.get("is_open"):
        return out({"message": "Hive not found"}, 404)
    return out(item)


def put_note(event, context):
    """PUT /notes/{id}: a note of a keeper, read back."""
    ready()
    body = json.loads(event["body"], parse_float=decimal.Decimal)
    table = dynamodb.Table("hives")
    key = "note#" + event["pathParameters"]["id"]
    table.put_item(Item={"id": key, **body})
    return out(table.get_item(Key={"id": key}, ConsistentRead=True)["Item"], 201)


def readings(event, context):
    """GET /readings?hive=&from=&to="""
    ready()
    q = event["queryStringParameters"]
    condition = Key("hive").eq(q["hive"])
    if q.get("from"):
        condition &= Key("at").between(q["from"], q.get("to", "9999"))
    got = dynamodb.Table("readings").query(
        KeyConditionExpression=condition, ScanIndexForward=q.get("order") != "desc"
    )
    return out(got["Items"])


def hives_where(event, context):
    """The map's filter: a field and an operator of the query in the expression."""
    ready()
    q = event["queryStringParameters"]
    try:
        got = dynamodb.Table("hives").scan(
            FilterExpression=f"is_open = :yes AND {q.get('field', 'keeper')} {q.get('op', '=')} :v",
            ExpressionAttributeValues={
                ":yes": True,
                ":v": int(q["value"]) if q["value"].isdigit() else q["value"],
            },
        )
    except ClientError as e:
        return out({"message": e.response["Error"]["Message"][:100]}, 400)
    return out(sorted(got["Items"], key=lambda i: i["id"]))


def hives_where_attr(event, context):
    """The same with Attr and a list of what may be asked for."""
    ready()
    q = event["queryStringParameters"]
    if q.get("field", "place") not in ("place", "keeper"):
        return out({"message": "field"}, 400)
    condition = Attr("is_open").eq(True) & Attr(q.get("field", "place")).contains(q["value"])
    return out(sorted(i["id"] for i in dynamodb.Table("hives").scan(FilterExpression=condition)["Items"]))


def change_profile(event, context):
    """PATCH /me: each field of the body into the update expression."""
    ready()
    body = json.loads(event["body"])
    table = dynamodb.Table("keepers")
    mail = "new+" + event["requestContext"]["authorizer"]["claims"]["email"]
    table.put_item(Item={"mail": mail, "name": "New", "job_role": "keeper"})
    values = {f":v{i}": v for i, v in enumerate(body.values())}
    try:
        got = table.update_item(
            Key={"mail": mail},
            UpdateExpression="SET " + ", ".join(f"{k} = :v{i}" for i, k in enumerate(body)),
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
        )
    except ClientError as e:
        return out({"message": e.response["Error"]["Message"][:160]}, 400)
    return out(got["Attributes"])


def change_profile_named(event, context):
    ready()
    body = {k: v for k, v in json.loads(event["body"]).items() if k not in ("mail", "job_role", "pin")}
    if not body:
        return out({"message": "nothing"}, 400)
    table = dynamodb.Table("keepers")
    table.put_item(Item={"mail": "named@example.com", "job_role": "keeper"})
    got = table.update_item(
        Key={"mail": "named@example.com"},
        UpdateExpression="SET " + ", ".join(f"#n{i} = :v{i}" for i in range(len(body))),
        ExpressionAttributeNames={f"#n{i}": k for i, k in enumerate(body)},
        ExpressionAttributeValues={f":v{i}": v for i, v in enumerate(body.values())},
        ReturnValues="ALL_NEW",
    )
    return out(got["Attributes"])


def by_keeper(event, context):
    """PartiQL with the keeper in the text."""
    ready()
    keeper = event["arguments"]["keeper"]
    try:
        got = client.execute_statement(
            Statement=f"SELECT id, place FROM hives WHERE is_open = true AND keeper = '{keeper}'"
        )
    except Exception as e:
        return {"error": type(e).__name__}
    load = TypeDeserializer().deserialize
    return sorted((load(i["id"]), load(i["place"])) for i in got["Items"] if "place" in i)


def by_keeper_bound(event, context):
    ready()
    got = client.execute_statement(
        Statement="SELECT id FROM hives WHERE keeper = ?", Parameters=[{"S": event["arguments"]["keeper"]}]
    )
    return sorted(i["id"]["S"] for i in got["Items"])


def export_fields(event, context):
    """GET /export?fields=id,place: a projection."""
    ready()
    fields = event["queryStringParameters"]["fields"]
    try:
        items = dynamodb.Table("hives").scan(
            ProjectionExpression=fields, FilterExpression=Attr("weight").gt(10)
        )["Items"]
    except ClientError as e:
        return out({"message": e.response["Error"]["Code"]}, 400)
    return out(sorted(items, key=lambda i: json.dumps(i, cls=Numbers, sort_keys=True)))


def sign_in(event, context):
    """The old login: a filter whose comparison the client may name."""
    ready()
    b = json.loads(event["body"])
    pin = b["pin"] if isinstance(b["pin"], dict) else {"EQ": b["pin"]}
    (operator, value), *_ = pin.items()
    try:
        got = dynamodb.Table("keepers").scan(
            ScanFilter={
                "mail": {"AttributeValueList": [b["mail"]], "ComparisonOperator": "EQ"},
                "pin": {"AttributeValueList": [value], "ComparisonOperator": operator},
            }
        )["Items"]
    except (ClientError, ParamValidationError) as e:
        return out({"message": type(e).__name__}, 400)
    return out(
        {"job_role": got[0]["job_role"], "name": got[0]["name"]} if got else {"message": "denied"},
        200 if got else 401,
    )


def file(event, context):
    """GET /files/{name+}: what is public in the bucket."""
    ready()
    key = posixpath.normpath(posixpath.join("public", event["pathParameters"]["name"]))
    try:
        body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    except ClientError as e:
        return out({"message": e.response["Error"]["Code"]}, 404)
    return {"statusCode": 200, "headers": {"Content-Type": "text/plain"}, "body": body.decode()}


def file_checked(event, context):
    ready()
    name = event["pathParameters"]["name"]
    key = posixpath.normpath(posixpath.join("public", name))
    if not key.startswith("public/"):
        return out({"message": "no"}, 403)
    try:
        s3.head_object(Bucket=BUCKET, Key=key)
    except ClientError as e:
        return out({"message": "missing", "key": key, "code": e.response["Error"]["Code"]}, 404)
    return out({"key": key})


def files(event, context):
    """GET /files?folder=: a listing below public/."""
    ready()
    prefix = os.path.join("public/", (event.get("queryStringParameters") or {}).get("folder", ""))
    got = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix, MaxKeys=50)
    return out([{"key": o["Key"], "size": o["Size"]} for o in got.get("Contents", [])])


def upload_url(event, context):
    """A presigned URL for an upload; shown without what changes with time."""
    ready()
    b = json.loads(event["body"])
    user = event["requestContext"]["authorizer"]["claims"]["sub"]
    made = s3.generate_presigned_post(
        BUCKET,
        f"users/{user}/{b['name']}",
        Fields={"Content-Type": b.get("type", "application/octet-stream")},
        Conditions=[
            ["content-length-range", 1, 5_000_000],
            {"Content-Type": b.get("type", "application/octet-stream")},
        ],
        ExpiresIn=300,
    )
    return out({k: made["fields"][k] for k in ("key", "Content-Type")})


def inbox(event, context):
    """S3 trigger: each new object into the working folder, under its key."""
    ready()
    root = tempfile.mkdtemp(prefix="apiary-")
    box = os.path.join(root, "inbox")
    os.makedirs(box)
    with open(os.path.join(root, "settings.json"), "w") as f:
        json.dump({"mode": "normal"}, f)
    saved = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        path = os.path.join(box, key.removeprefix("inbox/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        body = json.dumps({"mode": "changed", "by": key}).encode()
        with open(path, "wb") as f:
            f.write(body)
        saved.append(len(body))
    with open(os.path.join(root, "settings.json")) as f:
        settings = json.load(f)
    return {"saved": len(saved), "mode": settings["mode"]}


def inbox_base(event, context):
    """The same by the base name; the object comes from the bucket."""
    ready()
    sizes = {}
    with tempfile.TemporaryDirectory() as folder:
        for record in event["Records"]:
            key = unquote_plus(record["s3"]["object"]["key"])
            local = os.path.join(folder, os.path.basename(key) or "unnamed")
            try:
                s3.download_file(BUCKET, key, local)
                sizes[key] = os.path.getsize(local)
            except ClientError as e:
                sizes[key] = e.response["Error"]["Code"]
    return sizes


def photos_zip(event, context):
    """A ZIP of photos is unpacked into a folder by hand and what came out is read."""
    b = json.loads(event["body"])
    root = tempfile.mkdtemp(prefix="apiary-")
    target = os.path.join(root, "photos")
    os.makedirs(target)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(b["zip"]))) as z:
        for name in z.namelist():
            path = os.path.join(target, name)
            if name.endswith("/"):
                os.makedirs(path, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(z.read(name))
    found = sorted(os.path.relpath(os.path.join(d, n), root) for d, _, names in os.walk(root) for n in names)
    return out({"files": found})


def photos_zip_safe(event, context):
    b = json.loads(event["body"])
    with (
        tempfile.TemporaryDirectory() as target,
        zipfile.ZipFile(io.BytesIO(base64.b64decode(b["zip"]))) as z,
    ):
        if sum(i.file_size for i in z.infolist()) > 1_000_000:
            return out({"message": "too large"}, 413)
        z.extractall(target)
        found = [
            os.path.relpath(os.path.join(d, n), target) for d, _, names in os.walk(target) for n in names
        ]
    return out({"files": sorted(found)})


def enqueue(event, context):
    """POST /orders: to the queue, and read as the worker reads it."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    b = json.loads(event["body"])
    sqs.send_message(
        QueueUrl=url,
        MessageBody=json.dumps(b, ensure_ascii=False),
        MessageAttributes={"who": {"DataType": "String", "StringValue": b.get("name") or "nobody"}},
    )
    got = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=1)["Messages"][
        0
    ]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])
    return out({"who": got["MessageAttributes"]["who"]["StringValue"], "length": len(got["Body"])}, 202)


def announce(event, context):
    """A notice to the topic of the club."""
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="club")["TopicArn"]
    d = event["detail"]
    got = sns.publish(TopicArn=topic, Subject=d["subject"][:99], Message=d["text"])
    return {"sent": bool(got["MessageId"])}


def mail(event, context):
    """A mail by SES."""
    ses = boto3.client("ses")
    ses.verify_email_identity(EmailAddress="club@apiary.example")
    sent = []
    for record in event["Records"]:
        m = json.loads(record["body"])
        try:
            ses.send_email(
                Source="Apiary Club <club@apiary.example>",
                Destination={"ToAddresses": [m["to"]]},
                Message={
                    "Subject": {"Data": m["subject"]},
                    "Body": {"Text": {"Data": m["text"]}, "Html": {"Data": f"<p>{m['text']}</p>"}},
                },
            )
            sent.append(m["to"])
        except ClientError as e:
            sent.append(e.response["Error"]["Code"])
    return {"sent": sent}


def approve(event, context):
    """Starts the state machine for an order; the input is text put together."""
    sf = boto3.client("stepfunctions")
    machine = sf.create_state_machine(
        name="orders",
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}),
        roleArn="arn:aws:iam::123456789012:role/sf",
    )["stateMachineArn"]
    b = json.loads(event["body"])
    text = f'{{"order": "{b["order"]}", "approved": false, "comment": "{b.get("comment", "")}"}}'
    try:
        run = sf.start_execution(stateMachineArn=machine, input=text)["executionArn"]
    except ClientError as e:
        return out({"message": e.response["Error"]["Code"]}, 400)
    return out(json.loads(sf.describe_execution(executionArn=run)["input"]))


def parameter(event, context):
    """A setting of the Parameter Store by its name in the path."""
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name="/apiary/colour", Value="amber; it's", Type="String", Overwrite=True)
    try:
        got = ssm.get_parameter(Name="/apiary/" + event["pathParameters"]["name"])
    except ClientError as e:
        return out({"message": e.response["Error"]["Code"]}, 404)
    return out({"value": got["Parameter"]["Value"]})


def stream(event, context):
    """DynamoDB's stream, into a feed."""
    load = TypeDeserializer().deserialize
    feed = []
    for record in event["Records"]:
        new = {k: load(v) for k, v in record["dynamodb"].get("NewImage", {}).items()}
        old = {k: load(v) for k, v in record["dynamodb"].get("OldImage", {}).items()}
        feed.append(
            {
                "event": record["eventName"],
                "changed": sorted(k for k in {*new, *old} if new.get(k) != old.get(k)),
                "new": new,
            }
        )
    return json.loads(json.dumps(feed, cls=Numbers))


def import_csv(event, context):
    """A CSV into the table in batches; read back by its ids."""
    ready()
    rows = list(csv.DictReader(io.StringIO(event["body"])))
    with dynamodb.Table("hives").batch_writer(overwrite_by_pkeys=["id"]) as batch:
        for row in rows:
            batch.put_item(
                Item={
                    "id": "csv#" + row["id"],
                    "place": row["place"],
                    "n": decimal.Decimal(row.get("n") or 0),
                }
            )
    keys = [{"id": "csv#" + row["id"]} for row in rows]
    got = (
        dynamodb.batch_get_item(RequestItems={"hives": {"Keys": keys}})["Responses"]["hives"] if keys else []
    )
    return out(sorted(got, key=lambda i: i["id"]))


def firehose(event, context):
    """A transformation of Firehose."""
    records = []
    for r in event["records"]:
        try:
            d = json.loads(base64.b64decode(r["data"]))
            line = (
                json.dumps({"hive": d["hive"], "note": d.get("note", "").strip()}, ensure_ascii=False) + "\n"
            )
            records.append(
                {"recordId": r["recordId"], "result": "Ok", "data": base64.b64encode(line.encode()).decode()}
            )
        except (ValueError, KeyError):
            records.append({"recordId": r["recordId"], "result": "ProcessingFailed", "data": r["data"]})
    return {"records": records}


def custom_resource(event, context):
    """CloudFormation's custom resource answers to the URL it was given."""
    data = {"Message": "Hive " + event["ResourceProperties"].get("Name", "none")}
    body = {
        "Status": "SUCCESS",
        "PhysicalResourceId": "hive",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data,
    }
    r = requests.put(
        event["ResponseURL"], data=json.dumps(body).encode(), headers={"Content-Type": ""}, timeout=5
    )
    return {"status": r.status_code, "data": data}


def pre_sign_up(event, context):
    """Cognito: who may sign up."""
    mail = event["request"]["userAttributes"].get("email", "")
    if mail.endswith(("@apiary.example", "@example.com")):
        event["response"] |= {"autoConfirmUser": True, "autoVerifyEmail": True}
    event["response"]["claims"] = {
        "display": event["request"]["userAttributes"].get("name", event["userName"])[:40]
    }
    return event["response"]


def users(event, context):
    """The admin's search among the users of the pool: a filter of the attribute and the value."""
    idp = boto3.client("cognito-idp")
    pools = {p["Name"]: p["Id"] for p in idp.list_user_pools(MaxResults=50)["UserPools"]}
    pool = pools.get("apiary") or idp.create_user_pool(PoolName="apiary")["UserPool"]["Id"]
    for name, address in (("pat", "pat@example.com"), ("root", "root@apiary.example")):
        try:
            idp.admin_create_user(
                UserPoolId=pool, Username=name, UserAttributes=[{"Name": "email", "Value": address}]
            )
        except ClientError:
            pass
    q = event["queryStringParameters"]
    try:
        got = idp.list_users(UserPoolId=pool, Filter=f'{q.get("by", "email")} = "{q["value"]}"')["Users"]
    except ClientError as e:
        return out({"message": e.response["Error"]["Code"]}, 400)
    return out(sorted(u["Username"] for u in got))
