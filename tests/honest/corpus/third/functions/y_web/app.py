"""Vulnerable: addresses, headers and messages with the event's text in them."""

import asyncio
import email
import http.client
import io
import json
import os
import re
import socket
import subprocess
import xmlrpc.client
from urllib.parse import urljoin, urlsplit
from urllib.request import ProxyHandler, Request, build_opener, urlopen, urlretrieve

import boto3
import httpx
import pandas
import requests
import urllib3
from lxml import etree

PARTNER = os.environ["PARTNER_URL"]
HOST = os.environ["PARTNER_HOST"]
PORT = HOST.split(":")[1]
pool = urllib3.PoolManager()


def fetch(event, context):
    return requests.get(event["queryStringParameters"]["url"], timeout=5).text


def fetch_httpx(event, context):
    return httpx.get(event["url"], timeout=5).text


def fetch_async(event, context):
    async def go():
        async with httpx.AsyncClient(follow_redirects=True) as client:
            return (await client.get(event["url"])).text

    return asyncio.run(go())


def fetch_urllib(event, context):
    return urlopen(Request(event["url"], headers={"User-Agent": "x"}), timeout=5).read().decode()


def fetch_pool(event, context):
    return pool.request("GET", event["image"]).data.decode()


def retrieve(event, context):
    path, _ = urlretrieve(event["url"], "/tmp/got")
    return open(path).read()


def connection(event, context):
    parts = urlsplit(event["url"])
    one = http.client.HTTPConnection(parts.netloc, timeout=5)
    one.request("GET", parts.path)
    return one.getresponse().read().decode()


def raw_socket(event, context):
    with socket.create_connection((event["host"], int(event["port"])), timeout=5) as one:
        one.sendall(b"GET /internal/x HTTP/1.0\r\nHost: x\r\n\r\n")
        data = b""
        while part := one.recv(4096):
            data += part
        return data.decode()


def host_in_url(event, context):
    return requests.get(f"http://{event['region']}:{PORT}/api/status", timeout=5).text


def subdomain(event, context):
    """A tenant in front of our domain."""
    return requests.get(f"http://{event['tenant']}.shop.example.org/api", timeout=5).text


def checked_word(event, context):
    if "cdn.example.org" not in event["url"]:
        return "refused"
    return requests.get(event["url"], timeout=5).text


def checked_block_list(event, context):
    if re.search(r"127\.0\.0\.1|localhost|169\.254", event["url"]):
        return "refused"
    return requests.get(event["url"], timeout=5).text


def follow(event, context):
    """The host is checked, where it redirects to is not."""
    if urlsplit(event["url"]).netloc != HOST:
        return "refused"
    return requests.get(event["url"], timeout=5).text


def follow_urllib(event, context):
    if not event["url"].startswith(PARTNER + "/"):
        return "refused"
    return urlopen(event["url"], timeout=5).read().decode()


def joined(event, context):
    return requests.get(urljoin("http://shop.example.org/a/", event["next"]), timeout=5).text


def webhook(event, context):
    body = json.loads(event["body"])
    return requests.post(body["callback_url"], json={"status": "done"}, timeout=5).text


def path_of_url(event, context):
    return requests.get(f"{PARTNER}/public/{event['document']}", timeout=5).text


def path_of_pool(event, context):
    return pool.request("GET", f"{PARTNER}/users/{event['id']}/avatar").data.decode()


def query_of_url(event, context):
    return requests.get(f"{PARTNER}/transfer?to={event['to']}&amount=1&role=user", timeout=5).json()["path"]


def json_by_hand(event, context):
    sent = requests.post(
        PARTNER + "/users", data='{"name": "' + event["name"] + '", "role": "user"}', timeout=5
    )
    return json.loads(sent.json()["body"])


def form_by_hand(event, context):
    sent = requests.post(PARTNER + "/pay", data=f"amount=10&note={event['note']}", timeout=5)
    return sent.json()["body"]


def xml_by_hand(event, context):
    sent = requests.post(
        PARTNER + "/soap", data=f"<order><price>10</price><note>{event['note']}</note></order>", timeout=5
    )
    return [one.text for one in etree.fromstring(sent.json()["body"]).iter("price")]


def proxied(event, context):
    return requests.get("http://api.example.org/internal/x", proxies={"http": event["proxy"]}, timeout=5).text


def proxied_urllib(event, context):
    return (
        build_opener(ProxyHandler({"http": event["proxy"]}))
        .open("http://api.example.org/internal/x", timeout=5)
        .read()
        .decode()
    )


def endpoint(event, context):
    client = boto3.client(
        "s3",
        endpoint_url=event["endpoint"],
        aws_access_key_id="x",
        aws_secret_access_key="x",
        region_name="eu-west-1",
    )
    try:
        return client.get_object(Bucket="internal", Key="x")["Body"].read().decode()
    except Exception as error:
        return str(error)


def read_frame(event, context):
    return pandas.read_json(event["source"], typ="series").to_json()


def curl(event, context):
    return subprocess.run(["curl", "-s", "-m", "5", event["url"]], capture_output=True, text=True).stdout


def rpc(event, context):
    try:
        return str(xmlrpc.client.ServerProxy(event["server"]).ping())
    except Exception as error:
        return f"{type(error).__name__} {error}"


def redirect_header(event, context):
    """The answer's header is written by hand."""
    raw = f"HTTP/1.1 302 Found\r\nLocation: https://shop.example.org/{event['to']}\r\nX-Role: user\r\n\r\n"
    return dict(http.client.parse_headers(io.BytesIO(raw.split("\r\n", 1)[1].encode())))


def raw_request(event, context):
    """A request written by hand."""
    with socket.create_connection((HOST.split(":")[0], int(PORT)), timeout=5) as one:
        one.sendall(f"GET /me HTTP/1.0\r\nHost: x\r\nX-Tenant: {event['tenant']}\r\n\r\n".encode())
        data = b""
        while part := one.recv(4096):
            data += part
        return data.decode().split("\r\n\r\n")[1]


def raw_path(event, context):
    """http.client's own put methods, path unchecked."""
    with socket.create_connection((HOST.split(":")[0], int(PORT)), timeout=5) as one:
        one.sendall(("GET /search?q=" + event["q"] + " HTTP/1.0\r\nHost: x\r\n\r\n").encode())
        return b"".join(iter(lambda: one.recv(4096), b"")).decode().split("\r\n\r\n")[1]


def mail_headers(event, context):
    """A message written by hand and sent raw."""
    raw = f"From: shop@example.org\r\nTo: help@example.org\r\nSubject: {event['subject']}\r\n\r\n{event['text']}"
    client = boto3.client("ses")
    client.verify_email_identity(EmailAddress="shop@example.org")
    client.send_raw_email(Source="shop@example.org", RawMessage={"Data": raw.encode()})
    return email.message_from_string(raw)["Bcc"]


def keep_hook(event, context):
    boto3.resource("dynamodb").Table("orders").put_item(Item={"id": "hook", "url": event["url"]})
    return "kept"


def call_hook(event, context):
    url = boto3.resource("dynamodb").Table("orders").get_item(Key={"id": "hook"})["Item"]["url"]
    return requests.get(url, timeout=5).text
