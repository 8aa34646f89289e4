"""Clients of partners' APIs, hooks and feeds."""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import json
import os
import socket
import time
import urllib.parse
import urllib.request
from http import HTTPStatus

import httpx
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.util.retry import Retry

BASE = os.environ["PARTNER_URL"]
HOST = os.environ["PARTNER_HOST"]
session = requests.Session()
session.mount("http://", HTTPAdapter(max_retries=Retry(total=2, backoff_factor=0, status_forcelist=[503])))
session.headers["X-Client"] = "shop"
ENDPOINTS = {"orders": "/v1/orders", "customers": "/v1/customers", "refund": "/v1/orders/{id}/refund"}


class Client:
    """A small client, as SDKs have it."""

    def __init__(self, base):
        self.base = base.rstrip("/")

    def call(self, method, *parts, **options):
        path = "/".join(urllib.parse.quote(str(part), safe="") for part in parts)
        answer = session.request(method, f"{self.base}/{path}", timeout=5, **options)
        return answer.json()


def sdk(event, context):
    return Client(BASE).call("GET", "orders", event["id"], "lines", params=event.get("params"))


def endpoint_table(event, context):
    path = ENDPOINTS[event["what"]].format(id=urllib.parse.quote(str(event.get("id", "")), safe=""))
    return session.get(urllib.parse.urljoin(BASE, path), timeout=5).json()["path"]


def weather(event, context):
    city = event["queryStringParameters"]["city"]
    url = f"{BASE}/data/2.5/weather?q={city}&units=metric&appid=k-1"
    return {"statusCode": HTTPStatus.OK, "body": requests.get(url, timeout=5).json()["path"]}


def geocode(event, context):
    query = urllib.parse.urlencode({"address": event["address"], "key": "k"}, quote_via=urllib.parse.quote)
    return json.loads(urllib.request.urlopen(f"{BASE}/geocode/json?{query}").read())["path"]


def basic(event, context):
    return requests.get(
        f"{BASE}/me", auth=HTTPBasicAuth(event["user"], event["password"]), timeout=5
    ).status_code


def telegram(event, context):
    update = json.loads(event["body"])
    chat, text = update["message"]["chat"]["id"], update["message"]["text"]
    answer = "Hi! Send /help." if text.startswith("/start") else f"You said: {text}"
    done = requests.post(f"{BASE}/bot123:abc/sendMessage", json={"chat_id": chat, "text": answer}, timeout=5)
    return {"statusCode": 200, "body": done.json()["body"]}


def slash_command(event, context):
    body = base64.b64decode(event["body"]).decode() if event["isBase64Encoded"] else event["body"]
    fields = dict(urllib.parse.parse_qsl(body))
    answer = requests.post(
        fields["response_url"],
        json={"text": f"Done, {fields['user_name']}: {fields.get('text', '')}"},
        timeout=5,
    )
    return answer.json()["body"]


def checked_hook(event, context):
    """The subscriber's address: scheme, host and addresses checked, redirects off."""
    parts = urllib.parse.urlsplit(event["url"])
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "no address"
    for found in socket.getaddrinfo(parts.hostname, parts.port or 80, proto=socket.IPPROTO_TCP):
        if ipaddress.ip_address(found[4][0]).is_loopback or ipaddress.ip_address(found[4][0]).is_link_local:
            return "not outside"
    signature = hmac.new(b"secret", json.dumps(event["payload"]).encode(), hashlib.sha256).hexdigest()
    answer = requests.post(
        event["url"],
        json=event["payload"],
        headers={"X-Signature": signature},
        allow_redirects=False,
        timeout=5,
    )
    return answer.json()["custom"]


def registered_hook(event, context):
    hooks = {"acme": f"{BASE}/hooks/acme", "blue": f"{BASE}/hooks/blue?token=t"}
    return requests.post(hooks[event["tenant"]], data=json.dumps(event["payload"]), timeout=5).json()["path"]


def oauth_token(event, context):
    form = {
        "grant_type": "authorization_code",
        "code": event["code"],
        "redirect_uri": "https://shop.example.org/cb",
    }
    with httpx.Client(timeout=5) as client:
        return client.post(f"{BASE}/oauth/token", data=form).json()["body"]


def graphql(event, context):
    query = "query($id: ID!) { order(id: $id) { total } }"
    answer = httpx.post(f"{BASE}/graphql", json={"query": query, "variables": {"id": event["id"]}}, timeout=5)
    return json.loads(answer.json()["body"])["variables"]


def soap_call(event, context):
    from xml.sax.saxutils import escape

    body = f"<?xml version='1.0'?><Envelope><Body><Price><Item>{escape(event['item'])}</Item></Price></Body></Envelope>"
    answer = requests.post(
        f"{BASE}/soap",
        data=body.encode(),
        headers={"Content-Type": "text/xml", "SOAPAction": "Price"},
        timeout=5,
    )
    return answer.json()["body"]


def uploaded_form(event, context):
    from urllib3.filepost import encode_multipart_formdata

    body, kind = encode_multipart_formdata(
        {"file": (event["name"], event["text"].encode(), "text/plain"), "note": "x"}, boundary="b"
    )
    with urllib3.PoolManager() as pool:
        return json.loads(
            pool.request("POST", f"{BASE}/upload", body=body, headers={"Content-Type": kind}).data
        )["body"]


def many(event, context):
    async def act():
        async with httpx.AsyncClient(base_url=BASE, params={"tenant": event["tenant"]}) as client:
            answers = await asyncio.gather(
                *(client.get("/items/" + str(one)) for one in event["ids"]), return_exceptions=True
            )
        return [one.json()["path"] for one in answers]

    return asyncio.run(act())


def paged(event, context):
    url, found = f"{BASE}/list?tag={urllib.parse.quote_plus(event['tag'])}", []
    for page in range(int(event["pages"])):
        found.append(session.get(f"{url}&page={page + 1}", timeout=5).json()["path"])
    return found


def tenant_host(event, context):
    hosts = {"eu": HOST, "us": HOST}
    return requests.get(f"http://{hosts[event['region']]}/{event['tenant']}/status", timeout=5).json()["path"]


def moved_permanently(event, context):
    """Short links of the function's own."""
    links = {"home": "/start", "shop": "/shop?from=link"}
    target = links[event["link"]]
    return requests.get(f"{BASE}/redirect", params={"to": target}, timeout=5).json()["path"]


def proxied(event, context):
    path = event["pathParameters"]["proxy"]
    url = f"{BASE}/{path}"
    query = event.get("queryStringParameters") or {}
    answer = requests.request(
        event["httpMethod"],
        url,
        params=query,
        data=event["body"],
        headers={"X-Forwarded-For": event["requestContext"]["identity"]["sourceIp"]},
        timeout=5,
    )
    return {"statusCode": answer.status_code, "body": answer.json()["path"]}


def conditional(event, context):
    headers = {
        "If-None-Match": event["headers"].get("if-none-match", '""'),
        "X-Lang": event["headers"].get("accept-language", "en"),
    }
    return httpx.get(f"{BASE}/page", headers=headers).json()["custom"]


def dns_name(event, context):
    name = event["name"]
    return (
        sorted({one[4][0] for one in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)})
        if name in {"localhost"}
        else []
    )


def timed_out(event, context):
    begun = time.monotonic()
    try:
        requests.get(f"{BASE}/missing/{event['id']}", timeout=5).raise_for_status()
    except requests.HTTPError as error:
        return [error.response.status_code, time.monotonic() - begun < 60]
