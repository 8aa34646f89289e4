"""A company's outgoing calls: webhooks, feeds, partners' APIs, identity providers, search servers."""

import asyncio
import base64
import hashlib
import hmac
import io
import ipaddress
import json
import os
import socket
import urllib.error
import urllib.parse
import urllib.request
from string import Template
from xml.sax.saxutils import escape

import httpx
import jsonschema
import jwt
import pandas as pd
import requests
import stripe
import urllib3
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from bs4 import BeautifulSoup
from lxml import etree
from pydantic import BaseModel, HttpUrl, ValidationError
from requests.adapters import HTTPAdapter

PARTNER = os.environ["PARTNER_URL"]
HOST = os.environ["PARTNER_HOST"]
SLACK_KEY, STRIPE_KEY, GITHUB_KEY = b"slack-signing-1", "whsec_test_1", b"github-hook-1"
http = requests.Session()
http.mount("http://", HTTPAdapter(max_retries=0))
pool = urllib3.PoolManager(retries=False, timeout=3.0)


def _json(status, body):
    return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False)}


def _form(event):
    body = event["body"]
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode()
    return dict(urllib.parse.parse_qsl(body, keep_blank_values=True))


def slash_command(event, context):
    """A command of a chat; the answer goes to the address that came with it."""
    fields = _form(event)
    answer = {
        "response_type": "ephemeral",
        "text": f"Looking for *{fields['text']}* for <@{fields['user_name']}>",
    }
    try:
        sent = http.post(fields["response_url"], json=answer, timeout=3)
    except requests.RequestException as error:
        return _json(200, {"text": f"cannot answer: {type(error).__name__}"})
    return _json(200, {"text": "on its way", "said": sent.text[:1500]})


def slack_event(event, context):
    """An event of the chat with a good signature; links to our pages in it are looked up at the partner's copy."""
    stamp = event["headers"]["x-slack-request-timestamp"]
    made = "v0=" + hmac.new(SLACK_KEY, f"v0:{stamp}:{event['body']}".encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made, event["headers"]["x-slack-signature"]):
        return _json(401, {"error": "bad signature"})
    body = json.loads(event["body"])
    if body["type"] == "url_verification":
        return {"statusCode": 200, "body": body["challenge"]}
    shown = []
    for link in body["event"].get("links", []):
        if link["domain"] == "pages.example.org":
            shown.append(
                http.get(PARTNER + link["url"].partition(link["domain"])[2], timeout=3).json()["path"]
            )
    return _json(200, {"shown": shown, "text": body["event"].get("text", "")})


def stripe_event(event, context):
    """A payment's event; the shop is told at its own address."""
    try:
        made = stripe.Webhook.construct_event(
            event["body"], event["headers"]["stripe-signature"], STRIPE_KEY, tolerance=10**10
        )
    except stripe.SignatureVerificationError:
        return _json(400, {"error": "bad signature"})
    charge = json.loads(event["body"])["data"]["object"]
    told = http.post(
        f"{PARTNER}/payments/{urllib.parse.quote(charge['id'], safe='')}",
        json={
            "amount": charge["amount"],
            "note": charge.get("description"),
            "metadata": charge.get("metadata", {}),
        },
        timeout=3,
    )
    return _json(200, {"type": made["type"], "said": told.json()["body"]})


def github_event(event, context):
    """A push: sets the state of its last commit by the address that the event has, with ours in front."""
    data = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    made = "sha256=" + hmac.new(GITHUB_KEY, data, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made, event["headers"]["x-hub-signature-256"]):
        return _json(401, {"error": "bad signature"})
    push = json.loads(data)
    path = push["repository"]["statuses_url"].partition("://")[2].partition("/")[2].format(sha=push["after"])
    said = pool.request(
        "POST", f"{PARTNER}/{path}", json={"state": "success", "description": push["head_commit"]["message"]}
    )
    return _json(200, said.json())


def read_feed(event, context):
    """Titles of a feed that a customer subscribes to; hosts of our own network are refused before the request."""
    url = json.loads(event["body"])["feed"]
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        if ipaddress.ip_address(host).is_loopback:
            return _json(400, {"error": "not allowed"})
    except ValueError:
        if host in ("localhost", ""):
            return _json(400, {"error": "not allowed"})
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:
            text = answer.read(3000).decode(errors="replace")
    except (urllib.error.URLError, OSError) as error:
        return _json(424, {"error": type(error).__name__})
    soup = BeautifulSoup(text, "html.parser")
    return _json(200, {"titles": [one.get_text() for one in soup.find_all("title")], "raw": text[:600]})


def read_page(event, context):
    """The text of a page of the partner's, by an address relative to its site."""
    page = event["arguments"]["page"]
    url = urllib.parse.urljoin(PARTNER + "/site/", page)
    return {"text": http.get(url, timeout=3, allow_redirects=False).text}


def endpoint(event, context):
    """Calls one of the partner's endpoints; the template's values are the settings and the order's own."""
    settings = {"base": PARTNER, "version": "v2"}
    values = {**settings, **event["detail"]["order"]}
    url = "{base}/{version}/orders/{id}".format(**values)
    return httpx.get(url, timeout=3, params={"note": event["detail"].get("note", "")}).json()


class Subscription(BaseModel):
    """Where a customer wants its events."""

    target: HttpUrl
    secret: str = ""
    headers: dict[str, str] = {}


def subscribe(event, context):
    """Tries a new subscription with a first event, as web hooks' services do."""
    try:
        wanted = Subscription.model_validate_json(APIGatewayProxyEventV2(event).body)
    except ValidationError as error:
        return _json(422, [one["msg"] for one in error.errors()])

    async def ping():
        async with httpx.AsyncClient(follow_redirects=True, timeout=3) as client:
            sign = hmac.new(wanted.secret.encode(), b"ping", hashlib.sha256).hexdigest()
            answer = await client.post(
                str(wanted.target), json={"event": "ping"}, headers={**wanted.headers, "X-Signature": sign}
            )
            return answer.status_code, answer.text

    status, text = asyncio.run(ping())
    return _json(200, {"status": status, "said": text})


def identity(event, context):
    """Who a token of a customer's identity provider is for; keys are fetched from where it says they are."""
    token = event["headers"]["authorization"].split()[-1]
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    if "jku" in header:
        with urllib.request.urlopen(header["jku"], timeout=3) as answer:
            keys = answer.read(1000).decode(errors="replace")
    else:
        keys = http.get(f"{PARTNER}/tenants/{claims['tid']}/jwks.json", timeout=3).text
    return _json(200, {"sub": claims.get("sub"), "keys": keys})


def sheet(event, context):
    """Rows of a table that a customer keeps somewhere else, by its address."""
    source = event["source"]
    frame = pd.read_csv(source, sep=event.get("separator", "|"), header=None, dtype=str, nrows=5)
    return {"first": [str(one) for one in frame.iloc[:, 0]]}


def rates_xml(event, context):
    """A document of rates; parts of it may be in other documents that it includes."""
    tree = etree.fromstring(event["rates"].encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    tree.getroottree().xinclude()
    return {one.get("currency"): "".join(one.itertext()) for one in tree.iter("r")}


def validated(event, context):
    """Whether a document is what its schema asks for; a schema may refer to others at the partner's."""
    schema, document = json.loads(event["schema"]), event["document"]
    try:
        jsonschema.validate(document, schema)
    except jsonschema.ValidationError as error:
        return {"is_valid": False, "message": error.message}
    return {"is_valid": True}


def user_search(event, context):
    """A search at the search server, with its body out of a template."""
    words = event["queryStringParameters"]["q"]
    body = (
        '{"size": 5, "query": {"bool": {"must": [{"match": {"name": "%s"}}], "filter": [{"term": {"tenant": "t-1"}}]}}}'
        % words
    )
    answer = pool.request(
        "POST", PARTNER + "/users/_search", body=body.encode(), headers={"Content-Type": "application/json"}
    )
    return _json(200, json.loads(answer.data)["body"])


def user_search_built(event, context):
    """The same with its body as a value."""
    words = event["queryStringParameters"]["q"]
    body = {"size": 5, "query": {"simple_query_string": {"query": words, "fields": ["name^2", "notes"]}}}
    answer = pool.request("POST", PARTNER + "/users/_search", json=body)
    return _json(200, json.loads(answer.data)["body"])


def register_device(event, context):
    """Registers a device at the partner's by a form; what the body is, is put together by hand."""
    device = event["state"]["reported"]
    body = f"name={device['name']}&role=guest&model={urllib.parse.quote_plus(device.get('model', ''))}"
    request = urllib.request.Request(PARTNER + "/devices", data=body.encode(), method="POST")
    with urllib.request.urlopen(request, timeout=3) as answer:
        return urllib.parse.parse_qs(json.load(answer)["body"])


def soap(event, context):
    """An address checked by an old service that speaks XML."""
    address = event["Details"]["Parameters"]
    body = Template(
        "<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'><soap:Body><Check>"
        "<Street>$street</Street><Town>$town</Town></Check></soap:Body></soap:Envelope>"
    ).substitute({key: escape(value) for key, value in address.items()})
    answer = http.post(PARTNER + "/soap", data=body.encode(), headers={"Content-Type": "text/xml"}, timeout=3)
    return {"sent": answer.json()["body"]}


def probe(event, context):
    """What a customer's server says on a port, as a monitor does."""
    host, _, port = event["target"].rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=3) as link:
        link.sendall(event.get("send", "HEAD / HTTP/1.0\r\n\r\n").encode())
        data = io.BytesIO()
        while part := link.recv(2000):
            data.write(part)
    text = data.getvalue().decode(errors="replace")
    return {"first": text.split("\r\n")[0], "last": text[-200:] if "send" in event else ""}
