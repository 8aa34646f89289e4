"""Glue of an account: logs to chats, partitions, tickets, bots, mails that come in, commands on machines."""

import base64
import email
import email.policy
import gzip
import json
import os
import re
from datetime import datetime, timedelta
from urllib.parse import quote, unquote_plus

import boto3
import requests

PARTNER = os.environ["PARTNER_URL"]
BUCKET = "ninth-automation"


def bucket():
    client = boto3.client("s3")
    try:
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": client.meta.region_name}
        )
    except client.exceptions.ClientError:
        pass
    return client


def logs_to_chat(event, context):
    """Errors of a log group go to the chat."""
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    sent = []
    for one in data["logEvents"]:
        if "ERROR" in one["message"] or "Traceback" in one["message"]:
            payload = {"text": f"*{data['logGroup']}*\n```{one['message'][:500]}```"}
            answer = requests.post(
                PARTNER + "/services/T0/B0/x", data={"payload": json.dumps(payload)}, timeout=5
            )
            sent.append(answer.status_code)
    return {"sent": sent}


def add_partition(event, context):
    """A partition for each new prefix."""
    client, done = boto3.client("athena"), []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        parts = dict(part.split("=", 1) for part in key.split("/")[:-1] if "=" in part)
        values = ", ".join(f"{name}='{value}'" for name, value in parts.items())
        query = f"ALTER TABLE raw.events ADD IF NOT EXISTS PARTITION ({values}) LOCATION 's3://{record['s3']['bucket']['name']}/{os.path.dirname(key)}/'"
        made = client.start_query_execution(
            QueryString=query, ResultConfiguration={"OutputLocation": "s3://out/"}
        )
        done.append(
            client.get_query_execution(QueryExecutionId=made["QueryExecutionId"])["QueryExecution"]["Query"]
        )
    return done


def lex(event, context):
    """A bot that books tables."""
    intent = event["sessionState"]["intent"]
    slots = {key: one["value"]["interpretedValue"] for key, one in intent["slots"].items() if one}
    if "Day" not in slots:
        action, text = {"type": "ElicitSlot", "slotToElicit": "Day"}, "On which day?"
    else:
        action = {"type": "Close"}
        text = "Thanks {Name}, a table for {Count} on {Day}.".format(
            **{"Name": "dear guest", "Count": 2, **slots}
        )
        intent["state"] = "Fulfilled"
    return {
        "sessionState": {"dialogAction": action, "intent": intent},
        "messages": [{"contentType": "PlainText", "content": text}],
    }


def inbound_mail(event, context):
    """A mail came in: its attachments are laid into the bucket."""
    client = bucket()
    client.put_object(Bucket=BUCKET, Key="secret/board.txt", Body=b"board minutes")
    mail = email.message_from_string(
        json.loads(event["Records"][0]["Sns"]["Message"])["content"], policy=email.policy.default
    )
    sender = email.utils.parseaddr(mail["From"])[1]
    stored = []
    for part in mail.iter_attachments():
        key = f"inbox/{sender}/{part.get_filename()}"
        client.put_object(Bucket=BUCKET, Key=key, Body=part.get_payload(decode=True))
        stored.append(key)
    body = mail.get_body(("plain", "html"))
    return {"subject": mail["Subject"], "stored": stored, "text": body.get_content()[:60] if body else ""}


def ticket(event, context):
    """Is there a ticket already? JQL as text; then a new one."""
    alarm = json.loads(event["Records"][0]["Sns"]["Message"])
    summary = alarm["AlarmName"].replace("\\", "\\\\").replace('"', '\\"')
    jql = f'project = {alarm.get("Project", "OPS")} AND summary ~ "{summary}" AND status != Done'
    answer = requests.get(PARTNER + "/rest/api/2/search", params={"jql": jql}, timeout=5).json()
    made = requests.post(
        PARTNER + "/rest/api/2/issue",
        json={"fields": {"summary": alarm["AlarmName"], "description": alarm["Reason"]}},
        timeout=5,
    ).json()
    return {"asked": answer["path"], "made": json.loads(made["body"])}


def search(event, context):
    """The search engine's own language for texts, and the rest as JSON."""
    query = event["queryStringParameters"]
    body = {
        "size": int(query.get("size", 10)),
        "query": {"bool": {"must": {"multi_match": {"query": query["q"], "fields": ["title^2", "text"]}}}},
    }
    answer = requests.post(
        f"{PARTNER}/articles-{query.get('lang', 'en')}/_search", json=body, timeout=5
    ).json()
    return {
        "statusCode": 200,
        "body": json.dumps({"path": answer["path"], "sent": json.loads(answer["body"])}, ensure_ascii=False),
    }


def search_text(event, context):
    """The same, a few years before: the body is a text with places."""
    template = (
        '{"query": {"bool": {"filter": [{"term": {"public": true}}], "must": {"match": {"title": "%s"}}}}}'
    )
    body = template % event["arguments"]["title"]
    answer = requests.post(
        f"{PARTNER}/articles/_search",
        data=body.encode(),
        headers={"Content-Type": "application/json"},
        timeout=5,
    ).json()
    return {"sent": json.loads(answer["body"])}


def series(event, context):
    """Values of a device for a chart, asked in the database's language."""
    device, field = event["detail"]["device"], event["detail"].get("field", "temperature")
    flux = f'from(bucket: "home") |> range(start: {event["detail"].get("start", "-1h")}) |> filter(fn: (r) => r.device == "{device}" and r._field == "{field}")'
    answer = requests.post(
        PARTNER + "/api/v2/query?org=o",
        data=flux.encode(),
        headers={"Content-Type": "application/vnd.flux"},
        timeout=5,
    ).json()
    return {"query": answer["body"]}


def line_protocol(event, context):
    """Measurements of a stream, as lines for the database."""
    lines = []
    for record in event["Records"]:
        one = json.loads(base64.b64decode(record["kinesis"]["data"]))
        room = re.sub(r"([,= ])", r"\\\1", one["room"])
        lines.append(f"climate,room={room},unit={one.get('unit', 'C')} value={float(one['value'])}")
    answer = requests.post(
        PARTNER + "/api/v2/write?bucket=home", data="\n".join(lines).encode(), timeout=5
    ).json()
    return {"lines": answer["body"].split("\n")}


def restart(event, context):
    """A service on machines with a tag is restarted."""
    client = boto3.client("ssm")
    service = event["detail"]["service"]
    made = client.send_command(
        Targets=[{"Key": "tag:Name", "Values": [event["detail"].get("host", "web")]}],
        DocumentName="AWS-RunShellScript",
        Parameters={"commands": [f"sudo systemctl restart {service}", f"logger 'restarted {service}'"]},
    )
    found = client.list_commands(CommandId=made["Command"]["CommandId"])["Commands"][0]
    return {"commands": found["Parameters"]["commands"]}


def policy(event, context):
    """A role for a team's prefix; the policy is a text with places."""
    team = event["ResourceProperties"]["Team"]
    document = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/%s/*"}]}'
        % team
    )
    client = boto3.client("iam")
    try:
        client.create_role(
            RoleName="ninth-team", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
        )
    except client.exceptions.EntityAlreadyExistsException:
        pass
    client.put_role_policy(RoleName="ninth-team", PolicyName="data", PolicyDocument=document)
    return {"Data": client.get_role_policy(RoleName="ninth-team", PolicyName="data")["PolicyDocument"]}


def custom_message(event, context):
    """Texts of the user pool's mails."""
    name = event["request"]["userAttributes"].get("name", "there")
    code = event["request"].get("codeParameter", "{####}")
    link = f"https://example.org/confirm?user={quote(event['userName'])}&code={code}"
    event["response"] = {
        "emailSubject": f"Your code, {name}",
        "emailMessage": f"<p>Hi {name},</p><p><a href='{link}'>confirm</a> {code}</p>",
    }
    return event


def publish(event, context):
    """A new order is told to others."""
    client = boto3.client("sns")
    topic = client.create_topic(Name="ninth-orders")["TopicArn"]
    done = []
    for record in event["Records"]:
        image = record["dynamodb"].get("NewImage", {})
        text = "; ".join(f"{key}: {next(iter(value.values()))}" for key, value in sorted(image.items()))
        client.publish(
            TopicArn=topic,
            Subject="".join(one for one in text[:90] if one.isprintable()) or "-",
            Message=text,
        )
        done.append(len(text))
    return done


def reminder_days(event, context):
    """Dates of reminders before a deadline."""
    deadline = datetime.fromisoformat(event["deadline"])
    days = [deadline - timedelta(days=int(one)) for one in event.get("before", "7,1").split(",")]
    return {"title": event["title"].strip().title(), "days": [f"{one:%d %b %Y}" for one in days]}


def graph(event, context):
    """A query of a partner's GraphQL, with the name as a literal."""
    name = event["name"].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    query = f'query {{ user(name: "{name}") {{ {" ".join(event.get("fields", ["id"]))} }} }}'
    answer = requests.post(PARTNER + "/graphql", json={"query": query}, timeout=5).json()
    return {"sent": json.loads(answer["body"])["query"]}


def crm(event, context):
    """A customer in the CRM by mail, in its own query language."""
    soql = (
        "SELECT Id, Name FROM Contact WHERE Email = '"
        + event["mail"].replace("'", "\\'")
        + "' LIMIT "
        + str(event.get("limit", 1))
    )
    answer = requests.get(PARTNER + "/services/data/v59.0/query/?q=" + quote(soql), timeout=5).json()
    return {"path": answer["path"]}


def save_query(event, context):
    """A saved query of a dashboard lies in the bucket."""
    body = json.loads(event["body"])
    bucket().put_object(Bucket=BUCKET, Key=f"queries/{body['id']}.json", Body=json.dumps(body).encode())
    return {"statusCode": 201, "body": body["id"]}


def run_query(event, context):
    """It is run against the logs, and its result sent to the dashboard."""
    client, done = bucket(), []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        saved = json.loads(client.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        query = f'fields @timestamp, @message | filter host = "{saved["host"]}" | limit 20'
        answer = requests.put(
            f"{PARTNER}/dashboards/{saved['dashboard']}/tiles/1", json={"query": query}, timeout=5
        ).json()
        done.append(
            {
                "path": answer["path"],
                "query": json.loads(answer["body"])["query"] if answer.get("body") else None,
            }
        )
    return done
