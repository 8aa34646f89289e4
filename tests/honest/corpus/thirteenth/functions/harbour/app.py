"""Harbour: berths, boats and papers of a marina on DynamoDB, S3 and SQS."""

import base64
import csv
import decimal
import gzip
import io
import json
import os
import pickle
import re
import tempfile
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote_plus

import boto3
from aws_lambda_powertools.utilities.parser import BaseModel, ValidationError, parse
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import TypeDeserializer
from botocore.client import Config
from botocore.exceptions import ClientError

NAME = "harbour-" + uuid.uuid4().hex[:8]
s3 = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
dynamo = boto3.resource("dynamodb")
ddb = boto3.client("dynamodb")
queue = boto3.client("sqs")
boats = None
BUCKET = NAME + "-papers"
ready = []
INBOX = os.path.realpath(tempfile.mkdtemp(prefix="inbox-"))
PAPERS = {
    "public/tariff.txt": "Berths from 12.50; it's cheap\n",
    "public/plans/north pier (2026).txt": "north\n",
    "owners/o1/insurance.txt": "policy of o1 -- valid\n",
    "owners/o2/insurance.txt": "secret-policy-of-o2\n",
    "data/boats.csv": "name,length\nL'Étoile,9.5\nSea; Drop,12\n",
    "data/log.txt.gz": None,
}
BOATS = [
    {"id": "b1", "owner": "o1", "name": "L'Étoile", "length": 9, "berth": "N-4", "pin": "pin-1111"},
    {"id": "b2", "owner": "o1", "name": "Sea; Drop", "length": 12, "berth": "S-1", "pin": "pin-2222"},
    {
        "id": "b3",
        "owner": "o2",
        "name": "Royal -- Swan",
        "length": 30,
        "berth": "N-1",
        "pin": "pin-secret-o2",
    },
]


def setup():
    global boats
    boats = dynamo.Table(NAME)
    if not ready:
        ready.append(1)
        try:
            ddb.create_table(
                TableName=NAME,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            region = s3.meta.region_name
            where = (
                {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            )
            s3.create_bucket(Bucket=BUCKET, **where)
        except (ddb.exceptions.ResourceInUseException, s3.exceptions.BucketAlreadyOwnedByYou):
            pass
        for key, text in PAPERS.items():
            s3.put_object(
                Bucket=BUCKET,
                Key=key,
                Body=text.encode() if text else gzip.compress(b"GET /?q=1' or 1=1\nGET /ok\n"),
            )
    for item in BOATS:
        boats.put_item(Item=item)


def plain(value):
    if isinstance(value, decimal.Decimal):
        return int(value) if value % 1 == 0 else float(value)
    if isinstance(value, set):
        return sorted(value)
    return str(value)


def reply(status, body):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body, default=plain, ensure_ascii=False),
    }


def get_boat(event, context):
    setup()
    item = boats.get_item(Key={"id": event["pathParameters"]["id"]}).get("Item")
    if not item:
        return reply(404, {"message": "no such boat"})
    item.pop("pin", None)
    return reply(200, item)


def put_boat(event, context):
    setup()
    item = json.loads(event["body"], parse_float=decimal.Decimal)
    item["id"] = event["pathParameters"]["id"]
    boats.put_item(Item=item)
    saved = boats.get_item(Key={"id": item["id"]})["Item"]
    boats.delete_item(Key={"id": item["id"]})
    return reply(200, saved)


def update_boat(event, context):
    """PATCH: the expression is made of names and values apart."""
    setup()
    changes = {
        k: v for k, v in json.loads(event["body"]).items() if k in ("name", "berth", "length", "remark")
    }
    if not changes:
        return reply(400, {"message": "nothing"})
    r = boats.update_item(
        Key={"id": event["pathParameters"]["id"]},
        UpdateExpression="SET " + ", ".join(f"#{k} = :{k}" for k in changes),
        ExpressionAttributeNames={f"#{k}": k for k in changes},
        ExpressionAttributeValues={f":{k}": v for k, v in changes.items()},
        ReturnValues="ALL_NEW",
    )
    out = {k: r["Attributes"].get(k) for k in ("name", "berth", "remark")}
    boats.delete_item(Key={"id": event["pathParameters"]["id"]})
    return reply(200, out)


def update_field(event, context):
    """One field by its name in the path, in the expression's text."""
    setup()
    p = event["pathParameters"]
    r = boats.update_item(
        Key={"id": p["id"]},
        UpdateExpression=f"SET {p['field']} = :v",
        ExpressionAttributeValues={":v": json.loads(event["body"])["value"]},
        ReturnValues="ALL_NEW",
    )
    item = r["Attributes"]
    boats.put_item(Item=next((b for b in BOATS if b["id"] == p["id"]), {"id": p["id"]}))
    return reply(200, {k: v for k, v in item.items() if k != "pin"})


def my_boats(event, context):
    """Of the owner of the token, by conditions."""
    setup()
    owner = event["requestContext"]["authorizer"]["claims"]["sub"]
    q = event.get("queryStringParameters") or {}
    condition = Attr("owner").eq(owner)
    if q.get("q"):
        condition &= Attr("name").contains(q["q"])
    if q.get("min"):
        condition &= Attr("length").gte(int(q["min"]))
    items = boats.scan(FilterExpression=condition)["Items"]
    return reply(200, sorted((i["name"], i["berth"]) for i in items))


def filter_boats(event, context):
    """The same with an expression in text."""
    setup()
    q = event["queryStringParameters"]
    r = boats.scan(
        FilterExpression=f"#o = :o AND {q.get('field', 'berth')} = :v",
        ExpressionAttributeNames={"#o": "owner"},
        ExpressionAttributeValues={":o": "o1", ":v": q["value"]},
    )
    return reply(200, [i["name"] for i in sorted(r["Items"], key=lambda i: i["id"])])


def partiql(event, context):
    """PartiQL as a string."""
    setup()
    name = event["queryStringParameters"]["name"]
    r = ddb.execute_statement(Statement=f"SELECT * FROM \"{NAME}\" WHERE owner = 'o1' AND name = '{name}'")
    load = TypeDeserializer().deserialize
    items = [{k: load(v) for k, v in i.items()} for i in r["Items"]]
    return reply(
        200, sorted((i["name"], i.get("pin", "")[:3] if i["owner"] == "o1" else i["pin"]) for i in items)
    )


def partiql_bound(event, context):
    setup()
    name = event["queryStringParameters"]["name"]
    r = ddb.execute_statement(Statement=f'SELECT * FROM "{NAME}" WHERE name = ?', Parameters=[{"S": name}])
    return reply(200, [i["berth"]["S"] for i in r["Items"]])


def projected(event, context):
    """GET /boats/{id}?fields=name,berth"""
    setup()
    fields = event["queryStringParameters"]["fields"]
    names = {f"#f{n}": f.strip() for n, f in enumerate(fields.split(",")) if f.strip() != "pin"}
    r = boats.get_item(
        Key={"id": event["pathParameters"]["id"]},
        ProjectionExpression=",".join(names),
        ExpressionAttributeNames=names,
    )
    return reply(200, r.get("Item", {}))


def projected_text(event, context):
    """The same with the text as it comes, but for the first word."""
    setup()
    fields = event["queryStringParameters"]["fields"]
    if fields.split(",")[0] == "pin":
        return reply(403, {"message": "not that"})
    r = boats.get_item(Key={"id": event["pathParameters"]["id"]}, ProjectionExpression=fields)
    return reply(200, dict(sorted(r.get("Item", {}).items())))


def query_key(event, context):
    setup()
    r = boats.query(KeyConditionExpression=Key("id").eq(event["pathParameters"]["id"]), Limit=1)
    return reply(200, {"count": r["Count"], "names": [i["name"] for i in r["Items"]]})


def batch_get(event, context):
    setup()
    ids = list(dict.fromkeys(json.loads(event["body"])["ids"]))[:25]
    r = dynamo.batch_get_item(RequestItems={NAME: {"Keys": [{"id": i} for i in ids]}})
    return reply(200, sorted(i["name"] for i in r["Responses"][NAME]))


def paper(event, context):
    """GET /papers/{proxy+}: public ones."""
    setup()
    key = "public/" + event["pathParameters"]["proxy"]
    try:
        body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    except ClientError as error:
        return reply(404, {"message": error.response["Error"]["Code"], "key": key})
    return reply(200, {"text": body})


def own_paper(event, context):
    """A paper of the owner; whose it is comes with the request."""
    setup()
    body = json.loads(event["body"])
    key = os.path.normpath(os.path.join("owners", body["owner"], body["file"]))
    try:
        return reply(200, {"text": s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()})
    except ClientError as error:
        return reply(404, {"message": error.response["Error"]["Code"]})


def upload_link(event, context):
    """A presigned URL for a new file."""
    setup()
    body = json.loads(event["body"])
    key = f"uploads/{event['requestContext']['authorizer']['claims']['sub']}/{os.path.basename(body['filename'])}"
    url = s3.generate_presigned_url(
        "put_object",
        Params={"Bucket": BUCKET, "Key": key, "ContentType": body.get("type", "text/plain")},
        ExpiresIn=300,
    )
    return reply(200, {"key": key, "signed": "X-Amz-Signature" in url, "method": "PUT"})


def upload_post(event, context):
    """A form for an upload with conditions."""
    setup()
    body = json.loads(event["body"])
    made = s3.generate_presigned_post(
        BUCKET, f"in/{body['name']}", Conditions=[["content-length-range", 1, 5000000]], ExpiresIn=60
    )
    return reply(200, {"key": made["fields"]["key"], "fields": sorted(made["fields"])})


def list_papers(event, context):
    setup()
    prefix = (event.get("queryStringParameters") or {}).get("prefix", "")
    r = s3.list_objects_v2(Bucket=BUCKET, Prefix="public/" + prefix, MaxKeys=50)
    return reply(200, [o["Key"].removeprefix("public/") for o in r.get("Contents", [])])


def on_upload(event, context):
    """Lines and columns of a new CSV."""
    setup()
    out = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        try:
            body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        except ClientError:
            out.append({"key": key, "error": "gone"})
            continue
        rows = list(csv.reader(io.StringIO(body.decode("utf-8", "replace"))))
        out.append({"key": key, "rows": len(rows), "columns": rows[0] if rows else []})
    return {"files": out}


def to_tmp(event, context):
    """The same with a download to /tmp under the object's own name; it goes again afterwards."""
    setup()
    out = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        path = INBOX + "/" + key.split("/", 1)[-1]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"content of an upload")
        s3.download_file(BUCKET, key, path)
        out.append(os.path.getsize(path))
        os.remove(path)
        s3.delete_object(Bucket=BUCKET, Key=key)
        mark = os.path.realpath(path)
    return {
        "sizes": out,
        "kept": "inside" if mark.startswith(INBOX) else "written to " + os.path.dirname(mark),
    }


def read_log(event, context):
    setup()
    raw = s3.get_object(Bucket=BUCKET, Key=event["detail"]["object"]["key"])["Body"].read()
    return {"lines": gzip.decompress(raw).decode().splitlines()}


def copy_paper(event, context):
    """A copy into the archive: CopySource as a string."""
    setup()
    body = json.loads(event["body"])
    s3.copy_object(Bucket=BUCKET, Key="archive/copy.txt", CopySource=f"{BUCKET}/public/{body['file']}")
    text = s3.get_object(Bucket=BUCKET, Key="archive/copy.txt")["Body"].read().decode()
    return reply(200, {"text": text})


def copy_any(event, context):
    """The same from a bucket of the request, as a step of a workflow."""
    setup()
    keys = [k for k in PAPERS if re.match(event.get("pattern", "^public/"), k)]
    with ThreadPoolExecutor(2) as e:
        sizes = list(e.map(lambda k: s3.head_object(Bucket=BUCKET, Key=k)["ContentLength"], keys))
    return {"keys": keys, "sizes": sizes if len(keys) < 4 else len(sizes)}


def enqueue(event, context):
    setup()
    body = json.loads(event["body"])
    url = queue.create_queue(QueueName=NAME)["QueueUrl"]
    sent = queue.send_message(
        QueueUrl=url,
        MessageBody=json.dumps(body),
        MessageAttributes={"kind": {"DataType": "String", "StringValue": body.get("kind") or "none"}},
    )
    return reply(202, {"md5": sent["MD5OfMessageBody"]})


class Booking(BaseModel):
    boat: str
    berth: str
    nights: int = 1


def booking(event, context):
    """A body parsed by a model."""
    setup()
    try:
        b = parse(event=event["body"], model=Booking)
    except ValidationError as error:
        return reply(422, [e["type"] for e in error.errors()])
    taken = boats.scan(FilterExpression=Attr("berth").eq(b.berth))["Count"]
    return reply(409 if taken else 201, {"boat": b.boat, "berth": b.berth, "nights": b.nights})


def stream_changes(event, context):
    """A table's stream: names that changed."""
    load = TypeDeserializer().deserialize
    out = []
    for record in event["Records"]:
        new = {k: load(v) for k, v in record["dynamodb"].get("NewImage", {}).items()}
        out.append(
            {"event": record["eventName"], "name": new.get("name"), "remark": new.get("remark", "")[:100]}
        )
    return {"changes": out}


def session_state(event, context):
    """The state of a wizard in a cookie, pickled by the old version and in JSON by the new one."""
    cookies = dict(c.split("=", 1) for c in event.get("cookies", []))
    raw = base64.b64decode(cookies.get("wizard", ""))
    if not raw:
        return reply(200, {"step": 1})
    try:
        state = json.loads(raw)
    except ValueError:
        state = pickle.loads(raw)
    return reply(200, {"state": state})


def restore(event, context):
    """A saved form: kept in S3 by one event, loaded by the next."""
    setup()
    body = json.loads(event["body"])
    key = "forms/" + body["name"]
    if "data" in body:
        s3.put_object(Bucket=BUCKET, Key=key, Body=base64.b64decode(body["data"]))
        return reply(201, {"kept": body["name"]})
    try:
        raw = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    except ClientError:
        return reply(404, {"name": body["name"]})
    return reply(200, {"form": pickle.loads(raw)})


def select_rows(event, context):
    """A query on the CSV: sqlite in memory instead of S3 Select."""
    import sqlite3

    setup()
    text = s3.get_object(Bucket=BUCKET, Key="data/boats.csv")["Body"].read().decode()
    db = sqlite3.connect(":memory:")
    db.execute("create table s3object (name text, length real)")
    db.execute("create table owners (name text, phone text)")
    db.execute("insert into owners values ('o2', 'phone-of-o2')")
    db.executemany("insert into s3object values (?, ?)", list(csv.reader(io.StringIO(text)))[1:])
    q = event["queryStringParameters"]
    return reply(
        200,
        db.execute(
            f"select name, length from s3object s where s.length {q.get('op', '>')} {q['length']}"
        ).fetchall(),
    )


def delete_boat(event, context):
    """DELETE /boats/{id}, if it is the owner's."""
    setup()
    boat_id = event["pathParameters"]["id"]
    owner = event["requestContext"]["authorizer"]["claims"]["sub"]
    try:
        old = boats.delete_item(
            Key={"id": boat_id}, ConditionExpression=Attr("owner").eq(owner), ReturnValues="ALL_OLD"
        )["Attributes"]
    except ClientError as error:
        return reply(403, {"message": error.response["Error"]["Code"]})
    boats.put_item(Item=old)
    return reply(200, {"deleted": old["name"]})


def count_visits(event, context):
    """A counter that is set back afterwards."""
    setup()
    page = event["queryStringParameters"]["page"]
    r = boats.update_item(
        Key={"id": "page#" + page},
        UpdateExpression="ADD hits :one SET title = if_not_exists(title, :t)",
        ExpressionAttributeValues={":one": 1, ":t": page},
        ReturnValues="UPDATED_NEW",
    )
    boats.delete_item(Key={"id": "page#" + page})
    return reply(200, r["Attributes"])


def create_note(event, context):
    """POST /notes: only if there is none yet."""
    setup()
    body = json.loads(event["body"])
    item = {"id": "note#" + body["slug"], "text": body["text"], "tags": body.get("tags", [])}
    try:
        boats.put_item(Item=item, ConditionExpression="attribute_not_exists(id)")
    except ClientError:
        return reply(409, {"slug": body["slug"]})
    boats.delete_item(Key={"id": item["id"]})
    return reply(201, item)


def download_link(event, context):
    setup()
    key = "public/" + os.path.basename(event["pathParameters"]["file"])
    url = s3.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": BUCKET,
            "Key": key,
            "ResponseContentDisposition": f'attachment; filename="{os.path.basename(key)}"',
        },
        ExpiresIn=60,
    )
    return reply(200, {"signed": url.count("X-Amz-") > 4, "key": key})


def copy_to_archive(event, context):
    """New objects into the archive, under the day of the event."""
    setup()
    out = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
        target = f"archive/{record['eventTime'][:10]}/{key.rsplit('/', 1)[-1]}"
        s3.copy_object(Bucket=BUCKET, Key=target, CopySource={"Bucket": BUCKET, "Key": key})
        s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key}, {"Key": target}]})
        out.append(target)
    return {"archived": out}
