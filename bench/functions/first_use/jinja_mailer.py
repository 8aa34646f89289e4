"""A letter from two templates, sent by SES as a message with parts."""

import os
from email.message import EmailMessage
from pathlib import Path

import boto3
from jinja2 import Environment, FileSystemLoader, select_autoescape

pages = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=select_autoescape(["html"]),
    trim_blocks=True,
)
ses = boto3.client("sesv2", region_name="eu-central-1", endpoint_url=os.environ["PEER"])


def handler(event, context):
    values = {
        "name": event["name"],
        "lines": [{"sku": f"sku-{one}", "price": one * 1.25} for one in range(10)],
    }
    letter = EmailMessage()
    letter["Subject"] = f"Your order {event['n']}"
    letter["From"], letter["To"] = "shop@example.com", "customer@example.com"
    letter.set_content(pages.get_template("letter.txt").render(values))
    letter.add_alternative(pages.get_template("letter.html").render(values), subtype="html")
    ses.send_email(Content={"Raw": {"Data": letter.as_bytes()}})
    return {"n": event["n"]}
