"""Athena, Redshift, RDS Data API, logs insights, S3 Select's successors and Glue, as jobs and APIs use them."""

import json
import os
import re
from datetime import date, datetime, timedelta
from string import Template
from urllib.parse import unquote_plus

import boto3

athena = boto3.client("athena")
redshift = boto3.client("redshift-data")
rds = boto3.client("rds-data")
s3 = boto3.client("s3")
ssm = boto3.client("ssm")
glue = boto3.client("glue")
cloudwatch = boto3.client("cloudwatch")
OUTPUT = {"OutputLocation": "s3://receipts/results/"}


def run(text, **more):
    found = athena.start_query_execution(
        QueryString=text, QueryExecutionContext={"Database": "lake"}, ResultConfiguration=OUTPUT, **more
    )
    return athena.get_query_execution(QueryExecutionId=found["QueryExecutionId"])["QueryExecution"]["Query"]


def athena_report(event, context):
    """A day and a group of the request; the day is parsed, the group looked up."""
    query = event["queryStringParameters"]
    day = date.fromisoformat(query["day"])
    group = {"path": "request_path", "ip": "client_ip"}[query.get("by", "path")]
    return run(
        f"SELECT {group}, count(*) AS n FROM access_logs WHERE year = '{day:%Y}' AND month = '{day:%m}' AND day = '{day:%d}' "
        f"GROUP BY {group} ORDER BY n DESC LIMIT {int(query.get('limit', 50))}"
    )


def athena_parameters(event, context):
    values = [str(one) for one in event["values"]]
    return run(
        "SELECT * FROM orders WHERE name = ? AND note = ?",
        ExecutionParameters=["'" + one.replace("'", "''") + "'" for one in values],
    )


def athena_partition(event, context):
    """A new object: its partition is of the key."""
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    parts = dict(part.split("=", 1) for part in key.split("/")[:-1] if "=" in part)
    spec = ", ".join(f"{name}='{value}'" for name, value in sorted(parts.items()))
    return run(
        f"ALTER TABLE lake.raw ADD IF NOT EXISTS PARTITION ({spec}) LOCATION 's3://receipts/{os.path.dirname(key)}/'"
    )


def athena_state_machine(event, context):
    """A step of a state machine: table and window are the earlier step's."""
    begin = datetime.fromisoformat(event["window"]["start"].replace("Z", "+00:00"))
    end = begin + timedelta(hours=int(event["window"]["hours"]))
    text = Template(
        "INSERT INTO $target SELECT * FROM $source WHERE ts >= timestamp '$begin' AND ts < timestamp '$end'"
    )
    return run(
        text.substitute(
            target=event["target"], source=event["source"], begin=f"{begin:%F %T}", end=f"{end:%F %T}"
        )
    )


def redshift_copy(event, context):
    """COPY of the file that arrived, into the table that its folder names."""
    record = event["Records"][0]["s3"]
    key = unquote_plus(record["object"]["key"])
    table = key.split("/")[1]
    assert re.fullmatch(r"[a-z_]+", table)
    sent = redshift.execute_statement(
        ClusterIdentifier="dw",
        Database="dev",
        DbUser="loader",
        Sql=f"COPY public.{table} FROM 's3://{record['bucket']['name']}/{key}' IAM_ROLE 'arn:aws:iam::123456789012:role/copy' FORMAT AS CSV IGNOREHEADER 1",
    )
    return redshift.describe_statement(Id=sent["Id"])["QueryString"]


def redshift_parameters(event, context):
    sent = redshift.execute_statement(
        ClusterIdentifier="dw",
        Database="dev",
        DbUser="api",
        Sql="SELECT * FROM orders WHERE customer = :name AND placed > :since",
        Parameters=[{"name": "name", "value": event["name"]}, {"name": "since", "value": event["since"]}],
    )
    return redshift.describe_statement(Id=sent["Id"])["QueryParameters"]


def redshift_procedure(event, context):
    detail = event["detail"]
    name = {"nightly": "sp_nightly", "hourly": "sp_hourly"}[detail["job"]]
    sent = redshift.execute_statement(
        ClusterIdentifier="dw",
        Database="dev",
        DbUser="job",
        Sql=f"CALL {name}('{date.fromisoformat(detail['day'])}', {int(detail['retries'])})",
    )
    return redshift.describe_statement(Id=sent["Id"])["QueryString"]


def rds_insert(event, context):
    body = json.loads(event["body"])
    kinds = {str: "stringValue", int: "longValue", float: "doubleValue", bool: "booleanValue"}
    parameters = [
        {"name": name, "value": {kinds[type(value)]: value}}
        for name, value in body.items()
        if name in {"title", "text", "rank"}
    ]
    columns = ", ".join(one["name"] for one in parameters)
    marks = ", ".join(f":{one['name']}" for one in parameters)
    text = f"INSERT INTO posts ({columns}) VALUES ({marks})"
    rds.execute_statement(
        resourceArn="arn:aws:rds:eu-west-1:123456789012:cluster:c",
        secretArn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:s",
        database="app",
        sql=text,
        parameters=parameters,
    )
    return text


def insights(event, context):
    """A query of log records: the words of the request are quoted as a string of the language."""
    words = event["queryStringParameters"]["q"].replace("\\", "\\\\").replace('"', '\\"')
    logs = boto3.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix="/shop")["logGroups"]:
        logs.create_log_group(logGroupName="/shop")
    text = f'fields @timestamp, @message | filter @message like "{words}" | sort @timestamp desc | limit 20'
    logs.start_query(logGroupName="/shop", startTime=0, endTime=1, queryString=text)
    return text


def csv_to_parts(event, context):
    """ETL of a file in S3: one object for each value of a column."""
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    text = event.get("content", "region;n\nnorth;1\nsüd's;2\n")
    s3.put_object(Bucket="receipts", Key=key, Body=text.encode())
    header, *lines = s3.get_object(Bucket="receipts", Key=key)["Body"].read().decode().splitlines()
    for line in lines:
        s3.put_object(
            Bucket="receipts",
            Key=f"parts/region={line.split(';')[0]}/{os.path.basename(key)}",
            Body=f"{header}\n{line}\n".encode(),
        )
    found = s3.list_objects_v2(Bucket="receipts", Prefix="parts/")["Contents"]
    for one in found:
        s3.delete_object(Bucket="receipts", Key=one["Key"])
    return sorted(one["Key"] for one in found)


def config_pipeline(event, context):
    """Steps by name, each with settings of the event."""
    steps = {
        "rename": lambda rows, settings: [
            {settings.get(key, key): value for key, value in row.items()} for row in rows
        ],
        "drop": lambda rows, settings: [
            {key: value for key, value in row.items() if key not in settings} for row in rows
        ],
        "filter": lambda rows, settings: [
            row for row in rows if str(row.get(settings["field"])) == settings["equals"]
        ],
        "sort": lambda rows, settings: sorted(rows, key=lambda row: str(row.get(settings["by"]))),
    }
    rows = event["rows"]
    for step in event["pipeline"]:
        rows = steps[step["step"]](rows, step["with"])
    return rows


def metrics(event, context):
    for one in event["metrics"]:
        cloudwatch.put_metric_data(
            Namespace="Shop",
            MetricData=[
                {
                    "MetricName": one["name"],
                    "Value": float(one["value"]),
                    "Dimensions": [{"Name": "host", "Value": one["host"]}],
                }
            ],
        )
    found = cloudwatch.list_metrics(Namespace="Shop")["Metrics"]
    return sorted({one["MetricName"] for one in found} & {one["name"] for one in event["metrics"]})


def parameters(event, context):
    path = "/third/" + event["name"].strip("/")
    ssm.put_parameter(Name=path, Value=event["value"], Type="String", Overwrite=True)
    return ssm.get_parameter(Name=path)["Parameter"]["Value"]
