"""Calls of a partner's API with values of the event, by urllib, requests, httpx and urllib3."""

import asyncio
import http.client
import json
import os
import urllib.parse
import urllib.request

import httpx
import requests
import urllib3

BASE = os.environ["PARTNER_URL"]
HOST = os.environ["PARTNER_HOST"]
session = requests.Session()
ALLOWED = {HOST, "hooks.example.org"}


def body_of(response):
    return json.loads(response.read())


def in_path(event, context):
    user = urllib.parse.quote(event["user"], safe="")
    with urllib.request.urlopen(f"{BASE}/users/{user}/orders") as response:
        return body_of(response)


def in_query(event, context):
    query = urllib.parse.urlencode({"q": event["q"], "limit": event.get("limit", 10)})
    with urllib.request.urlopen(f"{BASE}/search?{query}") as response:
        return body_of(response)


def requests_params(event, context):
    return session.get(
        f"{BASE}/search", params={"q": event["q"], "tags": event.get("tags", [])}, timeout=5
    ).json()


def requests_path(event, context):
    return requests.get(f"{BASE}/orders/{event['id']}", timeout=5).json()


def requests_json(event, context):
    answer = requests.post(f"{BASE}/orders", json=event["order"], headers={"X-Trace": "t-1"}, timeout=5)
    answer.raise_for_status()
    return answer.json()


def requests_form(event, context):
    return requests.post(
        f"{BASE}/form", data={"name": event["name"], "text": event["text"]}, timeout=5
    ).json()


def httpx_client(event, context):
    with httpx.Client(base_url=BASE, timeout=5) as client:
        return client.get(f"/items/{event['id']}", params={"fields": ",".join(event["fields"])}).json()


def httpx_async(event, context):
    async def act():
        async with httpx.AsyncClient(base_url=BASE) as client:
            found = await asyncio.gather(*(client.get(f"/items/{one}") for one in event["ids"]))
            return [one.json()["path"] for one in found]

    return asyncio.run(act())


def pooled(event, context):
    with urllib3.PoolManager() as pool:
        answer = pool.request("GET", f"{BASE}/weather", fields={"city": event["city"]})
        return json.loads(answer.data)


def raw_connection(event, context):
    connection = http.client.HTTPConnection(HOST, timeout=5)
    connection.request("PUT", "/notes/" + urllib.parse.quote(event["id"]), body=event["text"].encode())
    return body_of(connection.getresponse())


def webhook(event, context):
    """The address is the customer's; its host must be a known one."""
    url = event["callback"]
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.netloc not in ALLOWED:
        return {"error": "host not allowed"}
    return requests.post(url, json={"state": event["state"]}, timeout=5, allow_redirects=False).json()


def slack_text(event, context):
    alarm = json.loads(event["Records"][0]["Sns"]["Message"])
    text = f":fire: *{alarm['AlarmName']}* is {alarm['NewStateValue']}: {alarm['NewStateReason']}"
    request = urllib.request.Request(
        f"{BASE}/services/T0/B0",
        data=json.dumps({"text": text}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        return body_of(response)


def with_headers(event, context):
    headers = {
        "X-Request-Id": event["headers"].get("x-request-id", "none"),
        "X-Tenant": event["headers"]["x-tenant"],
    }
    return requests.get(f"{BASE}/me", headers=headers, timeout=5).json()


def by_region(event, context):
    bases = {"eu": f"{BASE}/eu", "us": f"{BASE}/us"}
    return requests.get(bases[event["region"]] + "/status", timeout=5).json()


def follow(event, context):
    return requests.get(f"{BASE}/redirect", params={"to": f"/landed/{int(event['id'])}"}, timeout=5).json()


def proxy(event, context):
    """Passes path and query on, as a facade before an older API does."""
    url = BASE + "/legacy" + event["rawPath"]
    if event.get("rawQueryString"):
        url += "?" + event["rawQueryString"]
    answer = requests.request(
        event["requestContext"]["http"]["method"], url, data=event.get("body"), timeout=5
    )
    return {"statusCode": answer.status_code, "body": answer.text}


def missing(event, context):
    try:
        urllib.request.urlopen(f"{BASE}/missing/{urllib.parse.quote(event['name'])}")
    except urllib.error.HTTPError as error:
        return error.code
