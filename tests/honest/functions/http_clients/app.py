"""One service, called by each of the clients that functions use: what the event brings is a parameter, a body, a header."""

import json
import os
import urllib.parse
import urllib.request

import httpx
import requests
import urllib3

SERVICE = os.environ["SERVICE_URL"]
session = requests.Session()
session.headers["user-agent"] = "shop/1.0"
pool = urllib3.PoolManager(retries=urllib3.Retry(1), headers={"x-shop": "north"})
client = httpx.Client(base_url=SERVICE, timeout=60)


def by_urllib(order, text):
    url = f"{SERVICE}/orders/{urllib.parse.quote(order, safe='')}?{urllib.parse.urlencode({'q': text})}"
    request = urllib.request.Request(url, data=json.dumps({"text": text}).encode(), method="POST")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


def handler(event, context):
    order, text = event["pathParameters"]["order"], event["text"]
    params = {"q": text, "page": 2, "tag": [text, "b"]}
    header = {"x-note": urllib.parse.quote(text[:100])}
    return {
        "urllib": by_urllib(order, text)["bytes"],
        "requests": session.get(f"{SERVICE}/orders", params=params, headers=header, timeout=60).json(),
        "path": session.get(f"{SERVICE}/orders/{urllib.parse.quote(order, safe='')}", timeout=60).json(),
        "json": session.post(
            f"{SERVICE}/orders", json={"text": text, "event": event}, timeout=60
        ).status_code,
        "form": session.put(f"{SERVICE}/orders", data={"text": text, "order": order}, timeout=60).status_code,
        "files": session.post(
            f"{SERVICE}/files", files={"file": ("note.txt", text.encode())}, timeout=60
        ).status_code,
        "pool": pool.request("GET", f"{SERVICE}/items", fields={"q": text}).json(),
        "httpx": client.get("/orders", params={"q": text}).json(),
        "httpx_path": client.get(f"/orders/{urllib.parse.quote(order, safe='')}/price").json(),
        "httpx_json": client.post(
            "orders", json={"text": text}, headers={"x-order": urllib.parse.quote(order)}
        ).json()["method"],
        "joined": session.get(
            urllib.parse.urljoin(SERVICE, f"/orders?q={urllib.parse.quote_plus(text)}"), timeout=60
        ).json(),
    }
