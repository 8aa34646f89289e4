"""Invoices, messages, tokens and packed formats."""

import base64
import csv
import hashlib
import hmac
import html
import io
import json
import os
import re
import zipfile
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from xml.sax.saxutils import XMLGenerator

import boto3
import jwt
import marshmallow
import msgpack
import requests
from chameleon import PageTemplateLoader
from cryptography.fernet import Fernet
from lxml import html as lhtml
from mako.template import Template
from PIL import Image, ImageDraw

HERE = Path(__file__).parent
pages = PageTemplateLoader(str(HERE / "pages"), ".pt")
s3 = boto3.client("s3")
KEY = Fernet(base64.urlsafe_b64encode(b"0" * 32))


def invoice_page(event, context):
    lines = [
        {
            **one,
            "sum": str((Decimal(str(one["price"])) * one["count"]).quantize(Decimal("0.01"), ROUND_HALF_UP)),
        }
        for one in event["lines"]
    ]
    page = pages["invoice"](customer=event["customer"], lines=lines, note=event.get("note"))
    key = f"invoices/{date.fromisoformat(event['day']):%Y/%m}/{re.sub(r'[^A-Za-z0-9-]', '', event['number'])}.html"
    s3.put_object(Bucket="receipts", Key=key, Body=page.encode(), ContentType="text/html")
    return [key, re.sub(r"\s+", " ", s3.get_object(Bucket="receipts", Key=key)["Body"].read().decode())]


def reminder(event, context):
    """A mail of two templates and a subject."""
    text = Template(
        "Dear ${name},\n% if days > 14:\nthis is the last reminder.\n% endif\n${note}", strict_undefined=True
    ).render(name=event["name"], days=int(event["days"]), note=event["note"])
    client = boto3.client("ses")
    client.verify_email_identity(EmailAddress="billing@example.org")
    client.send_email(
        Source="billing@example.org",
        Destination={"ToAddresses": ["x@example.org"]},
        Message={"Subject": {"Data": f"Invoice for {event['name']}"}, "Body": {"Text": {"Data": text}}},
    )
    return text


def bank_file(event, context):
    """XML of payments, by a writer."""
    out = io.StringIO()
    writer = XMLGenerator(out)
    writer.startElement("Pmts", {})
    for one in event["payments"]:
        writer.startElement("Pmt", {"ref": one["ref"]})
        writer.characters(f"{one['name']} {Decimal(str(one['amount'])):.2f}")
        writer.endElement("Pmt")
    writer.endElement("Pmts")
    return out.getvalue()


def token(event, context):
    made = jwt.encode({"sub": event["user"], "scope": event["scope"]}, "k" * 32, algorithm="HS256")
    return jwt.decode(made, "k" * 32, algorithms=["HS256"])


def checked_token(event, context):
    try:
        return jwt.decode(
            event["headers"]["authorization"].removeprefix("Bearer "), "k" * 32, algorithms=["HS256"]
        )
    except jwt.PyJWTError as error:
        return {"statusCode": 401, "body": type(error).__name__}


def sealed(event, context):
    return json.loads(KEY.decrypt(KEY.encrypt(json.dumps(event["secret"]).encode())))


def packed(event, context):
    data = msgpack.packb(event["document"])
    return [len(data), msgpack.unpackb(data, strict_map_key=False)]


class Order(marshmallow.Schema):
    name = marshmallow.fields.Str(required=True, validate=marshmallow.validate.Length(max=80))
    total = marshmallow.fields.Decimal(as_string=True)
    day = marshmallow.fields.Date()


def order(event, context):
    try:
        return Order().dump(Order().load(json.loads(event["body"])))
    except marshmallow.ValidationError as error:
        return {"statusCode": 400, "body": sorted(error.messages)}


def signed_hook(event, context):
    """A payment provider's notice: its signature and its time are in one header."""
    parts = dict(one.split("=", 1) for one in event["headers"]["x-signature"].split(","))
    wanted = hmac.new(b"whsec", f"{parts['t']}.{event['body']}".encode(), hashlib.sha256).hexdigest()
    return [hmac.compare_digest(wanted, parts["v1"]), json.loads(event["body"])["object"]["description"]]


def ledger(event, context):
    """Bookings in a CSV of the bank's, with a dialect of its own."""
    rows = csv.DictReader(io.StringIO(event["body"]), delimiter=";")
    totals = {}
    for row in rows:
        amount = Decimal(row["amount"].replace(".", "").replace(",", "."))
        totals[row["account"]] = str(Decimal(totals.get(row["account"], "0")) + amount)
    return totals


def scrape(event, context):
    """Prices of a page that the request holds."""
    tree = lhtml.fromstring(event["page"])
    return [[one.text_content().strip(), one.get("data-price")] for one in tree.xpath("//li[@class='item']")]


def label(event, context):
    image = Image.new("1", (200, 20), 1)
    ImageDraw.Draw(image).text(
        (2, 2), html.unescape(event["text"]).encode("latin-1", "replace").decode("latin-1"), fill=0
    )
    out = io.BytesIO()
    image.save(out, "PNG")
    return len(out.getvalue()) > 60


def bundle(event, context):
    """Attachments in a ZIP, with names made safe and unique."""
    out, used = io.BytesIO(), set()
    with zipfile.ZipFile(out, "w") as archive:
        for number, one in enumerate(event["files"]):
            name = os.path.basename(one["name"]) or "file"
            name = f"{number}-{name}" if name in used else name
            used.add(name)
            archive.writestr(name, one["text"])
    return sorted(zipfile.ZipFile(out).namelist())


def callback(event, context):
    sent = requests.post(
        os.environ["PARTNER_URL"] + "/ack",
        json={"id": event["id"], "note": event["note"]},
        headers={"X-Event": event["kind"].encode("ascii", "replace").decode()},
        timeout=5,
    ).json()
    return [json.loads(sent["body"])["note"], sent["custom"]["X-Event"]]
