"""Links, hooks and partners' APIs."""

import base64
import concurrent.futures
import hashlib
import http.client
import ipaddress
import json
import os
import socket
import sqlite3
import urllib.error
import urllib.parse
import urllib.request

import httpx
import requests
import urllib3

PARTNER = os.environ["PARTNER_URL"]
PARTNER_HOST = os.environ["PARTNER_HOST"]
pool = urllib3.PoolManager(retries=False)
session = requests.Session()
session.headers["X-Client"] = "links/1.0"
db = sqlite3.connect(":memory:", check_same_thread=False)
db.execute("CREATE TABLE links (code TEXT PRIMARY KEY, target TEXT, title TEXT)")


def _json(status, body):
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}


def preview(event, context):
    """A preview of any link that a chat's user posts."""
    url = json.loads(event["body"])["url"]
    try:
        answer = requests.get(url, timeout=3, headers={"User-Agent": "PreviewBot"})
    except requests.RequestException as error:
        return _json(502, {"error": type(error).__name__, "url": url})
    return _json(answer.status_code, {"url": url, "snippet": answer.text[:400]})


def preview_checked(event, context):
    """The same with a list of hosts, looked at before the request is made."""
    url = json.loads(event["body"])["url"]
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.netloc != PARTNER_HOST:
        return _json(400, {"error": f"not one of ours: {parts.hostname}"})
    answer = requests.get(url, timeout=3)
    return _json(200, {"snippet": answer.text[:400]})


def preview_by_prefix(event, context):
    """The same by one who compares the beginning."""
    url = (event.get("queryStringParameters") or {}).get("url", "")
    if not url.startswith("http://" + PARTNER_HOST.split(":")[0]):
        return _json(400, {"error": "only our partner"})
    answer = httpx.get(url, timeout=3, follow_redirects=True)
    return _json(200, answer.json())


def avatar(event, context):
    """An avatar by its address, as base64, by the standard library."""
    source = event["arguments"]["source"]
    with urllib.request.urlopen(source, timeout=3) as answer:
        data = answer.read(4096)
    return {"size": len(data), "data": base64.b64encode(data).decode(), "text": data.decode(errors="replace")}


def deliver(event, context):
    """Posts each message to the hook that it names."""
    delivered = []
    with httpx.Client(timeout=3) as client:
        for record in event["Records"]:
            message = json.loads(record["Sns"]["Message"])
            answer = client.post(message["hook"], json=message["data"], headers={"X-Event": message["type"]})
            delivered.append({"status": answer.status_code, "answer": answer.text[:500]})
    return delivered


def partner_user(event, context):
    """A user of the partner's, by name in a path."""
    name = event["pathParameters"]["name"]
    answer = session.get(f"{PARTNER}/users/{name}", timeout=3)
    return _json(answer.status_code, answer.json())


def partner_user_quoted(event, context):
    """A user of the partner's, with the name quoted."""
    name = urllib.parse.quote(event["pathParameters"]["name"], safe="")
    answer = session.get(f"{PARTNER}/users/{name}", timeout=3)
    return _json(answer.status_code, answer.json())


def partner_search(event, context):
    """A search at the partner's with parameters of the event's."""
    answer = session.get(
        PARTNER + "/search", params={**(event.get("queryStringParameters") or {}), "limit": 5}, timeout=3
    )
    return _json(200, answer.json())


def tenant_call(event, context):
    """Calls the tenant's path at the gateway, which somebody glued to the host."""
    answer = pool.request("GET", "http://" + PARTNER_HOST + event["path"], timeout=3.0)
    return {"status": answer.status, "answer": answer.data.decode()}


def check_hosts(event, context):
    """Whether hosts answer, many at a time."""

    def look(target):
        host, _, port = target.partition(":")
        connection = http.client.HTTPConnection(host, int(port or 80), timeout=3)
        try:
            connection.request("GET", event.get("path", "/health"))
            answer = connection.getresponse()
            return {"status": answer.status, "said": answer.read(200).decode()}
        except OSError:
            return {"status": 0}
        finally:
            connection.close()

    with concurrent.futures.ThreadPoolExecutor(4) as workers:
        return list(workers.map(look, event["hosts"]))


def shorten(event, context):
    """Keeps a link and gives its code; nothing is fetched."""
    body = json.loads(event["body"])
    code = hashlib.sha256(body["target"].encode()).hexdigest()[:7]
    with db:
        db.execute("INSERT OR REPLACE INTO links VALUES (?, ?, ?)", (code, body["target"], body.get("title")))
    return _json(201, {"code": code})


def follow(event, context):
    """Sends the visitor to where the parameter says, within limits."""
    target = (event.get("queryStringParameters") or {}).get("next", "/")
    parts = urllib.parse.urlsplit(target)
    try:
        is_inside = ipaddress.ip_address(parts.hostname or "").is_private
    except ValueError:
        is_inside = False
    location = "/" if is_inside or parts.scheme not in ("", "http", "https") else target
    return {
        "statusCode": 302,
        "headers": {"Location": location.replace("\r", "").replace("\n", "")},
        "body": "",
    }


def oauth_callback(event, context):
    """Exchanges a code for a token."""
    query = event["queryStringParameters"]
    if "error" in query:
        return _json(400, {"error": query["error"], "text": query.get("error_description", "")})
    answer = requests.post(
        PARTNER + "/oauth/token",
        data={
            "code": query["code"],
            "grant_type": "authorization_code",
            "redirect_uri": query.get("redirect_uri", ""),
        },
        headers={"X-State": base64.b64encode(query.get("state", "").encode()).decode()},
        timeout=3,
    )
    return _json(200, answer.json())


def custom_resource(event, context):
    """Makes nothing, and tells CloudFormation so."""
    body = json.dumps(
        {
            "Status": "SUCCESS",
            "PhysicalResourceId": event.get("PhysicalResourceId", "thing-1"),
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
            "Data": {"Echo": event["ResourceProperties"].get("Text")},
        }
    )
    request = urllib.request.Request(event["ResponseURL"], data=body.encode(), method="PUT")
    with urllib.request.urlopen(request, timeout=3) as answer:
        return json.load(answer)["body"]


def legacy_notify(event, context):
    """A line of HTTP by hand for an old box."""
    host, port = PARTNER_HOST.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=3) as link:
        link.sendall(
            f"GET /notify HTTP/1.0\r\nHost: {host}\r\nX-Room: {event['detail']['room']}\r\n\r\n".encode()
        )
        data = b""
        while part := link.recv(4096):
            data += part
    return data.split(b"\r\n\r\n", 1)[1].decode()
