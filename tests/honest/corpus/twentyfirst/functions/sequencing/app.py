"""Pipeline of a sequencing laboratory: samples, sheets, runs, results, and the events around them."""

import base64
import csv
import gzip
import hashlib
import hmac
import html
import importlib
import io
import json
import logging
import os
import pickle
import re
import shlex
import statistics
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from urllib.parse import quote, unquote_plus

import boto3
import jinja2
import markdown
import psycopg
import requests
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from botocore.exceptions import ClientError
from dateutil import parser as dates
from lxml import etree
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger("sequencing")
logger.setLevel(os.environ.get("LOG_LEVEL", "INFO"))

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = tempfile.mkdtemp(prefix="sequencing-")
PLUGINS = os.path.join(WORK, "plugins")
os.makedirs(PLUGINS, exist_ok=True)
sys.path.append(PLUGINS)

LAB_TOKEN = "sequencing-secret-2958"
os.environ.setdefault("LAB_TOKEN", LAB_TOKEN)
SETTINGS = {"lab": "North Lab", "token": LAB_TOKEN, "limit": 500}
HOOK_SECRET = "git-hook-sequencing"
PARTNER_URL = os.environ["PARTNER_URL"]
BUCKET = "sequencing-data"

s3 = boto3.client("s3")
athena = boto3.client("athena")
conn = psycopg.connect(autocommit=True)
staff = boto3.resource("dynamodb").Table("sequencing-staff")
pages = jinja2.Environment(loader=jinja2.FileSystemLoader(os.path.join(HERE, "pages")), autoescape=True)
app = APIGatewayRestResolver()

SAMPLES = [
    ("S-1", "gut flora", "Siobhán O'Reilly", "new", 12.5, {"tissue": "saliva", "note": "it's cold; -80 °C"}),
    ("S-2", "gut flora", "Nguyễn Hương", "done", 8, {"tissue": "blood", "tags": ["a", "b"]}),
    ("S-3", "union bay", "Özgür Şahin", "new", 31.75, {"tissue": "soil", "note": "100% wet"}),
]
FILES = {
    "raw/lane 1 (O'Neill).fasta": ">seq1 it's the first; 50%\nACGTACGTGG\nCCTA\n>seq2\nTTTTAAAA\n",
    "raw/größe+2.fasta": ">x|y 'quoted'\nGGGGCCCC\n",
    "raw/bad.fasta": "no header\nACGT\n",
}


def _seed():
    with conn.cursor() as cur:
        cur.execute(
            "CREATE TABLE IF NOT EXISTS seq_samples (id text PRIMARY KEY, project text, donor text, status text,"
            " volume numeric, extra jsonb)"
        )
        cur.execute("CREATE TABLE IF NOT EXISTS seq_keys (name text PRIMARY KEY, token text)")
        for row in SAMPLES:
            cur.execute(
                "INSERT INTO seq_samples VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO UPDATE SET status = excluded.status",
                (*row[:5], Jsonb(row[5])),
            )
        cur.execute("INSERT INTO seq_keys VALUES ('lims', %s) ON CONFLICT DO NOTHING", (LAB_TOKEN,))
    try:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        boto3.client("dynamodb").create_table(
            TableName=staff.name,
            KeySchema=[{"AttributeName": "login", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "login", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    except ClientError as error:
        logger.info("made before: %s", error.response["Error"]["Code"])
    for login, mail, lab, note in (
        ("amara", "amara+lab@example.org", "north", "nights; it's ok"),
        ("siobhan", "o'reilly@example.org", "north", "50% until May"),
        ("root", "it@example.org", "office", LAB_TOKEN),
    ):
        staff.put_item(Item={"login": login, "mail": mail, "lab": lab, "note": note})
    for key, text in FILES.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())


_seed()


def answer(status, body, kind="application/json"):
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, default=str)
    return {"statusCode": status, "headers": {"Content-Type": kind}, "body": text}


def body_bytes(event):
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode("utf-8")


def params(event):
    return event.get("queryStringParameters") or {}


class SampleSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    project = fields.String(required=True, validate=validate.Length(1, 80))
    donor = fields.String(required=True)
    volume = fields.Decimal(places=2, load_default=Decimal(0))
    extra = fields.Dict(load_default=dict)


@app.get("/samples/<sample>")
def get_sample(sample: str):
    with conn.cursor(row_factory=dict_row) as cur:
        row = cur.execute("SELECT * FROM seq_samples WHERE id = %s", (sample,)).fetchone()
    if not row:
        return Response(404, content_types.APPLICATION_JSON, json.dumps({"error": f"no sample {sample}"}))
    return {**row, "volume": str(row["volume"])}


@app.put("/samples/<sample>")
def put_sample(sample: str):
    try:
        data = SampleSchema().load(app.current_event.json_body)
    except ValidationError as error:
        return Response(400, content_types.APPLICATION_JSON, json.dumps(error.messages))
    with conn.cursor(row_factory=dict_row) as cur:
        row = cur.execute(
            "INSERT INTO seq_samples VALUES (%s, %s, %s, 'new', %s, %s) ON CONFLICT (id) DO UPDATE SET "
            "project = excluded.project, donor = excluded.donor, volume = excluded.volume, extra = excluded.extra "
            "RETURNING id, donor, volume::text, extra",
            (sample, data["project"], data["donor"], data["volume"], Jsonb(data["extra"])),
        ).fetchone()
    return row


@app.get("/samples")
def list_samples():
    project = app.current_event.get_query_string_value("project", "") or ""
    with conn.cursor(row_factory=dict_row) as cur:
        rows = cur.execute(
            "SELECT id, donor, extra->>'note' AS note FROM seq_samples WHERE project = %s ORDER BY id",
            (project,),
        ).fetchall()
    return {"project": project, "samples": rows}


def samples(event, context):
    """REST of samples."""
    return app.resolve(event, context)


def samples_search(event, context):
    """Search in the page of the laboratory."""
    q = params(event)
    sql = (
        "SELECT id, project, donor FROM seq_samples WHERE id IN ('S-1', 'S-2', 'S-3') AND "
        f"(project ILIKE '%{q.get('q', '')}%' OR donor ILIKE '%{q.get('q', '')}%') ORDER BY {q.get('sort', 'id')}"
    )
    try:
        with conn.cursor() as cur:
            rows = cur.execute(sql).fetchall()
    except psycopg.Error as error:
        logger.exception("search")
        return answer(400, {"error": str(error)[:300]})
    return answer(200, {"rows": rows})


def volumes(event, context):
    """Sums by project: columns of a list, numbers made numbers."""
    q = params(event)
    column = {"project": "project", "status": "status"}.get(q.get("by", "project"))
    if column is None:
        return answer(400, {"error": "by"})
    try:
        least, since = float(q.get("least", "0")), dates.parse(q.get("since", "2026-01-01")).date()
    except (ValueError, OverflowError):
        return answer(400, {"error": "least and since"})
    ids = [f"S-{int(one)}" for one in re.findall(r"\d{1,6}", q.get("ids", "1,2,3"))] or ["S-0"]
    quoted = ", ".join(f"'{one}'" for one in ids)
    with conn.cursor() as cur:
        cur.execute(
            f"SELECT {column}, sum(volume)::text FROM seq_samples WHERE volume >= {least} AND id IN ({quoted}) "
            f"AND date '{since.isoformat()}' < date '2030-01-01' GROUP BY {column} ORDER BY 1"
        )
        return answer(200, {"by": column, "sums": cur.fetchall()})


def fasta(event, context):
    """FASTA in the bucket to a summary beside it."""
    out = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        try:
            text = (
                s3.get_object(Bucket=record["s3"]["bucket"]["name"], Key=key)["Body"].read().decode("utf-8")
            )
        except ClientError as error:
            out.append({"key": key, "error": error.response["Error"]["Code"]})
            continue
        found = []
        for part in text.split(">")[1:]:
            head, _, letters = part.partition("\n")
            letters = "".join(letters.split()).upper()
            found.append(
                {
                    "head": head,
                    "length": len(letters),
                    "gc": round(100 * len(re.findall("[GC]", letters)) / len(letters), 1),
                }
            )
        target = f"summary/{os.path.splitext(os.path.basename(key))[0]}.json"
        s3.put_object(Bucket=BUCKET, Key=target, Body=json.dumps(found), Metadata={"source": quote(key)})
        out.append({"key": target, "found": found})
    return out


def sample_sheet(event, context):
    """A sheet with sections, as the machine wants it."""
    sections, current = defaultdict(list), None
    for row in csv.reader(io.StringIO(body_bytes(event).decode("utf-8-sig"))):
        if row and re.fullmatch(r"\[\w+\]", row[0].strip()):
            current = row[0].strip()[1:-1].lower()
        elif row and current:
            sections[current].append(row)
    if len(sections.get("data", [])) < 2:
        return answer(400, {"error": "no data"})
    head, *rows = sections["data"]
    data = [dict(zip(head, row, strict=False)) for row in rows]
    twice = [name for name, number in Counter(one.get("index") for one in data).items() if number > 1]
    return answer(
        200,
        {"header": dict(row[:2] for row in sections["header"] if len(row) > 1), "data": data, "twice": twice},
    )


def manifest(event, context):
    """A supplier's manifest in XML."""
    try:
        root = etree.fromstring(
            body_bytes(event), etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
        )
    except etree.XMLSyntaxError as error:
        return answer(400, {"error": error.msg})
    boxes = [
        {"id": box.get("id"), "note": " ".join((box.findtext("note") or "").split())}
        for box in root.iter("box")
    ]
    return answer(200, {"supplier": root.findtext("supplier"), "boxes": boxes})


def unpack(event, context):
    """An archive of a machine, unpacked to the work folder."""
    folder = os.path.join(WORK, "unpacked")
    os.makedirs(folder, exist_ok=True)
    data, names = io.BytesIO(body_bytes(event)), []
    if zipfile.is_zipfile(data):
        with zipfile.ZipFile(data) as archive:
            for one in archive.infolist():
                path = os.path.join(folder, one.filename)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(archive.read(one))
                names.append(one.filename)
    else:
        data.seek(0)
        try:
            with tarfile.open(fileobj=data) as archive:
                archive.extractall(folder, filter="fully_trusted")
                names = archive.getnames()
        except tarfile.TarError as error:
            return answer(400, {"error": str(error)})
    first = os.path.join(folder, params(event).get("show") or names[0])
    with open(first, encoding="utf-8", errors="replace") as file:
        return answer(200, {"names": names, "first": file.read(300)})


def member(event, context):
    """One file of an archive by the program."""
    path = os.path.join(WORK, "asked.tar")
    with open(path, "wb") as file:
        file.write(body_bytes(event))
    done = subprocess.run(
        ["tar", "-xOf", path, params(event)["name"]], capture_output=True, text=True, timeout=10
    )
    if done.returncode:
        return answer(404, {"error": done.stderr[:200]})
    return answer(200, {"text": done.stdout})


def step(event, context):
    """A task of the state machine: the step's module and function are in its input."""
    module = importlib.import_module(event["module"])
    result = getattr(module, event.get("function", "run"))(*event.get("args", []), **event.get("options", {}))
    return {
        "step": event["module"],
        "result": result if isinstance(result, (str, int, dict, list)) else str(result),
    }


def _trim(task):
    return {**task, "sequence": task["sequence"].strip().upper()}


def _flag(task):
    return {**task, "flags": sorted({*task.get("flags", []), "short"}) if len(task["sequence"]) < 8 else []}


STEPS = {"trim": _trim, "flag": _flag}


def choice(event, context):
    """The same by a table."""
    task = event["task"]
    for name in event["steps"]:
        if name not in STEPS:
            return {"status": "FAILED", "cause": f"unknown step {name!r}"}
        task = STEPS[name](task)
    return {"status": "SUCCEEDED", "task": task}


def letters(event, context):
    """How often each letter comes, in a pipe."""
    data = json.loads(body_bytes(event))
    path = os.path.join(WORK, os.path.basename(data["name"]) or "x")
    with open(path, "w", encoding="utf-8") as file:
        file.write(data["text"] + "\n")
    command = f"cat {shlex.quote(path)} | grep -v '^>' | fold -w1 | sort | uniq -c | sort -rn -k1,1 | head -n {int(data.get('top', 3))}"
    out = subprocess.check_output(
        command, shell=True, text=True, env={"LC_ALL": "C", "PATH": os.environ["PATH"]}
    )
    return answer(200, {"name": os.path.basename(path), "top": [line.split() for line in out.splitlines()]})


def qc(event, context):
    """A check by a script of the laboratory, with settings as its environment."""
    data = json.loads(body_bytes(event))
    done = subprocess.run(
        [
            "bash",
            "-c",
            'echo "$TITLE"; awk -v least="${LEAST:-3}" \'length($0) >= least {n++} END {print n + 0}\'',
        ],
        input=data["text"],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "TITLE": "-", **data.get("settings", {})},
    )
    return answer(200, {"out": done.stdout.splitlines(), "err": done.stderr[:300]})


def result_save(event, context):
    """A client's result into the bucket."""
    key = "results/" + hashlib.sha256(params(event)["run"].encode()).hexdigest()[:12]
    s3.put_object(Bucket=BUCKET, Key=key, Body=body_bytes(event))
    return answer(201, {"key": key})


def result_load(event, context):
    """What a client saved, from the bucket or as sent."""
    if event.get("body"):
        data = body_bytes(event)
    else:
        key = "results/" + hashlib.sha256(params(event)["run"].encode()).hexdigest()[:12]
        try:
            data = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        except ClientError:
            return answer(404, {"error": "no result"})
    try:
        result = pickle.loads(data)
    except (pickle.UnpicklingError, EOFError) as error:
        return answer(400, {"error": str(error)})
    return answer(200, {"result": str(result)})


def push_hook(event, context):
    """A push to the repository of protocols."""
    text = event["body"]
    given = event["headers"].get("X-Hub-Signature-256", "")
    wanted = "sha256=" + hmac.new(HOOK_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given, wanted):
        return answer(401, {"error": "signature"})
    push = json.loads(text)
    branch = push["ref"].removeprefix("refs/heads/")
    changed = sorted(
        {name for one in push["commits"] for name in one.get("added", []) + one.get("modified", [])}
    )
    said = requests.post(
        f"{PARTNER_URL}/chat/{quote(push['repository']['name'], safe='')}",
        json={
            "text": "\n".join(
                f"• {one['message'].splitlines()[0]} ({one['author']['name']})" for one in push["commits"]
            )
        },
        timeout=5,
    ).json()
    return answer(200, {"accepted": branch, "changed": changed, "posted": json.loads(said["body"])["text"]})


def custom_resource(event, context):
    """CloudFormation's resource for the laboratory's settings."""
    wanted = event.get("ResourceProperties", {})
    status, data = "SUCCESS", {}
    if event["RequestType"] in ("Create", "Update"):
        if not re.fullmatch(r"[\w-]{1,32}", wanted.get("Name", "")):
            status, data = "FAILED", {"Reason": f"bad name {wanted.get('Name')!r}"}
        else:
            s3.put_object(Bucket=BUCKET, Key=f"settings/{wanted['Name']}.json", Body=json.dumps(wanted))
            data = {"Key": f"settings/{wanted['Name']}.json"}
    response = {
        "Status": status,
        "Reason": data.get("Reason", "done"),
        "PhysicalResourceId": event.get("PhysicalResourceId") or f"settings-{wanted.get('Name')}",
        "StackId": event["StackId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data,
    }
    sent = requests.put(
        event["ResponseURL"], data=json.dumps(response), headers={"Content-Type": ""}, timeout=5
    )
    return {"sent": sent.status_code, "response": response}


LINE = re.compile(r"^(?P<level>[A-Z]+)\s+\[(?P<tool>[^\]]+)\]\s+(?P<text>.*)$", re.S)


def log_lines(event, context):
    """A subscription of logs."""
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    levels, errors = Counter(), []
    for one in data["logEvents"]:
        match = LINE.match(one["message"])
        levels[match["level"] if match else "OTHER"] += 1
        if match and match["level"] == "ERROR":
            errors.append(f"{match['tool']}: {match['text']}")
            print(f"ERROR seen in {data['logGroup']}: {match['text']}")
    return {"group": data["logGroup"], "levels": dict(levels), "errors": errors}


def firehose(event, context):
    """Readings of the machines, cleaned."""
    out = []
    for record in event["records"]:
        try:
            row = json.loads(base64.b64decode(record["data"]))
            line = json.dumps(
                {
                    "machine": row["machine"].strip(),
                    "note": row.get("note", ""),
                    "value": round(float(row["value"]), 2),
                },
                ensure_ascii=False,
            )
            out.append(
                {
                    "recordId": record["recordId"],
                    "result": "Ok",
                    "data": base64.b64encode((line + "\n").encode()).decode(),
                }
            )
        except (ValueError, KeyError) as error:
            logger.warning("dropped: %s", error)
            out.append({"recordId": record["recordId"], "result": "ProcessingFailed", "data": record["data"]})
    return {"records": out}


def telemetry(event, context):
    """Medians of a stream."""
    values = defaultdict(list)
    for record in event["Records"]:
        row = json.loads(base64.b64decode(record["kinesis"]["data"]), parse_float=Decimal)
        try:
            values[row["machine"]].append(Decimal(str(row["value"])))
        except InvalidOperation:
            values["(bad) " + row["machine"]].append(Decimal(0))
    return {name: {"n": len(many), "median": str(statistics.median(many))} for name, many in values.items()}


def staff_search(event, context):
    """Who of the laboratory has a text in a field."""
    q = params(event)
    try:
        found = staff.scan(
            FilterExpression=f"lab = :lab AND contains({q.get('field', 'login')}, :text)",
            ExpressionAttributeValues={":lab": "north", ":text": q.get("text", "")},
        )
    except ClientError as error:
        return answer(400, {"error": error.response["Error"]["Message"]})
    return answer(200, sorted(found["Items"], key=lambda item: item["login"]))


def reagent(event, context):
    """Where a reagent is."""
    tree = etree.parse(os.path.join(HERE, "reagents.xml"))
    try:
        found = tree.xpath(f"//reagent[@lab='north' and name=\"{params(event).get('name', '')}\"]")
    except etree.XPathError as error:
        return answer(400, {"error": str(error)})
    return answer(200, [{one.tag: one.text for one in row} for row in found])


class Run:
    def __init__(self, name, started, lanes):
        self.name, self.started, self.lanes = name, started, lanes

    @property
    def ends(self):
        return self.started + timedelta(hours=6 * self.lanes)


def run_label(event, context):
    """A label by the client's own pattern."""
    data = json.loads(body_bytes(event))
    run = Run(data.get("name", "run"), datetime.fromisoformat(data["started"]), int(data.get("lanes", 1)))
    try:
        return answer(200, {"label": data["pattern"].format(run=run, today=date(2026, 5, 4))})
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        return answer(400, {"error": f"{type(error).__name__}: {error}"})


def protocol(event, context):
    """A protocol's page of Markdown."""
    data = json.loads(body_bytes(event))
    content = markdown.markdown(html.escape(data["text"], quote=False), extensions=["tables", "fenced_code"])
    page = pages.get_template("protocol.html").render(
        title=data["title"],
        author=data.get("author"),
        day=date(2026, 5, 4).strftime("%d %b %Y"),
        content=jinja2.utils.markupsafe.Markup(content),
        tags=data.get("tags", []),
    )
    return answer(200, page, "text/html; charset=utf-8")


def mail_result(event, context):
    """A result's mail, as the relay takes it."""
    data = json.loads(body_bytes(event))
    raw = f"From: lab@example.org\r\nTo: {data['to']}\r\nSubject: Result {data['subject']}\r\nMIME-Version: 1.0\r\n\r\n{data['text']}\r\n"
    head, _, text = raw.partition("\r\n\r\n")
    relay = requests.post(f"{PARTNER_URL}/relay", data=raw.encode("utf-8"), timeout=5)
    return answer(202, {"headers": head.split("\r\n"), "size": len(text), "relay": relay.status_code})


def alexa(event, context):
    """What the laboratory's speaker says."""
    request = event["request"]
    if request["type"] == "LaunchRequest":
        text = "Welcome to the lab."
    elif request["type"] == "IntentRequest" and request["intent"]["name"] == "StatusIntent":
        spoken = request["intent"]["slots"]["sample"].get("value", "")
        number = re.sub(r"\D", "", spoken)
        with conn.cursor() as cur:
            row = cur.execute(
                "SELECT project, donor FROM seq_samples WHERE id = %s", (f"S-{number}",)
            ).fetchone()
        text = f"Sample {number} of {row[1]} belongs to {row[0]}." if row else f"I don't know {spoken}."
    else:
        text = "Sorry."
    return {
        "version": "1.0",
        "sessionAttributes": {},
        "response": {
            "outputSpeech": {"type": "SSML", "ssml": f"<speak>{html.escape(text)}</speak>"},
            "shouldEndSession": True,
        },
    }


def athena_report(event, context):
    """A query over the lake for a project and a month."""
    project, month = event["detail"]["project"], event["detail"]["month"]
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        return {"error": f"bad month {month!r}"}
    sql = f"SELECT run, count(*) FROM reads WHERE month = '{month}' AND project = '{project.replace(chr(39), chr(39) * 2)}' GROUP BY run"
    started = athena.start_query_execution(
        QueryString=sql, ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/athena/"}
    )
    done = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
    return {"sql": done["Query"], "state": done["Status"]["State"]}


def plugin(event, context):
    """A machine's plugin, by the machine's name."""
    name = params(event).get("machine", "")
    if not re.fullmatch(r"[a-z]{3,20}", name):
        return answer(400, {"error": "machine"})
    try:
        module = importlib.import_module(f"{name}_plugin")
    except ImportError:
        return answer(404, {"error": f"no plugin of {name}"})
    return answer(200, {"version": getattr(module, "VERSION", "?")})


def kmers(event, context):
    """The pieces of a sequence."""
    import kmerlib

    data = json.loads(body_bytes(event))
    return answer(200, kmerlib.spectrum(data["sequence"], int(data.get("size", 3))))
