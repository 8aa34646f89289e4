"""Reports and pipelines: pandas, Excel, CSV, streams, logs, settings."""

import base64
import configparser
import csv
import datetime
import gzip
import io
import json
import logging
import os
import re
import sqlite3
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import unquote_plus
from xml.sax import make_parser
from xml.sax.handler import ContentHandler, feature_external_ges

import numpy
import openpyxl
import pandas
import yaml

logging.basicConfig()
logger = logging.getLogger("reports")
WORK = Path("/tmp/reports")
(WORK / "data").mkdir(parents=True, exist_ok=True)
(WORK / "out").mkdir(exist_ok=True)
(WORK / "budget-secret.csv").write_text("name,salary\nboss,report-secret-6407\n")
(WORK / "data" / "sales.csv").write_text(
    "day,region,product,amount,price\n2024-05-01,North,Tea,3,4.50\n2024-05-01,South,Müsli,1,3.99\n2024-05-02,North,Tea,2,4.50\n2024-05-02,West,O'Neill's Jam,7,2.75\n"
)
(WORK / "data" / "it's (1).csv").write_text("a,b\n1,2\n")
database = sqlite3.connect(":memory:", check_same_thread=False)
pandas.read_csv(WORK / "data" / "sales.csv").to_sql("sales", database, index=False)
database.executescript(
    "CREATE TABLE salaries (name TEXT, salary TEXT); INSERT INTO salaries VALUES ('boss', 'report-secret-6407');"
)


def summary(event, context):
    """A pivot for the page: group, value and a filter by one column."""
    body = json.loads(event["body"])
    frame = pandas.read_csv(WORK / "data" / "sales.csv")
    if body.get("filter"):
        column, value = body["filter"]["column"], body["filter"]["value"]
        frame = frame.query(f'{column} == "{value}"')
    grouped = frame.groupby(body.get("group", "region"))[body.get("value", "amount")].sum()
    return {
        "statusCode": 200,
        "body": json.dumps({str(key): float(value) for key, value in grouped.items()}, ensure_ascii=False),
    }


def computed(event, context):
    """A new column out of two others, as analysts have them in their sheet."""
    frame = pandas.read_csv(WORK / "data" / "sales.csv")
    frame["result"] = frame.eval(
        f"{event['left']} {event.get('operator', '*')} {event['right']}", engine="python"
    )
    return {"results": [str(one) for one in frame["result"].tolist()]}


def sales_sql(event, context):
    """Rows of a region by day, read by pandas."""
    query = event["queryStringParameters"]
    statement = f"SELECT day, product, amount FROM sales WHERE region = '{query['region']}'"
    if query.get("day"):
        statement += " AND day = ?"
    frame = pandas.read_sql_query(statement, database, params=[query["day"]] if query.get("day") else None)
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": frame.to_csv(index=False)}


def export(event, context):
    """A CSV file of what a page sends, with a name for the browser."""
    body = json.loads(event["body"])
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=body["columns"], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(body["rows"])
    name = re.sub(r'[\r\n"]', "", body.get("name", "export"))
    return {
        "statusCode": 200,
        "headers": {"Content-Disposition": f'attachment; filename="{name}.csv"'},
        "body": out.getvalue(),
    }


def saved_report(event, context):
    """A report of the folder, by its name."""
    name = event["pathParameters"]["name"]
    path = f"/tmp/reports/data/{name}.csv"
    try:
        frame = pandas.read_csv(path)
    except FileNotFoundError:
        return {"statusCode": 404, "body": "no such report"}
    return {"statusCode": 200, "body": frame.to_json(orient="records", force_ascii=False)}


def read_upload(event, context):
    """Excel or CSV in base64; sums by column."""
    data = base64.b64decode(event["content"])
    if event["name"].endswith(".xlsx"):
        sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True).active
        rows = [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    else:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=event.get("delimiter", ",")))
    return {"columns": rows[0] if rows else [], "rows": len(rows) - 1, "last": rows[-1] if rows else []}


def workbook(event, context):
    """Makes an Excel file of the rows and reads it again."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = re.sub(r"[\[\]:*?/\\]", "_", event.get("title", "Report"))[:31]
    for row in event["rows"]:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    again = openpyxl.load_workbook(io.BytesIO(out.getvalue())).active
    return {"title": again.title, "rows": [list(row) for row in again.iter_rows(values_only=True)]}


def transform(event, context):
    """Firehose: lines of JSON made flat."""
    records = []
    for record in event["records"]:
        try:
            data = json.loads(base64.b64decode(record["data"]))
            flat = {
                "at": data.get("ts"),
                "user": (data.get("user") or {}).get("name"),
                "path": data.get("path"),
                "length": len(data.get("text", "")),
            }
            result, payload = (
                "Ok",
                base64.b64encode((json.dumps(flat, ensure_ascii=False) + "\n").encode()).decode(),
            )
        except ValueError:
            result, payload = "ProcessingFailed", record["data"]
        records.append({"recordId": record["recordId"], "result": result, "data": payload})
    return {"records": records}


def clicks(event, context):
    """Kinesis: counts paths; each record can say by which field."""
    counts = {}
    for record in event["Records"]:
        data = json.loads(base64.b64decode(record["kinesis"]["data"]))
        key = data.get("path", "").split("?")[0]
        counts[key] = counts.get(key, 0) + 1
        database.execute(
            f"CREATE TABLE IF NOT EXISTS clicks_{int(data.get('shard', 0))} (path TEXT, agent TEXT)"
        )
        database.execute(
            f"INSERT INTO clicks_{int(data.get('shard', 0))} VALUES (?, ?)", (key, data.get("agent"))
        )
    return counts


def logs_filter(event, context):
    """Logs: counts lines that look like errors."""
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    found = [
        one["message"]
        for one in data["logEvents"]
        if re.search(r"error|exception|timed out", one["message"], re.I)
    ]
    for message in found:
        logger.warning("found: %s", message)
    return {"group": data["logGroup"], "errors": len(found), "first": found[0][:200] if found else None}


def logs_search(event, context):
    """Searches the saved log for a word by grep."""
    body = json.loads(event["body"])
    (WORK / "out" / "app.log").write_text(
        "2024-05-02 INFO it's fine\n2024-05-02 ERROR Zoë's order failed; code=7\n"
    )
    command = f"grep -i {body['pattern']} /tmp/reports/out/app.log"
    out = subprocess.run(command.split(), capture_output=True, text=True, timeout=10)
    return {"statusCode": 200, "body": json.dumps({"lines": out.stdout.splitlines()}, ensure_ascii=False)}


def rotate(event, context):
    """Every night: packs the folder's report with gzip, by the day's name."""
    name = event["detail"]["report"]
    os.system(f"cd /tmp/reports/data && gzip -c {name}.csv > ../out/{name}.csv.gz 2>../out/errors.txt")
    packed = WORK / "out" / f"{name}.csv.gz"
    text = gzip.decompress(packed.read_bytes()).decode() if packed.exists() and packed.stat().st_size else ""
    return {"text": text, "errors": (WORK / "out" / "errors.txt").read_text()}


def settings(event, context):
    """INI, TOML, YAML or JSON, as teams have them."""
    text, kind = event["text"], event["kind"]
    if kind == "ini":
        parser = configparser.ConfigParser()
        parser.read_string(text)
        return {section: dict(parser[section]) for section in parser.sections()}
    if kind == "toml":
        return json.loads(json.dumps(tomllib.loads(text), default=str))
    if kind == "yaml":
        return json.loads(json.dumps(yaml.safe_load(text), default=str))
    return json.loads(text)


class Titles(ContentHandler):
    def __init__(self):
        super().__init__()
        self.titles, self.text = [], None

    def startElement(self, name, attributes):
        if name == "title":
            self.text = ""

    def characters(self, content):
        if self.text is not None:
            self.text += content

    def endElement(self, name):
        if name == "title":
            self.titles.append(self.text)
            self.text = None


def sax_titles(event, context):
    """A large feed, read by events; the partner's files need their DTD."""
    parser, titles = make_parser(), Titles()
    parser.setFeature(feature_external_ges, True)
    parser.setContentHandler(titles)
    parser.parse(io.StringIO(event["body"]))
    return {"statusCode": 200, "body": json.dumps(titles.titles, ensure_ascii=False)}


def array(event, context):
    """A model's features as numpy saved them."""
    loaded = numpy.load(io.BytesIO(base64.b64decode(event["features"])), allow_pickle=True)
    return {"shape": list(loaded.shape), "first": str(loaded.flat[0]) if loaded.size else None}


def monthly(event, context):
    """Cron: the names of the months' partitions between two days."""
    start, end = (datetime.date.fromisoformat(event[key]) for key in ("start", "end"))
    found = []
    while start <= end:
        found.append(f"year={start:%Y}/month={start:%m}/")
        start = (start.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
    return found


def s3_partition(event, context):
    """Reads partition=value out of an object's key."""
    made = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        parts = dict(one.split("=", 1) for one in key.split("/") if "=" in one)
        where = " AND ".join(f"{name} = '{value}'" for name, value in parts.items()) or "1"
        made.append(
            [row[0] for row in database.execute(f"SELECT product FROM sales WHERE {where} ORDER BY 1")]
        )
    return made
