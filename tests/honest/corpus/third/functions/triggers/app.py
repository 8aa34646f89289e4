"""Events of other services: queues, streams, notices, pools, load balancers, edge, pipelines, authorizers, sockets."""

import base64
import gzip
import hashlib
import html
import ipaddress
import json
import os
import re
import sqlite3
from urllib.parse import parse_qs, unquote_plus

import boto3

sqs = boto3.client("sqs")
s3 = boto3.client("s3")
table = boto3.resource("dynamodb").Table("orders")


def orders_queue(event, context):
    """Each message a row; a bad one is reported, the others are kept."""
    db = sqlite3.connect(":memory:")
    db.execute("create table orders (id text primary key, customer text, note text)")
    failed = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            db.execute("insert into orders values (:id, :customer, :note)", {"note": None, **order})
        except (ValueError, TypeError, sqlite3.Error):
            failed.append({"itemIdentifier": record["messageId"][-2:]})
    return {
        "batchItemFailures": failed,
        "rows": db.execute("select customer, note from orders order by id").fetchall(),
    }


def queue_to_bucket(event, context):
    keys = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        key = f"in/{body['tenant']}/{hashlib.md5(record['body'].encode()).hexdigest()}.json"
        s3.put_object(
            Bucket="receipts",
            Key=key,
            Body=record["body"].encode(),
            Metadata={"tenant": body["tenant"].encode("ascii", "ignore").decode()},
        )
        keys.append(key)
    return keys


def sns_alarm(event, context):
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    return f":fire: *{message['AlarmName']}* is {message['NewStateValue']}: {message['NewStateReason']}"


def kinesis_counts(event, context):
    counts = {}
    for record in event["Records"]:
        try:
            one = json.loads(base64.b64decode(record["kinesis"]["data"]))
        except ValueError:
            continue
        counts[one["type"]] = counts.get(one["type"], 0) + 1
    return counts


def firehose(event, context):
    out = []
    for record in event["records"]:
        line = base64.b64decode(record["data"]).decode()
        data = json.dumps({"raw": line, "words": len(line.split())}) + "\n"
        out.append(
            {
                "recordId": record["recordId"],
                "result": "Ok" if line.strip() else "Dropped",
                "data": base64.b64encode(data.encode()).decode(),
            }
        )
    return {"records": out}


def log_alerts(event, context):
    """Errors of a log group's subscription, put on a queue."""
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    found = [one["message"] for one in data["logEvents"] if re.search(r"ERROR|Traceback", one["message"])]
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    for message in found:
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"group": data["logGroup"], "text": message}))
    return [one[:60] for one in found]


def custom_bus(event, context):
    """Different kinds of detail by a table of functions."""
    kinds = {
        "OrderPlaced": lambda detail: f"{detail['customer']} ordered {len(detail['lines'])}",
        "UserDeleted": lambda detail: f"goodbye {detail['name']}",
    }
    return kinds[event["detail-type"]](event["detail"])


def ec2_state(event, context):
    tags = {one["key"]: one["value"] for one in event["detail"].get("tags", [])}
    name = tags.get("Name", event["detail"]["instance-id"])
    table.put_item(
        Item={"id": "ec2#" + event["detail"]["instance-id"], "name": name, "state": event["detail"]["state"]}
    )
    return table.get_item(Key={"id": "ec2#" + event["detail"]["instance-id"]})["Item"]["name"]


def pre_sign_up(event, context):
    address = event["request"]["userAttributes"]["email"]
    event["response"]["autoConfirmUser"] = address.rsplit("@", 1)[-1].lower() in {
        "example.org",
        "example.com",
    }
    return event["response"]


def custom_message(event, context):
    code, name = event["request"]["codeParameter"], event["request"]["userAttributes"].get("name", "")
    event["response"]["emailMessage"] = f"<p>Hello {html.escape(name)}, your code is {code}</p>"
    return event["response"]


def pre_token(event, context):
    groups = event["request"]["groupConfiguration"]["groupsToOverride"]
    return {
        "claimsOverrideDetails": {
            "claimsToAddOrOverride": {
                "role": "admin" if "admins" in groups else "user",
                "tenant": event["request"]["userAttributes"].get("custom:tenant", ""),
            }
        }
    }


def load_balancer(event, context):
    query = (
        event["multiValueQueryStringParameters"]
        if "multiValueQueryStringParameters" in event
        else event["queryStringParameters"]
    )
    body = base64.b64decode(event["body"]).decode() if event["isBase64Encoded"] else event["body"]
    return {
        "statusCode": 200,
        "statusDescription": "200 OK",
        "isBase64Encoded": False,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"path": event["path"], "query": query, "form": parse_qs(body)}),
    }


def edge_rewrite(event, context):
    """A viewer request: directories get their index, old addresses a redirect."""
    request = event["Records"][0]["cf"]["request"]
    uri = request["uri"]
    if uri.startswith("/old/"):
        return {
            "status": "301",
            "headers": {"location": [{"key": "Location", "value": "/new/" + uri.removeprefix("/old/")}]},
        }
    if uri.endswith("/"):
        request["uri"] = uri + "index.html"
    elif "." not in uri.rsplit("/", 1)[-1]:
        request["uri"] = uri + "/index.html"
    return request


def edge_headers(event, context):
    response = event["Records"][0]["cf"]["response"]
    policy = "default-src 'self'; img-src * data:; script-src 'self' 'unsafe-eval'"
    response["headers"]["content-security-policy"] = [{"key": "Content-Security-Policy", "value": policy}]
    return response


def authorizer(event, context):
    token = event["authorizationToken"].removeprefix("Bearer ")
    known = {"t-1": "ada", "o'brien-token==": "siobhan"}
    effect = "Allow" if token in known else "Deny"
    return {
        "principalId": known.get(token, "nobody"),
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}],
        },
    }


def socket_message(event, context):
    body = json.loads(event["body"])
    room = body.get("room", "main")
    table.put_item(
        Item={"id": f"room#{room}#{event['requestContext']['connectionId']}", "said": body["text"]}
    )
    return {
        "statusCode": 200,
        "body": table.get_item(Key={"id": f"room#{room}#{event['requestContext']['connectionId']}"})["Item"][
            "said"
        ],
    }


def state_machine(event, context):
    """A Map's item with the execution's input."""
    item, shared = event["item"], event["input"]
    return {
        "id": item["id"],
        "text": f"{shared['prefix']}{item['text']}",
        "attempt": event.get("attempt", 0) + 1,
        "index": event["index"],
    }


def custom_resource(event, context):
    kind = event["RequestType"]
    properties = event["ResourceProperties"]
    name = re.sub(r"[^a-z0-9-]", "-", properties["Name"].lower())
    return {
        "Status": "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId", f"thing-{name}"),
        "Data": {"Kind": kind, "Arn": f"arn:aws:shop:::{name}"},
    }


def pipeline_action(event, context):
    job = event["CodePipeline.job"]["data"]
    settings = json.loads(job["actionConfiguration"]["configuration"]["UserParameters"])
    source = job["inputArtifacts"][0]["location"]["s3Location"]
    return f"deploy s3://{source['bucketName']}/{source['objectKey']} to {settings['stage']} with {settings.get('message')}"


def config_rule(event, context):
    item = json.loads(event["invokingEvent"])["configurationItem"]
    wanted = json.loads(event["ruleParameters"])["tag"]
    return "COMPLIANT" if wanted in item["tags"] else "NON_COMPLIANT"


def mail_receipt(event, context):
    message = event["Records"][0]["ses"]["mail"]
    headers = {one["name"].lower(): one["value"] for one in message["headers"]}
    key = f"mail/{message['messageId']}"
    s3.put_object(Bucket="receipts", Key=key, Body=json.dumps(message).encode())
    stored = json.loads(s3.get_object(Bucket="receipts", Key=key)["Body"].read())
    return [headers.get("subject"), stored["source"]]


def iot_shadow(event, context):
    reading = float(event["state"]["reported"]["temperature"])
    table.put_item(
        Item={
            "id": f"device#{event['thing']}",
            "alarm": reading > 80 or reading < -20,
            "note": event.get("note"),
        }
    )
    return table.get_item(Key={"id": f"device#{event['thing']}"})["Item"]["alarm"]


def app_sync(event, context):
    """A resolver: the field's name chooses a function."""
    books = [{"id": "1", "title": "The Hitchhiker's Guide"}, {"id": "2", "title": "select"}]
    fields = {
        "getBook": lambda id: next((one for one in books if one["id"] == id), None),
        "searchBooks": lambda text, first=10: [one for one in books if text.lower() in one["title"].lower()][
            :first
        ],
        "addBook": lambda input: {**input, "id": "3"},
    }
    return fields[event["info"]["fieldName"]](**event["arguments"])


def bucket_batch(event, context):
    task = event["tasks"][0]
    key = unquote_plus(task["s3Key"])
    return {
        "invocationSchemaVersion": "1.0",
        "results": [
            {"taskId": task["taskId"], "resultCode": "Succeeded", "resultString": os.path.splitext(key)[1]}
        ],
    }


def address_filter(event, context):
    source = event["requestContext"]["http"]["sourceIp"]
    allowed = [ipaddress.ip_network(one) for one in ("203.0.113.0/24", "2001:db8::/32")]
    forwarded = event["headers"].get("x-forwarded-for", source).split(",")[0].strip()
    try:
        return any(ipaddress.ip_address(forwarded) in one for one in allowed)
    except ValueError:
        return "not an address"


def nested_notice(event, context):
    """A notice of S3 in a notice of SNS in a message of SQS."""
    found = []
    for record in event["Records"]:
        inner = json.loads(json.loads(record["body"])["Message"])
        for one in inner["Records"]:
            key = unquote_plus(one["s3"]["object"]["key"])
            s3.put_object(Bucket="receipts", Key=key, Body=b"1,2\n")
            found.append([key, s3.head_object(Bucket="receipts", Key=key)["ContentLength"]])
    return found
