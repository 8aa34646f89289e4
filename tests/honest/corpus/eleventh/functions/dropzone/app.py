"""What happens to files that arrive in a bucket."""

import base64
import csv
import gzip
import io
import json
import os
import pickle
import re
import shutil
import tarfile
import urllib.parse
import zipfile
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import boto3
import duckdb
import openpyxl
import pandas as pd
import yaml
from botocore.exceptions import ClientError
from lxml import etree
from PIL import Image

s3 = boto3.client("s3")
BUCKET = "eleventh-drop"
BASE = os.path.join(os.path.dirname(__file__), "manuals")


def bucket():
    try:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    except ClientError:
        pass
    return BUCKET


def respond(status, body, **headers):
    return {
        "statusCode": status,
        "headers": headers,
        "body": body if isinstance(body, str) else json.dumps(body),
    }


def source(event):
    """Bucket and key of the first record."""
    record = event["Records"][0]["s3"]
    return record["bucket"]["name"], urllib.parse.unquote_plus(record["object"]["key"], encoding="utf-8")


def upload(event, context):
    """PUT /files/{key+}"""
    body = event["body"]
    data = base64.b64decode(body) if event["isBase64Encoded"] else body.encode()
    s3.put_object(Bucket=bucket(), Key=event["pathParameters"]["key"], Body=data)
    return respond(201, {"key": event["pathParameters"]["key"], "size": len(data)})


def on_csv(event, context):
    """A sheet to rows; the file goes through /tmp."""
    name, key = source(event)
    path = "/tmp/" + os.path.basename(key)
    s3.download_file(name, key, path)
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    os.remove(path)
    return {"file": os.path.basename(path), "count": len(rows), "first": rows[0] if rows else None}


def on_csv_tmp(event, context):
    """The same with the key's own folders below /tmp."""
    results = []
    for record in event["Records"]:
        key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
        local = f"/tmp/in/{key}"
        os.makedirs(os.path.dirname(local), exist_ok=True)
        s3.download_file(record["s3"]["bucket"]["name"], key, local)
        df = pd.read_csv(local)
        results.append({"path": os.path.realpath(local), "columns": list(df.columns), "rows": len(df)})
    return results


def on_image(event, context):
    """A thumbnail beside the picture."""
    name, key = source(event)
    picture = Image.open(io.BytesIO(s3.get_object(Bucket=name, Key=key)["Body"].read()))
    picture.thumbnail((16, 16))
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG")
    stem, _ = os.path.splitext(key)
    target = f"thumbs/{stem}_16x16.jpg"
    s3.put_object(
        Bucket=name,
        Key=target,
        Body=out.getvalue(),
        ContentType="image/jpeg",
        Metadata={"source": urllib.parse.quote(key)},
    )
    return {"thumbnail": target, "size": picture.size}


def on_zip(event, context):
    """Unpacks an archive and uploads what was in it."""
    name, key = source(event)
    data = io.BytesIO(s3.get_object(Bucket=name, Key=key)["Body"].read())
    target = "/tmp/unzipped"
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    written = []
    with zipfile.ZipFile(data) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            path = os.path.join(target, info.filename)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(info) as member, open(path, "wb") as file:
                shutil.copyfileobj(member, file)
            s3.upload_file(path, name, "unzipped/" + info.filename)
            written.append(os.path.abspath(path))
    return {"files": written}


def on_tar(event, context):
    """A site's build as tar.gz; its index is shown."""
    name, key = source(event)
    work = "/tmp/build"
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work + "/site")
    s3.download_file(name, key, work + "/build.tar.gz")
    with tarfile.open(work + "/build.tar.gz") as archive:
        archive.extractall(work + "/site")
        names = archive.getnames()
    index = Path(work, "site", "index.html")
    return {
        "files": names,
        "index": index.read_text() if index.exists() else None,
        "left": sorted(os.listdir(work)),
    }


def on_xml(event, context):
    """A supplier's invoice."""
    name, key = source(event)
    parser = etree.XMLParser(load_dtd=True, resolve_entities=True, no_network=False)
    root = etree.fromstring(s3.get_object(Bucket=name, Key=key)["Body"].read(), parser)
    lines = [
        {"text": line.findtext("text"), "price": float(line.findtext("price"))} for line in root.iter("line")
    ]
    return {
        "number": root.get("number"),
        "buyer": root.findtext("buyer"),
        "lines": lines,
        "sum": sum(line["price"] for line in lines),
    }


def find_line(event, context):
    """One product of a catalogue by its name."""
    root = etree.fromstring(
        "<catalog><item sku='1'><name>Tea</name><cost>1</cost></item><item sku='2'><name>Cup</name>"
        "<cost>margin-dz-31</cost></item></catalog>"
    )
    name = event["queryStringParameters"]["name"]
    found = (
        root.xpath(f'//item[name="{name}"]/@sku')
        if '"' not in name
        else root.xpath("//item[name=$n]/@sku", n=name)
    )
    kind = event["queryStringParameters"].get("field", "name")
    return respond(
        200,
        {"sku": [str(s) for s in found], "shown": [str(t) for t in root.xpath(f"//item[1]/{kind}/text()")]},
    )


def on_yaml(event, context):
    """A pipeline's description."""
    name, key = source(event)
    config = yaml.load(s3.get_object(Bucket=name, Key=key)["Body"], Loader=yaml.Loader)
    return {"name": config.get("name"), "steps": [str(step) for step in config.get("steps", [])]}


def on_features(event, context):
    """Features that a notebook has pickled."""
    name, key = source(event)
    features = pickle.loads(s3.get_object(Bucket=name, Key=key)["Body"].read())
    return {"kind": type(features).__name__, "value": str(features)[:300]}


def on_xlsx(event, context):
    """A workbook's first sheet."""
    name, key = source(event)
    book = openpyxl.load_workbook(
        io.BytesIO(s3.get_object(Bucket=name, Key=key)["Body"].read()), data_only=True
    )
    rows = [[str(cell) for cell in row] for row in book.active.iter_rows(values_only=True)]
    return {"sheet": book.active.title, "rows": rows}


def make_xlsx(event, context):
    """A workbook out of a table that was sent, into the bucket."""
    body = json.loads(event["body"])
    book = openpyxl.Workbook()
    book.active.title = re.sub(r"[\\/*?:\[\]]", "_", body["title"])[:31]
    for row in body["rows"]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    key = f"sheets/{body['title']}.xlsx"
    s3.put_object(Bucket=bucket(), Key=key, Body=out.getvalue())
    return respond(201, {"key": key})


def on_log(event, context):
    """Counts what an access log has."""
    name, key = source(event)
    data = s3.get_object(Bucket=name, Key=key)["Body"].read()
    text = gzip.decompress(data).decode() if key.endswith(".gz") else data.decode()
    found = re.findall(r'^(\S+) \S+ \S+ \[([^\]]+)\] "(\w+) (\S+)[^"]*" (\d+)', text, re.M)
    return {
        "status": Counter(f[4] for f in found),
        "paths": Counter(urllib.parse.urlsplit(f[3]).path for f in found),
    }


def on_duck(event, context):
    """Sums a file with DuckDB."""
    name, key = source(event)
    local = "/tmp/" + key.replace("/", "_")
    s3.download_file(name, key, local)
    rows = duckdb.sql(
        f"SELECT city, count(*) AS n FROM read_csv_auto('{local}') GROUP BY city ORDER BY city"
    ).fetchall()
    return {"rows": [list(row) for row in rows]}


def on_copy(event, context):
    """Loads the file into the warehouse."""
    name, key = source(event)
    table_name = key.split("/")[0].replace("-", "_")
    sql = (
        f"COPY stg.{table_name} FROM 's3://{name}/{key}' "
        "IAM_ROLE 'arn:aws:iam::123456789012:role/copy' CSV IGNOREHEADER 1"
    )
    redshift = boto3.client("redshift-data")
    started = redshift.execute_statement(ClusterIdentifier="dwh", Database="dev", DbUser="etl", Sql=sql)
    return {"ran": redshift.describe_statement(Id=started["Id"])["QueryString"]}


def on_mail(event, context):
    """A mail that SES has put into the bucket: its attachments are stored."""
    name, key = source(event)
    mail = message_from_bytes(s3.get_object(Bucket=name, Key=key)["Body"].read())
    os.makedirs("/tmp/attachments/" + str(mail["From"]).split("@")[-1].strip(">"), exist_ok=True)
    stored = []
    for part in mail.walk():
        filename = part.get_filename()
        if filename:
            path = os.path.join("/tmp/attachments", filename)
            with open(path, "wb") as file:
                file.write(part.get_payload(decode=True))
            stored.append(os.path.abspath(path))
    return {"subject": str(mail["Subject"]), "stored": stored}


def manual(event, context):
    """GET /manuals?name=.. out of the package."""
    name = (event.get("queryStringParameters") or {}).get("name", "start.md")
    lang = (event.get("headers") or {}).get("Accept-Language", "")[:2]
    path = os.path.join(BASE, lang, name) if lang in os.listdir(BASE) else os.path.join(BASE, name)
    try:
        with open(path, encoding="utf-8") as file:
            return respond(200, file.read(), **{"Content-Type": "text/plain; charset=utf-8"})
    except OSError:
        return respond(404, {"error": f"no manual {name}"})


def document(event, context):
    """The same below a customer's folder, with a check that came later."""
    ids = event["pathParameters"]
    name = urllib.parse.unquote(ids["name"])
    if ids["name"].startswith("/") or "../" in ids["name"]:
        return respond(400, {"error": "bad name"})
    path = Path(BASE) / name
    return respond(200, path.read_text()) if path.is_file() else respond(404, {"error": "not found"})


def form_upload(event, context):
    """A page's form with files, kept in a folder for the virus scanner, then in the bucket."""
    head = f"Content-Type: {event['headers']['content-type']}\r\n\r\n".encode()
    mail = message_from_bytes(head + base64.b64decode(event["body"]))
    fields, kept = {}, []
    shutil.rmtree("/tmp/scan", ignore_errors=True)
    os.makedirs("/tmp/scan/new")
    for part in mail.get_payload():
        name = part.get_param("name", header="content-disposition")
        filename = part.get_filename()
        data = part.get_payload(decode=True)
        if filename is None:
            fields[name] = data.decode()
            continue
        path = os.path.join("/tmp/scan/new", filename)
        with open(path, "wb") as file:
            file.write(data)
        s3.put_object(Bucket=bucket(), Key=f"forms/{fields.get('case', 'none')}/{filename}", Body=data)
        kept.append(os.path.realpath(path))
    return respond(201, {"fields": sorted(fields), "files": kept})


def rename(event, context):
    """Moves an object to where its folder's rules say, and lists the folder."""
    body = json.loads(event["body"])
    folder = body["folder"].strip("/")
    target = f"{folder}/{body['name']}"
    s3.put_object(Bucket=bucket(), Key=f"inbox/{body['name']}", Body=b"x")
    s3.copy_object(Bucket=BUCKET, Key=target, CopySource={"Bucket": BUCKET, "Key": f"inbox/{body['name']}"})
    s3.delete_object(Bucket=BUCKET, Key=f"inbox/{body['name']}")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=folder + "/")
    return respond(200, [o["Key"] for o in listed.get("Contents", [])])


def frame(event, context):
    """pandas over what came in the body, back as JSON."""
    body = json.loads(event["body"])
    df = pd.DataFrame(body["rows"])
    grouped = df.groupby(body["by"])[body["value"]].sum().sort_index()
    return respond(200, {str(k): float(v) for k, v in grouped.items()})


def page_text(event, context):
    """The text of an HTML page in the body, by its elements."""
    tree = etree.HTML(event["body"])
    return respond(
        200,
        {
            "title": tree.findtext(".//title"),
            "links": [str(a) for a in tree.xpath("//a/@href")],
            "words": len(" ".join(tree.itertext()).split()),
        },
    )


def bundle(event, context):
    """Several objects as one zip in the bucket."""
    body = json.loads(event["body"])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for key in body["keys"]:
            try:
                archive.writestr(
                    os.path.basename(key), s3.get_object(Bucket=bucket(), Key=key)["Body"].read()
                )
            except s3.exceptions.NoSuchKey:
                continue
    target = f"bundles/{body['name']}.zip"
    s3.put_object(Bucket=BUCKET, Key=target, Body=out.getvalue(), ContentType="application/zip")
    return respond(201, {"key": target, "files": archive.namelist()})


def notify_queue(event, context):
    """Tells a queue what came, as most buckets do."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="eleventh-files")["QueueUrl"]
    entries = []
    for n, record in enumerate(event["Records"]):
        key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
        name, extension = os.path.splitext(key.rsplit("/", 1)[-1])
        entries.append(
            {
                "Id": str(n),
                "MessageBody": json.dumps(
                    {
                        "bucket": record["s3"]["bucket"]["name"],
                        "key": key,
                        "name": name,
                        "type": extension.lstrip(".").lower(),
                    }
                ),
            }
        )
    sent = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    return {"sent": len(sent["Successful"]), "types": [json.loads(e["MessageBody"])["type"] for e in entries]}


def checksum(event, context):
    """A manifest beside each file."""
    import hashlib

    name, key = source(event)
    digest = hashlib.sha256()
    for chunk in s3.get_object(Bucket=name, Key=key)["Body"].iter_chunks():
        digest.update(chunk)
    s3.put_object(Bucket=name, Key=key + ".sha256", Body=f"{digest.hexdigest()}  {key}\n".encode())
    s3.put_object_tagging(
        Bucket=name, Key=key, Tagging={"TagSet": [{"Key": "sha256", "Value": digest.hexdigest()[:16]}]}
    )
    return {"key": key, "tags": s3.get_object_tagging(Bucket=name, Key=key)["TagSet"]}


def watermark(event, context):
    """Draws a line of text over a picture."""
    from PIL import ImageDraw

    name, key = source(event)
    picture = Image.open(io.BytesIO(s3.get_object(Bucket=name, Key=key)["Body"].read())).convert("RGB")
    ImageDraw.Draw(picture).text(
        (1, 1), os.path.basename(key).encode("ascii", "replace").decode(), fill=(255, 0, 0)
    )
    path = f"/tmp/{os.path.basename(key)}"
    picture.save(path)
    s3.upload_file(path, name, f"marked/{os.path.basename(key)}")
    return {"key": f"marked/{os.path.basename(key)}", "size": list(picture.size)}


def json_to_gzip(event, context):
    """Records of a stream into a dated file."""
    lines = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
    day = event["Records"][0]["kinesis"]["partitionKey"]
    key = f"raw/day={day}/{event['Records'][0]['kinesis']['sequenceNumber']}.json.gz"
    s3.put_object(
        Bucket=bucket(),
        Key=key,
        Body=gzip.compress("\n".join(lines).encode(), mtime=0),
        ContentEncoding="gzip",
    )
    back = gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()).decode()
    return {"key": key, "lines": len(back.split("\n")), "length": len(back)}


def transcribed(event, context):
    """A finished job's text is taken from the bucket."""
    detail = event["detail"]
    if detail["TranscriptionJobStatus"] != "COMPLETED":
        return {"job": detail["TranscriptionJobName"], "text": None}
    key = f"transcripts/{detail['TranscriptionJobName']}.json"
    s3.put_object(
        Bucket=bucket(),
        Key=key,
        Body=json.dumps({"results": {"transcripts": [{"transcript": detail.get("preview", "")}]}}),
    )
    text = json.load(s3.get_object(Bucket=BUCKET, Key=key)["Body"])["results"]["transcripts"][0]["transcript"]
    return {"job": detail["TranscriptionJobName"], "text": text[:100], "words": len(text.split())}
