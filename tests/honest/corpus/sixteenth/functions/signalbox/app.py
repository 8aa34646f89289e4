"""Signalbox: calls to partners, bots, hooks and links."""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import re
import urllib.request
from email.message import EmailMessage
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

import boto3
import httpx
import requests
from botocore.config import Config

PARTNER = os.environ.get("PARTNER_URL", "http://127.0.0.1:1")
HOST = os.environ.get("PARTNER_HOST", "127.0.0.1:1")
http_session = requests.Session()


def respond(status, body, **headers):
    return {"statusCode": status, "headers": headers, "body": json.dumps(body, ensure_ascii=False)}


def told(response):
    """What the partner saw."""
    data = response.json()
    return {k: data[k] for k in ("path", "body", "secret", "custom") if data.get(k)}


def arg(event, name, default=""):
    return (event.get("queryStringParameters") or {}).get(name, default)


def weather(event, context):
    """A city as a parameter."""
    return respond(
        200,
        told(
            requests.get(f"{PARTNER}/weather", params={"q": arg(event, "city"), "units": "metric"}, timeout=5)
        ),
    )


def weather_text(event, context):
    """The same with an f-string."""
    return respond(
        200, told(requests.get(f"{PARTNER}/weather?key=k-991&q={arg(event, 'city')}&units=metric", timeout=5))
    )


def user(event, context):
    """A user by the name in the path."""
    return respond(
        200, told(requests.get(PARTNER + "/api/users/" + event["pathParameters"]["name"], timeout=5))
    )


def user_quoted(event, context):
    """The same, quoted."""
    return respond(
        200,
        told(
            requests.get(PARTNER + "/api/users/" + quote(event["pathParameters"]["name"], safe=""), timeout=5)
        ),
    )


def user_twice(event, context):
    """The site quotes names twice; slashes are refused before the second decoding."""
    name = event["pathParameters"]["name"]
    if "/" in name or ".." in name:
        return respond(400, {"error": "bad name"})
    return respond(200, told(httpx.get(f"{PARTNER}/api/users/{unquote(name)}/card", timeout=5)))


def tenant(event, context):
    """A tenant's host is told by its name."""
    name = event["headers"].get("X-Tenant", "")
    base = f"http://{name}@{HOST}" if not name.startswith("@") else PARTNER
    try:
        return respond(200, told(requests.get(base + "/status", timeout=5)))
    except (requests.RequestException, ValueError) as error:
        return respond(502, {"error": type(error).__name__})


def fetch(event, context):
    """A picture's address in a message of a queue."""
    found = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        with urllib.request.urlopen(job["url"], timeout=5) as response:
            found.append({"id": job["id"], "data": response.read(300).decode()})
    return {"found": found}


def fetch_listed(event, context):
    """Only from the partner."""
    target = json.loads(event["body"])["url"]
    parts = urlsplit(target)
    if parts.scheme not in ("http", "https") or parts.netloc != HOST or parts.path.startswith("/internal"):
        return respond(403, {"error": "not allowed", "host": parts.hostname})
    return respond(200, told(requests.get(target, timeout=5, allow_redirects=False)))


def fetch_prefix(event, context):
    """The address must start with the partner's own."""
    target = arg(event, "url")
    if not target.startswith(PARTNER + "/public/"):
        return respond(403, {"error": "not allowed"})
    return respond(200, told(requests.get(target, timeout=5)))


def fetch_numbers(event, context):
    """No private addresses - where they look like addresses."""
    target = arg(event, "url")
    host = urlsplit(target).hostname or ""
    try:
        if ipaddress.ip_address(host).is_loopback:
            return respond(403, {"error": "private"})
    except ValueError:
        if host == "localhost":
            return respond(403, {"error": "private"})
    try:
        return respond(200, told(requests.get(target, timeout=5)))
    except requests.RequestException as error:
        return respond(502, {"error": type(error).__name__})


def follow(event, context):
    """HEAD first, then the place where it leads."""
    target = json.loads(event["body"])["link"]
    if urlsplit(target).netloc != HOST:
        return respond(403, {"error": "not ours"})
    r = httpx.get(target, timeout=5)
    if r.is_redirect:
        r = httpx.get(r.headers["location"], timeout=5)
    return respond(200, told(r))


def assembled(event, context):
    """A device's address in three fields."""
    d = event["detail"]
    address = "{scheme}://{host}:{port}{path}".format(**{"scheme": "http", "path": "/state", **d})
    return told(requests.get(address, timeout=5))


def callback(event, context):
    """A Step Functions task that reports to the address of its input."""
    target = urljoin(PARTNER + "/hooks/", event["callback"])
    return told(
        requests.post(
            target, json={"state": event.get("state", "done"), "note": event.get("note", "")}, timeout=5
        )
    )


def card(event, context):
    """A picture of a user in base64url, as the CDN names it."""
    target = base64.urlsafe_b64decode(event["pathParameters"]["token"] + "==").decode()
    return respond(200, told(httpx.get(target if "://" in target else PARTNER + "/" + target, timeout=5)))


def search(event, context):
    """Several parameters with urlencode."""
    given = event.get("queryStringParameters") or {}
    query = urlencode(
        {k: given[k] for k in ("q", "from", "to", "sort") if k in given}
        | {"limit": int(given.get("limit", 10))}
    )
    with urllib.request.urlopen(f"{PARTNER}/search?{query}", timeout=5) as response:
        return respond(200, {"path": json.load(response)["path"]})


def pass_on(event, context):
    """A proxy that passes the path on."""
    connection = http.client.HTTPConnection(HOST, timeout=5)
    connection.request(
        "GET", "/v1" + event["rawPath"] + ("?" + event["rawQueryString"] if event["rawQueryString"] else "")
    )
    data = json.loads(connection.getresponse().read())
    return respond(200, {k: data[k] for k in ("path", "secret") if k in data})


def pay(event, context):
    """A payment with an idempotency key and amounts in cents."""
    body = json.loads(event["body"])
    r = http_session.post(
        f"{PARTNER}/v1/charges",
        data={
            "amount": round(float(body["amount"]) * 100),
            "currency": body.get("currency", "eur").lower(),
            "description": body["text"],
        },
        headers={"X-Idempotency-Key": hashlib.sha256(body["text"].encode()).hexdigest()[:16]},
        timeout=5,
    )
    return respond(201, told(r))


def raw_header(event, context):
    """A line of an old protocol, made by hand."""
    import socket

    host, port = HOST.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        sock.sendall(
            f"GET /print HTTP/1.0\r\nHost: {host}\r\nX-Job: {event['detail']['job']}\r\n\r\n".encode()
        )
        data = b""
        while part := sock.recv(4096):
            data += part
    return json.loads(data.split(b"\r\n\r\n", 1)[1])["custom"]


def soap(event, context):
    """An order to an old service in XML by string."""
    body = json.loads(event["body"])
    xml = f"<Order><Id>{body['id']}</Id><Role>guest</Role><Note>{body.get('note', '')}</Note></Order>"
    r = requests.post(f"{PARTNER}/soap", data=xml.encode(), headers={"Content-Type": "text/xml"}, timeout=5)
    return respond(200, {"sent": r.json()["body"]})


def soap_safe(event, context):
    """The same with ElementTree."""
    import xml.etree.ElementTree as ET

    body = json.loads(event["body"])
    root = ET.Element("Order")
    ET.SubElement(root, "Id").text = str(body["id"])
    ET.SubElement(root, "Note").text = body.get("note", "")
    r = requests.post(f"{PARTNER}/soap", data=ET.tostring(root, encoding="utf-8"), timeout=5)
    return respond(200, {"sent": r.json()["body"]})


def link(event, context):
    """A presigned link for a download."""
    s3 = boto3.client("s3", region_name="eu-west-1", config=Config(signature_version="s3v4"))
    name = arg(event, "name", "file")
    made = s3.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": "reports",
            "Key": f"users/u-5/{arg(event, 'key')}",
            "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(name)}",
        },
        ExpiresIn=300,
    )
    return respond(200, {"path": urlsplit(made).path, "name": quote(name)})


def slash(event, context):
    """A chat's slash command with a signature."""
    raw = base64.b64decode(event["body"]).decode()
    signed = event["headers"].get("x-signature")
    if signed and not hmac.compare_digest(signed, hmac.new(b"k", raw.encode(), "sha256").hexdigest()):
        return respond(401, {"error": "signature"})
    fields = dict(pair.split("=", 1) for pair in raw.split("&"))
    text = unquote(fields.get("text", "").replace("+", " "))
    r = http_session.post(
        PARTNER + "/chat.postMessage",
        json={"channel": fields.get("channel", "c"), "text": f"*{text}*"},
        timeout=5,
    )
    return respond(200, json.loads(r.json()["body"]))


def hooks(event, context):
    """An alarm to a hook that the topic's message names, on the partner by pattern."""
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    if not re.match(r"https?://[^/]*" + re.escape(HOST), message["hook"]):
        return {"error": "unknown hook"}
    return told(requests.post(message["hook"], json={"text": message["text"]}, timeout=5))


def redirect(event, context):
    """After the login, back to where the user was."""
    target = arg(event, "next", "/")
    parts = urlsplit(target)
    if parts.netloc and parts.netloc != "app.example.org":
        target = "/"
    return {
        "statusCode": 302,
        "headers": {"Location": target, "Set-Cookie": f"lang={quote(arg(event, 'lang', 'en'))}"},
        "body": "",
    }


def mail(event, context):
    """A mail as bytes, with the standard library's policy."""
    body = json.loads(event["body"])
    message = EmailMessage()
    message["Subject"] = " ".join(body["subject"].split())
    message["To"] = "desk@example.org"
    message.set_content(body["text"])
    return respond(200, {"subject": message["Subject"], "text": message.get_content()})


def mail_raw(event, context):
    """A mail for the raw interface of the service, by hand."""
    body = json.loads(event["body"])
    raw = "\r\n".join(
        [
            f"From: {body['name']} <noreply@example.org>",
            "To: desk@example.org",
            f"Subject: {body['subject']}",
            "",
            body["text"],
        ]
    )
    r = requests.post(
        PARTNER + "/v2/email/raw", json={"raw": base64.b64encode(raw.encode()).decode()}, timeout=5
    )
    return respond(200, {"mail": base64.b64decode(json.loads(r.json()["body"])["raw"]).decode()})
