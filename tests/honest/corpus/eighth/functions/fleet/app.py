"""A fleet manager's functions on DynamoDB, S3, SNS, SQS, SES, SSM, Step Functions and Athena."""

import base64
import csv
import json
import os
import posixpath
import subprocess
import time
import uuid
from decimal import Decimal
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from urllib.parse import parse_qs, unquote_plus, urlsplit

import boto3
import common
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError
from common import BUCKET, FAST, TABLE, ok, s3

table = common.setup()
client = boto3.client("dynamodb", config=FAST)
sns, sqs = boto3.client("sns", config=FAST), boto3.client("sqs", config=FAST)
ses, ssm = boto3.client("ses", config=FAST), boto3.client("ssm", config=FAST)
events = boto3.client("events", config=FAST)
topic = sns.create_topic(Name="fleet")["TopicArn"]
queue = sqs.create_queue(QueueName="fleet-jobs")["QueueUrl"]
ses.verify_email_identity(EmailAddress="noreply@example.org")


def vehicles_api(event, context):
    """The usual switch over the method."""
    method, ids = event["httpMethod"], event.get("pathParameters") or {}
    if method == "GET" and "id" in ids:
        found = table.get_item(Key={"pk": "company#a", "sk": "vehicle#" + ids["id"]}).get("Item")
        return (
            ok({key: value for key, value in found.items() if key != "vin"})
            if found
            else ok({"error": "Not found"}, 404)
        )
    if method == "GET":
        query = event.get("queryStringParameters") or {}
        arguments = {"KeyConditionExpression": Key("pk").eq("company#a") & Key("sk").begins_with("vehicle#")}
        if query.get("driver"):
            arguments["FilterExpression"] = Attr("driver").contains(query["driver"])
        found = table.query(**arguments)
        return ok({"items": [one["plate"] for one in found["Items"]], "count": found["Count"]})
    if method == "POST":
        body = json.loads(event["body"], parse_float=Decimal)
        item = {**body, "pk": "company#t", "sk": "vehicle#" + uuid.uuid4().hex}
        table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")
        table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
        return ok({**body, "created": True}, 201)
    return ok({"error": f"Unsupported method {method}"}, 405)


def update_vehicle(event, context):
    """The way that most tutorials show: an expression out of the body's names."""
    body = json.loads(event["body"], parse_float=Decimal)
    key = {"pk": "company#c", "sk": "vehicle#1"}
    table.put_item(Item={**key, "plate": "x", "km": 1, "vin": "VIN-C-6161"})
    expression, values = "set ", {}
    for name, value in body.items():
        expression += f"{name} = :{name.split('.')[0].split(' ')[0]}, "
        values[f":{name.split('.')[0].split(' ')[0]}"] = value
    done = table.update_item(
        Key=key,
        UpdateExpression=expression[:-2],
        ExpressionAttributeValues=values,
        ReturnValues="UPDATED_NEW",
    )
    return ok(done.get("Attributes", {}))


def find_vehicles(event, context):
    """PartiQL, by plate or driver."""
    query = event["queryStringParameters"]
    statement = f"SELECT plate, km FROM {TABLE} WHERE pk = 'company#a'"
    if query.get("driver"):
        statement += " AND driver = '" + query["driver"].replace("'", "''") + "'"
    if query.get("plate"):
        statement += f" AND plate = '{query['plate']}'"
    found = client.execute_statement(Statement=statement)
    return ok([one["plate"]["S"] for one in found["Items"]])


def find_vehicles_bound(event, context):
    driver = event["queryStringParameters"]["driver"]
    found = client.execute_statement(
        Statement=f"SELECT plate FROM {TABLE} WHERE pk = ? AND driver = ?",
        Parameters=[{"S": "company#a"}, {"S": driver}],
    )
    return ok([one["plate"]["S"] for one in found["Items"]])


def vehicles_above(event, context):
    """AppSync: a filter out of the page's arguments."""
    arguments = event["arguments"]
    found = table.scan(
        FilterExpression=f"pk = :pk AND {arguments['field']} {arguments.get('operator', '>')} :value",
        ExpressionAttributeValues={":pk": "company#a", ":value": arguments["value"]},
    )
    return sorted(one.get("plate", "?") for one in found["Items"])


def download_link(event, context):
    """A presigned link for a document of the company."""
    name = event["queryStringParameters"]["file"]
    key = f"company-a/{name}"
    link = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": key}, ExpiresIn=300)
    return ok({"path": urlsplit(link).path, "expires": "X-Amz-Expires" in parse_qs(urlsplit(link).query)})


def upload_form(event, context):
    body = json.loads(event["body"])
    post = s3.generate_presigned_post(
        BUCKET,
        f"company-a/uploads/{body['filename']}",
        Fields={"Content-Type": body.get("type", "application/octet-stream")},
        Conditions=[{"Content-Type": body.get("type", "application/octet-stream")}],
        ExpiresIn=300,
    )
    return ok({"key": post["fields"]["key"], "type": post["fields"]["Content-Type"]})


def document(event, context):
    """A document's text; links in old mails have a doubled prefix, so the key is made tidy."""
    name = event["pathParameters"]["proxy"]
    key = posixpath.normpath(posixpath.join("company-a", name))
    try:
        return {"statusCode": 200, "body": s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()}
    except ClientError as error:
        return ok({"error": error.response["Error"]["Code"], "file": name}, 404)


def invoices_added(event, context):
    """Reads the CSV file of an upload and says what it comes to."""
    sums = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        local = os.path.join("/tmp", "fleet", os.path.basename(key))
        os.makedirs(os.path.dirname(local), exist_ok=True)
        try:
            s3.download_file(BUCKET, key, local)
        except ClientError:
            sums.append({"key": key, "error": "gone"})
            continue
        with open(local, newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        os.unlink(local)
        sums.append(
            {
                "key": key,
                "total": sum(float(line["amount"]) for line in lines),
                "payees": [line["payee"] for line in lines],
            }
        )
    return sums


def copy_report(event, context):
    """EventBridge: copies a partner's object to where the detail says."""
    detail = event["detail"]
    target = os.path.join("company-a/inbox", detail["object"]["key"])
    s3.put_object(
        Bucket=BUCKET,
        Key=target,
        Body=json.dumps(detail, ensure_ascii=False).encode(),
        Metadata={"source": event["source"]},
    )
    head = s3.head_object(Bucket=BUCKET, Key=target)
    s3.delete_object(Bucket=BUCKET, Key=target)
    return {"key": target, "source": head["Metadata"]["source"]}


def alert(event, context):
    """SQS to SNS and to the bus, one by one."""
    failures = []
    for record in event["Records"]:
        try:
            message = json.loads(record["body"])
            sns.publish(
                TopicArn=topic,
                Subject=(message.get("title") or "Alert").replace("\n", " ")[:100],
                Message=json.dumps({"default": message["text"], "email": message["text"]}),
                MessageStructure="json",
            )
            events.put_events(
                Entries=[{"Source": "fleet", "DetailType": "alert", "Detail": json.dumps(message)}]
            )
            sqs.send_message(QueueUrl=queue, MessageBody=message["text"][:2000] or "-")
        except (ValueError, KeyError):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def contact_form(event, context):
    """The website's form, by mail to the office."""
    fields = {key: values[0] for key, values in parse_qs(base64.b64decode(event["body"]).decode()).items()}
    message = MIMEMultipart("alternative")
    message["Subject"] = f"Contact: {fields.get('subject', '(none)')}".replace("\r", " ").replace("\n", " ")
    message["From"] = "noreply@example.org"
    message["To"] = "office@example.org"
    message.attach(
        MIMEText(f"{fields['name']} <{fields['email']}> wrote:\n\n{fields['message']}", "plain", "utf-8")
    )
    sent = ses.send_raw_email(
        Source="noreply@example.org",
        Destinations=["office@example.org"],
        RawMessage={"Data": message.as_string()},
    )
    return ok({"sent": bool(sent["MessageId"]), "subject": str(message["Subject"])})


def newsletter(event, context):
    """A templated mail with what the person's record has."""
    for name in ("fleet-news",):
        try:
            ses.create_template(
                Template={"TemplateName": name, "SubjectPart": "Hi {{name}}", "HtmlPart": "<p>{{text}}</p>"}
            )
        except ClientError:
            pass
    data = event["detail"]
    rendered = ses.test_render_template(
        TemplateName="fleet-news", TemplateData=json.dumps({"name": data["name"], "text": data["text"]})
    )
    return {"chars": len(rendered["RenderedTemplate"]) > 20}


def restart_tracker(event, context):
    """Runs a command on the trackers' gateway; the answer shows what was sent."""
    device = event["detail"]["device"]
    command = f"/opt/tracker/restart.sh --device '{device}'"
    sent = ssm.send_command(
        InstanceIds=["i-0123456789abcdef0"],
        DocumentName="AWS-RunShellScript",
        Parameters={"commands": [command]},
    )
    return {"commands": sent["Command"]["Parameters"]["commands"], "status": sent["Command"]["Status"]}


def athena_trips(event, context):
    """Starts a query about trips; a state machine waits for it."""
    athena = boto3.client("athena", config=FAST)
    region, day = event["region"], event.get("day") or time.strftime("%Y-%m-%d", time.gmtime(1714600000))
    query = f"SELECT vehicle, sum(km) AS km FROM trips WHERE region = '{region}' AND day = DATE '{day}' GROUP BY vehicle"
    started = athena.start_query_execution(
        QueryString=query,
        QueryExecutionContext={"Database": "fleet"},
        ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/athena/"},
    )
    shown = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])
    return {"sql": shown["QueryExecution"]["Query"], "state": "started"}


os.makedirs("/tmp/fleet/photos", exist_ok=True)
with open("/tmp/fleet/trips.csv", "w") as trips:
    trips.write("2024-05-01;Jan Novák;120\n2024-05-01;Zoe Hara;43\n2024-05-02;Jan Novák;75\n")
with open("/tmp/fleet/payroll.txt", "w") as payroll:
    payroll.write("fleet-payroll-1942\n")
with open("/tmp/fleet/photos/jan.txt", "w") as photo:
    photo.write("(a photo)")


def register_driver(event, context):
    """A driver's record, from the form of the office."""
    body = json.loads(event["body"], parse_float=Decimal)
    table.put_item(Item={**body, "pk": "driver", "sk": body["id"]})
    return ok(table.get_item(Key={"pk": "driver", "sk": body["id"]}, ConsistentRead=True)["Item"], 201)


def driver_report(event, context):
    """Every night: the trips of a driver, whose name is in the table."""
    driver = table.get_item(Key={"pk": "driver", "sk": event["driver"]}).get("Item")
    if not driver:
        return {"error": "unknown driver"}
    out = subprocess.run(
        f"grep -F ';{driver['name']};' /tmp/fleet/trips.csv | sort",
        shell=True,
        capture_output=True,
        text=True,
        timeout=8,
    )
    return {"trips": out.stdout.splitlines()}


def driver_photo(event, context):
    """The photo whose file is named in the driver's record."""
    driver = table.get_item(Key={"pk": "driver", "sk": event["pathParameters"]["id"]}).get("Item") or {}
    path = os.path.join("/tmp/fleet/photos", driver.get("photo", "none"))
    if not os.path.isfile(path):
        return ok({"error": "no photo"}, 404)
    with open(path) as file:
        return {"statusCode": 200, "body": file.read()}


def save_view(event, context):
    """A view of the table that somebody wants to keep, as an object."""
    view = json.loads(event["body"])
    s3.put_object(Bucket=BUCKET, Key="views/latest.json", Body=json.dumps(view, ensure_ascii=False).encode())
    return ok({"saved": view.get("title", "")})


def run_view(event, context):
    """Runs the view that was kept."""
    try:
        view = json.loads(s3.get_object(Bucket=BUCKET, Key="views/latest.json")["Body"].read())
    except ClientError:
        return {"plates": []}
    statement = f"SELECT plate FROM {TABLE} WHERE pk = 'company#a' AND driver = '{view['driver']}'"
    found = client.execute_statement(Statement=statement)
    return {"title": view.get("title"), "plates": [one["plate"]["S"] for one in found["Items"]]}
