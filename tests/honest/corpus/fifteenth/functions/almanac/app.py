"""A gardeners' almanac on DynamoDB and S3, with reports by Athena and the Data API."""

import base64
import csv
import io
import json
import logging
import os
import tempfile
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote, unquote_plus

import cloud
import jmespath
import urllib3
from aws_lambda_powertools.utilities.data_classes import S3Event, SQSEvent, event_source
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError
from PIL import Image
from pydantic import BaseModel, Field
from pydantic import ValidationError as Invalid

LOG = logging.getLogger(__name__)
WORK = Path(tempfile.mkdtemp(prefix="almanac-"))
(WORK / "in").mkdir()
http = urllib3.PoolManager()
deserializer = TypeDeserializer()


class DecimalEncoder(json.JSONEncoder):
    def default(self, o):
        if isinstance(o, Decimal):
            return int(o) if o % 1 == 0 else float(o)
        if isinstance(o, set):
            return sorted(o)
        return super().default(o)


def reply(status, data):
    return {
        "statusCode": status,
        "headers": {"Access-Control-Allow-Origin": "*"},
        "body": json.dumps(data, cls=DecimalEncoder, ensure_ascii=False),
    }


def table(name):
    return cloud.client("dynamodb", resource=True).Table(name)


def get_plant(event, context):
    """GET /plants/{id}"""
    response = table("plants").get_item(Key={"id": event["pathParameters"]["id"]})
    if "Item" not in response:
        return reply(404, {"error": "Could not find plant with given id"})
    return reply(200, response["Item"])


def put_plant(event, context):
    """POST /plants"""
    item = json.loads(event["body"], parse_float=Decimal)
    plants = table("plants")
    try:
        plants.put_item(Item=item, ConditionExpression="attribute_not_exists(id)")
    except ClientError as e:
        if e.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return reply(409, {"error": "exists"})
        return reply(400, {"error": e.response["Error"]["Message"]})
    return reply(201, plants.get_item(Key={"id": item["id"]})["Item"])


def list_plants(event, context):
    """GET /plants?field=kind&value=shrub, without the trials."""
    p = event.get("queryStringParameters") or {}
    response = table("plants").scan(
        FilterExpression=f"kind <> :trial AND {p.get('field', 'kind')} = :value",
        ExpressionAttributeValues={":trial": "trial", ":value": p.get("value", "shrub")},
    )
    return reply(200, response["Items"])


def list_plants_attr(event, context):
    """The same with boto3's conditions."""
    p = event.get("queryStringParameters") or {}
    condition = Attr("kind").ne("trial")
    for name, value in p.items():
        condition = condition & (Attr(name).contains(value) if name == "name" else Attr(name).eq(value))
    return reply(200, table("plants").scan(FilterExpression=condition)["Items"])


def tasks_of_bed(event, context):
    """GET /beds/{bed}/tasks?from=2026-04"""
    start = (event.get("queryStringParameters") or {}).get("from", "2026")
    response = table("tasks").query(
        KeyConditionExpression=Key("bed").eq(event["pathParameters"]["bed"]) & Key("due").begins_with(start)
    )
    return reply(200, {"from": start, "items": response["Items"], "count": response["Count"]})


def update_member(event, context):
    """PATCH /me: each key of the body is set."""
    body = json.loads(event["body"], parse_float=Decimal)
    user = event["requestContext"]["authorizer"]["claims"]["sub"]
    update_expression, values = "SET ", {}
    for number, (key, value) in enumerate(body.items()):
        update_expression += f"{key} = :v{number}, "
        values[f":v{number}"] = value
    try:
        item = table("members").update_item(
            Key={"id": user},
            UpdateExpression=update_expression.rstrip(", "),
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
        )["Attributes"]
    except ClientError as e:
        return reply(400, {"error": e.response["Error"]["Message"]})
    return reply(200, {k: item.get(k) for k in ("id", "name", "note", "phone")})


def update_member_named(event, context):
    """The same with placeholders for the names, and only the known ones."""
    body = json.loads(event["body"])
    allowed = [k for k in ("name", "note", "phone") if k in body]
    if not allowed:
        return reply(400, {"error": "nothing to do", "given": list(body)})
    item = table("members").update_item(
        Key={"id": "u-17"},
        UpdateExpression="SET " + ", ".join(f"#{k} = :{k}" for k in allowed),
        ExpressionAttributeNames={f"#{k}": k for k in allowed},
        ExpressionAttributeValues={f":{k}": body[k] for k in allowed},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    return reply(200, {k: item[k] for k in ("name", "note", "phone")})


def find_partiql(event, context):
    """GET /plants/by-name?name=.."""
    name = event["queryStringParameters"]["name"]
    statement = f"SELECT * FROM plants WHERE kind <> 'trial' AND name = '{name}'"
    LOG.info(statement)
    try:
        items = cloud.client("dynamodb").execute_statement(Statement=statement)["Items"]
    except ClientError as e:
        return reply(400, {"error": str(e)})
    return reply(200, [{k: deserializer.deserialize(v) for k, v in i.items()} for i in items])


def find_partiql_bound(event, context):
    """The same with parameters."""
    p = event["queryStringParameters"]
    items = cloud.client("dynamodb").execute_statement(
        Statement='SELECT id, name FROM "plants" WHERE name = ? AND kind <> ?',
        Parameters=[{"S": p["name"]}, {"S": "trial"}],
    )["Items"]
    return reply(200, [{k: deserializer.deserialize(v) for k, v in i.items()} for i in items])


def many_partiql(event, context):
    """Step Functions: the plants of a list of ids."""
    statements = [
        {"Statement": "SELECT id, name FROM \"plants\" WHERE kind <> 'trial' AND id = '%s'" % one}
        for one in event["ids"]
    ]
    found = cloud.client("dynamodb").batch_execute_statement(Statements=statements)["Responses"]
    return {"found": [{k: v.get("S") for k, v in r["Item"].items()} for r in found]}


def delete_task(event, context):
    """DELETE /tasks/{id} of the caller's own, if the version is still the one that they saw."""
    tasks = table("tasks")
    condition = "#o = :me"
    if version := event["headers"].get("If-Match"):
        condition += f" AND version = {version}"
    try:
        old = tasks.delete_item(
            Key={"id": event["pathParameters"]["id"]},
            ConditionExpression=condition,
            ExpressionAttributeNames={"#o": "owner"},
            ExpressionAttributeValues={":me": event["requestContext"]["authorizer"]["claims"]["sub"]},
            ReturnValues="ALL_OLD",
        ).get("Attributes")
    except ClientError as e:
        return reply(412, {"error": e.response["Error"]["Code"]})
    return reply(200, {"deleted": old})


def some_columns(event, context):
    """GET /plants?fields=id,name with what is public."""
    wanted = [
        f for f in event["queryStringParameters"]["fields"].split(",") if f in ("id", "name", "kind", "month")
    ]
    if not wanted:
        return reply(400, {"error": "no such fields"})
    got = table("plants").scan(
        ProjectionExpression=",".join(f"#{f}" for f in wanted),
        ExpressionAttributeNames={f"#{f}": f for f in wanted},
    )
    return reply(200, got["Items"])


@event_source(data_class=S3Event)
def photo_uploaded(event, context):
    """An upload is noted in the table."""
    noted = []
    for record in event.records:
        key = unquote_plus(record.s3.get_object.key)
        s3 = cloud.client("s3")
        head = s3.head_object(Bucket=record.s3.bucket.name, Key=key)
        stem, dot, suffix = key.rpartition(".")
        noted.append(
            {
                "key": key,
                "folder": stem.rpartition("/")[0],
                "type": dot + suffix,
                "size": head["ContentLength"],
            }
        )
    return {"noted": noted}


def process_upload(event, context):
    """S3 event: the file comes to the disk, is counted and goes away again."""
    (WORK / "settings.json").write_text('{"mode": "normal"}')
    answers = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        local = f"{WORK}/in/{key}"
        with suppress(FileExistsError):
            os.makedirs(os.path.dirname(local))
        cloud.client("s3").download_file(record["s3"]["bucket"]["name"], key, local)
        with open(local, "rb") as f:
            size = len(f.read())
        answers.append(
            {"key": key, "size": size, "settings": json.loads((WORK / "settings.json").read_text())}
        )
    return answers


def process_upload_safe(event, context):
    """The same by a name of its own."""
    answers = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        with tempfile.NamedTemporaryFile(suffix=".part", dir=WORK) as f:
            cloud.client("s3").download_fileobj(record["s3"]["bucket"]["name"], key, f)
            f.seek(0)
            answers.append({"name": os.path.basename(key), "start": f.read(8).decode("latin-1")})
    return answers


def thumbnail(event, context):
    """POST /photos with a picture in base64; the small one goes to S3."""
    body = json.loads(event["body"])
    picture = Image.open(io.BytesIO(base64.b64decode(body["data"])))
    picture.thumbnail((16, 16))
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "PNG")
    name = body["name"].rsplit("/", 1)[-1]
    s3 = cloud.client("s3")
    s3.put_object(
        Bucket="thumbs",
        Key=f"small/{name}",
        Body=buffer.getvalue(),
        Metadata={"title": quote(body.get("title", ""))},
    )
    return reply(201, {"key": f"small/{name}", "size": picture.size, "format": picture.format})


def upload_url(event, context):
    """GET /upload-url?filename=.."""
    name = event["queryStringParameters"]["filename"]
    url = cloud.client("s3").generate_presigned_url(
        "put_object",
        Params={
            "Bucket": "photos",
            "Key": f"u-17/{name}",
            "ContentType": event["queryStringParameters"].get("type", "image/jpeg"),
        },
        ExpiresIn=300,
    )
    return reply(
        200,
        {
            "path": url.split("?", 1)[0].split("/", 3)[3],
            "expires": "X-Amz-Expires=300" in url or "Expires=" in url,
        },
    )


def post_form(event, context):
    """POST /upload-form: the fields of a page's form."""
    body = json.loads(event["body"])
    made = cloud.client("s3").generate_presigned_post(
        "photos",
        f"u-17/{body['name']}",
        Fields={"Content-Type": body.get("type", "text/plain"), "x-amz-meta-title": body.get("title", "")},
        Conditions=[["starts-with", "$Content-Type", ""], {"x-amz-meta-title": body.get("title", "")}],
    )
    return reply(
        200,
        {
            k: v
            for k, v in made["fields"].items()
            if not k.startswith(("x-amz-", "X-Amz", "policy", "signature", "AWS"))
        },
    )


def download(event, context):
    """GET /photos/{proxy+}"""
    key = f"u-17/{event['pathParameters']['proxy']}"
    s3 = cloud.client("s3")
    try:
        data = s3.get_object(Bucket="photos", Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return reply(404, {"error": key + " is not there"})
    return {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(data).decode()}


def list_photos(event, context):
    """GET /photos?prefix=.."""
    prefix = (event.get("queryStringParameters") or {}).get("prefix", "")
    pages = (
        cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket="photos", Prefix=f"u-17/{prefix}")
    )
    return reply(200, [o["Key"] for page in pages for o in page.get("Contents", ())])


def rename_photo(event, context):
    """POST /photos/rename"""
    body = json.loads(event["body"])
    s3 = cloud.client("s3")
    s3.copy_object(
        Bucket="photos",
        Key=f"u-17/{body['to']}",
        CopySource={"Bucket": "photos", "Key": f"u-17/{body['from']}"},
    )
    s3.delete_object(Bucket="photos", Key=f"u-17/{body['from']}")
    return reply(
        200,
        {
            "now": body["to"],
            "text": s3.get_object(Bucket="photos", Key=f"u-17/{body['to']}")["Body"].read().decode(),
        },
    )


def csv_to_table(event, context):
    """S3 event: lines of a CSV become items."""
    record = event["Records"][0]["s3"]
    key = unquote_plus(record["object"]["key"])
    body = (
        cloud.client("s3")
        .get_object(Bucket=record["bucket"]["name"], Key=key)["Body"]
        .read()
        .decode("utf-8-sig")
    )
    beds = cloud.client("dynamodb", resource=True).Table("imported")
    rows = list(csv.DictReader(io.StringIO(body)))
    with beds.batch_writer() as batch:
        for row in rows:
            batch.put_item(Item={**row, "source": key})
    return {"items": rows, "source": key}


def inline_csv(event, context):
    """A queue's messages with CSV in them."""
    items = []
    plants = table("imported")
    for record in SQSEvent(event).records:
        for row in csv.DictReader(io.StringIO(record.body)):
            item = {k or "rest": v for k, v in row.items() if v not in (None, "")} | {"id": record.message_id}
            plants.put_item(Item=item)
            items.append(item)
    return {"items": items}


def indexer(event, context):
    """A table's stream into documents."""
    documents = []
    for record in event["Records"]:
        if record["eventName"] == "REMOVE":
            continue
        image = {k: deserializer.deserialize(v) for k, v in record["dynamodb"]["NewImage"].items()}
        documents.append(
            {"_id": image.get("id"), "_source": json.loads(json.dumps(image, cls=DecimalEncoder))}
        )
    return {"documents": documents}


def sensors(event, context):
    """Kinesis: readings of beds are added up."""
    beds = table("beds")
    for record in event["Records"]:
        reading = json.loads(base64.b64decode(record["kinesis"]["data"]), parse_float=Decimal)
        beds.put_item(Item={"id": reading["bed"], "wet": Decimal(0)})
        beds.update_item(
            Key={"id": reading["bed"]},
            UpdateExpression="SET #l = :l ADD wet :w",
            ExpressionAttributeNames={"#l": "label"},
            ExpressionAttributeValues={":l": reading.get("label", "-"), ":w": Decimal(str(reading["wet"]))},
        )
    return json.loads(json.dumps([beds.get_item(Key={"id": reading["bed"]})["Item"]], cls=DecimalEncoder))


def _athena(query, parameters=()):
    athena = cloud.client("athena")
    more = {"ExecutionParameters": list(parameters)} if parameters else {}
    started = athena.start_query_execution(
        QueryString=query,
        QueryExecutionContext={"Database": "garden"},
        ResultConfiguration={"OutputLocation": "s3://results/athena/"},
        **more,
    )
    result = athena.get_query_results(QueryExecutionId=started["QueryExecutionId"])
    return [[c.get("VarCharValue") for c in row["Data"]] for row in result["ResultSet"]["Rows"]]


def sales_report(event, context):
    """GET /sales?shop=north&since=.."""
    p = event["queryStringParameters"]
    rows = _athena(
        f"""
        SELECT day, total, memo FROM sales
        WHERE shop = '{p["shop"]}' AND day >= '{p.get("since", "2026-01-01")}'
        LIMIT {p.get("limit", "50")}"""
    )
    return reply(200, rows)


def sales_report_bound(event, context):
    """The same with execution parameters."""
    p = event["queryStringParameters"]
    quoted = "'" + p["shop"].replace("'", "''") + "'"
    return reply(
        200, {"shop": p["shop"], "rows": _athena("SELECT day, total FROM sales WHERE shop = ?", [quoted])}
    )


def sales_data_api(event, context):
    """AppSync: a field's resolver on the Data API."""
    args = event["arguments"]
    found = cloud.client("rds-data").execute_statement(
        resourceArn="arn:aws:rds:eu-central-1:1:cluster:c",
        secretArn="arn:aws:secretsmanager:eu-central-1:1:secret:s",
        database="garden",
        sql="SELECT day, memo FROM sales WHERE shop = '"
        + args["shop"]
        + "' AND total >= "
        + str(args.get("least", 0)),
    )
    return [[v["stringValue"] for v in r] for r in found["records"]]


def sales_data_api_bound(event, context):
    """The same with parameters."""
    args = event["arguments"]
    found = cloud.client("rds-data").execute_statement(
        resourceArn="arn:aws:rds:eu-central-1:1:cluster:c",
        secretArn="arn:aws:secretsmanager:eu-central-1:1:secret:s",
        database="garden",
        sql="SELECT day, total FROM sales WHERE shop = :shop",
        parameters=[{"name": "shop", "value": {"stringValue": args["shop"]}}],
    )
    return {"shop": args["shop"], "rows": [[v["stringValue"] for v in r] for r in found["records"]]}


def start_season(event, context):
    """POST /seasons starts a state machine."""
    body = json.loads(event["body"])
    payload = '{"role": "viewer", "season": "%s", "note": "%s"}' % (body["season"], body.get("note", ""))
    try:
        started = cloud.client("stepfunctions").start_execution(
            stateMachineArn="arn:aws:states:eu-central-1:1:stateMachine:m", input=payload
        )
    except ClientError as e:
        return reply(400, {"error": e.response["Error"]["Code"]})
    return reply(202, {"arn": started["executionArn"]})


def start_season_json(event, context):
    """The same with json.dumps."""
    body = json.loads(event["body"])
    payload = json.dumps({"role": "viewer", "season": body["season"], "note": body.get("note")})
    started = cloud.client("stepfunctions").start_execution(
        stateMachineArn="arn:aws:states:eu-central-1:1:stateMachine:m", input=payload
    )
    return reply(202, {"arn": started["executionArn"], "sent": json.loads(payload)})


def enqueue(event, context):
    """POST /jobs to a queue."""
    body = json.loads(event["body"])
    sent = cloud.client("sqs").send_message(
        QueueUrl="https://sqs.eu-central-1.amazonaws.com/1/jobs",
        MessageBody=json.dumps(body),
        MessageAttributes={"kind": {"DataType": "String", "StringValue": body.get("kind") or "none"}},
    )
    return reply(202, {"id": sent["MessageId"], "length": len(json.dumps(body))})


def publish(event, context):
    """An event for the bus."""
    put = cloud.client("events").put_events(
        Entries=[
            {"Source": "garden", "DetailType": one.get("type", "x"), "Detail": json.dumps(one)}
            for one in event["events"]
        ]
    )
    return {"failed": put["FailedEntryCount"], "n": len(event["events"])}


def mail_simple(event, context):
    """SES, the simple way."""
    body = json.loads(event["body"])
    sent = cloud.client("sesv2").send_email(
        FromEmailAddress="garden@example.org",
        Destination={"ToAddresses": [body["to"]]},
        Content={"Simple": {"Subject": {"Data": body["subject"]}, "Body": {"Text": {"Data": body["text"]}}}},
    )
    return reply(200, {"id": sent["MessageId"]})


def mail_raw(event, context):
    """SES with a message written by hand, as there are attachments to come."""
    body = json.loads(event["body"])
    raw = (
        "From: garden@example.org\nTo: %s\nSubject: %s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n%s\n"
        % (
            body["to"],
            body["subject"],
            body["text"],
        )
    )
    sent = cloud.client("sesv2").send_email(Content={"Raw": {"Data": raw.encode()}})
    return reply(200, {"id": sent["MessageId"]})


def provision(event, context):
    """A stack's custom resource: a bucket's site settings."""
    props = event["ResourceProperties"]
    answer = {
        "Status": "SUCCESS",
        "Reason": "See the log",
        "PhysicalResourceId": event.get("PhysicalResourceId", props.get("Name", "site")),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    if event["RequestType"] in ("Create", "Update"):
        s3 = cloud.client("s3")
        s3.put_object(
            Bucket="sites",
            Key=props["Name"] + "/settings.json",
            Body=json.dumps(props.get("Settings", {})).encode(),
        )
        answer["Data"] = {"Key": props["Name"] + "/settings.json"}
    r = http.request("PUT", event["ResponseURL"], body=json.dumps(answer), headers={"content-type": ""})
    return {"status": r.status, "sent": answer}


def confirmed(event, context):
    """Cognito, after the confirmation: a member's item."""
    attributes = event["request"]["userAttributes"]
    members = table("confirmed")
    members.put_item(
        Item={
            "id": attributes["sub"],
            "name": attributes.get("name", event["userName"]),
            "email": attributes.get("email", ""),
        }
    )
    event["response"]["claims"] = members.get_item(Key={"id": attributes["sub"]})["Item"]
    return event


class Visit(BaseModel):
    garden: str = Field(min_length=1, max_length=4000)
    people: int = Field(ge=1, le=50)
    wishes: str | None = None


def book_visit(event, context):
    """POST /visits, checked by pydantic."""
    try:
        visit = Visit.model_validate_json(event["body"])
    except Invalid as e:
        return reply(422, [{"at": list(x["loc"]), "what": x["type"]} for x in e.errors()])
    visits = table("visits")
    visits.put_item(Item={"id": visit.garden, **visit.model_dump()})
    return reply(201, visits.get_item(Key={"id": visit.garden})["Item"])


def pick(event, context):
    """GET /calendar?view=<JMESPath>, as the dashboard's tiles have it."""
    items = [
        p for p in json.loads(json.dumps(cloud.TABLES["plants"], cls=DecimalEncoder)) if p["kind"] != "trial"
    ]
    try:
        return reply(200, jmespath.search(event["queryStringParameters"]["view"], {"plants": items}))
    except jmespath.exceptions.JMESPathError as e:
        return reply(400, {"error": type(e).__name__})
