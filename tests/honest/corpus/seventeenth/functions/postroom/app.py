"""Postroom: requests to other services, webhooks and previews."""

import base64
import hashlib
import hmac
import ipaddress
import json
import os
import re
import socket
import urllib.error
import urllib.parse
import urllib.request

import httpx
import requests
import urllib3

KEY = "internal-token-4711"
SIGNING = b"postroom-signing-19"
PARTNER, HOST = os.environ["PARTNER_URL"], os.environ["PARTNER_HOST"]
NAME = HOST.rsplit(":", 1)[0]
session = requests.Session()
session.headers["X-Client"] = "postroom/2"
pool = urllib3.PoolManager(timeout=5)
HOOKS = {}


def reply(status, body, **headers):
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    # The partner's port is another one each day.
    return {"statusCode": status, "headers": headers, "body": text.replace(HOST, "partner")}


def args(event):
    return event.get("queryStringParameters") or {}


def payload(event):
    body = event.get("body") or "{}"
    return json.loads(base64.b64decode(body) if event.get("isBase64Encoded") else body)


def weather(event, context):
    """A query by requests' params."""
    got = session.get(
        PARTNER + "/weather", params={"q": args(event).get("city", "Oslo"), "units": "si"}, timeout=5
    )
    return reply(got.status_code, got.json()["path"])


def weather_joined(event, context):
    """The same by quote_plus in an f-string."""
    city = urllib.parse.quote_plus(args(event).get("city", "Oslo"))
    with urllib.request.urlopen(f"{PARTNER}/weather?q={city}", timeout=5) as got:
        return reply(200, json.load(got)["path"])


def customer(event, context):
    """A path from a number that was checked."""
    number = args(event).get("id", "1")
    if not re.fullmatch(r"\d{1,8}", number):
        return reply(400, {"error": "bad number", "id": number})
    return reply(200, httpx.get(f"{PARTNER}/customers/{number}", timeout=5).json()["path"])


def customer_path(event, context):
    """A path from whatever was sent."""
    got = requests.get(f"{PARTNER}/customers/{args(event).get('id', '1')}/card", timeout=5)
    return reply(got.status_code, got.json())


def file_proxy(event, context):
    """A path quoted segment by segment."""
    path = "/".join(
        urllib.parse.quote(p, safe="")
        for p in args(event).get("path", "a").split("/")
        if p not in ("", ".", "..")
    )
    return reply(200, session.get(f"{PARTNER}/files/{path}", timeout=5).json()["path"])


def ticket(event, context):
    """A ticket as JSON, forwarded."""
    b = payload(event)
    if not b.get("subject"):
        return reply(400, {"error": "subject is missing"})
    got = session.post(
        PARTNER + "/tickets", json={"subject": b["subject"], "text": b.get("text", "")}, timeout=5
    )
    return reply(201, json.loads(got.json()["body"]))


def form_post(event, context):
    """A form, urlencoded."""
    got = requests.post(PARTNER + "/form", data={k: str(v) for k, v in payload(event).items()}, timeout=5)
    return reply(200, got.json()["body"])


def graphql(event, context):
    """A query with variables."""
    query = "query Find($name: String!) { crew(name: $name) { id name } }"
    got = httpx.post(
        PARTNER + "/graphql",
        json={"query": query, "variables": {"name": args(event).get("name", "")}},
        timeout=5,
    )
    return reply(200, json.loads(got.json()["body"])["variables"])


def graphql_text(event, context):
    """A query with the name in its text."""
    query = '{ crew(name: "%s") { id name } }' % args(event).get("name", "")
    got = httpx.post(PARTNER + "/graphql", json={"query": query}, timeout=5)
    return reply(200, json.loads(got.json()["body"])["query"])


def signed(event, context):
    """A call with a signature of its body."""
    data = json.dumps(payload(event), sort_keys=True, ensure_ascii=False).encode()
    sign = hmac.new(SIGNING, data, "sha256").hexdigest()
    got = session.post(PARTNER + "/signed", data=data, headers={"X-Signature": sign}, timeout=5).json()
    return reply(200, {"ok": got["custom"]["X-Signature"] == sign, "body": got["body"]})


def webhook_in(event, context):
    """A webhook, its signature checked."""
    data = (event.get("body") or "").encode()
    sign = event["headers"].get("x-hub-signature-256", "")
    if not hmac.compare_digest("sha256=" + hmac.new(SIGNING, data, "sha256").hexdigest(), sign):
        return reply(401, {"error": "bad signature"})
    return reply(
        200, {"event": event["headers"].get("x-github-event"), "title": json.loads(data).get("title")}
    )


def slack(event, context):
    """A message to a chat, its special characters escaped."""
    text = payload(event).get("text", "")
    for a, b in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(a, b)
    got = pool.request("POST", PARTNER + "/chat", body=json.dumps({"text": text}).encode())
    return reply(200, json.loads(json.loads(got.data)["body"]))


def preview(event, context):
    """A link's preview: any address."""
    try:
        got = requests.get(args(event).get("url", PARTNER), timeout=5)
    except requests.RequestException as error:
        return reply(400, {"error": type(error).__name__})
    return reply(200, {"status": got.status_code, "start": got.text[:300]})


def preview_urllib(event, context):
    """urllib, which knows files too."""
    try:
        with urllib.request.urlopen(args(event).get("url", PARTNER), timeout=5) as got:
            return reply(200, got.read(400).decode(errors="replace"))
    except (urllib.error.URLError, ValueError) as error:
        return reply(400, {"error": type(error).__name__})


def preview_httpx(event, context):
    """httpx with redirects, its first host checked."""
    url = httpx.URL(args(event).get("url", PARTNER))
    if url.host != NAME:
        return reply(400, {"error": "not our partner", "host": url.host})
    got = httpx.get(url, follow_redirects=True, timeout=5)
    return reply(200, got.text[:300])


def preview_listed(event, context):
    """Names of this machine are refused by a list of them."""
    url = args(event).get("url", PARTNER)
    host = urllib.parse.urlsplit(url).hostname or ""
    if host in ("localhost", "127.0.0.1", "169.254.169.254", "0.0.0.0"):
        return reply(400, {"error": "not allowed", "host": host})
    try:
        return reply(200, pool.request("GET", url, retries=urllib3.Retry(2)).data.decode()[:300])
    except urllib3.exceptions.HTTPError as error:
        return reply(400, {"error": type(error).__name__})


def preview_prefix(event, context):
    """The address has to start with the partner's."""
    url = args(event).get("url", PARTNER)
    if not url.startswith("http://" + NAME):
        return reply(400, {"error": "not our partner"})
    try:
        return reply(200, session.get(url, timeout=5).text[:300])
    except requests.RequestException as error:
        return reply(400, {"error": type(error).__name__})


def preview_safe(event, context):
    """Addresses are resolved and only a public or the partner's one is asked, without redirects."""
    parts = urllib.parse.urlsplit(args(event).get("url", PARTNER))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return reply(400, {"error": "no web address"})
    try:
        found = {i[4][0] for i in socket.getaddrinfo(parts.hostname, parts.port or 80)}
    except OSError:
        return reply(400, {"error": "unknown host", "host": parts.hostname})
    if any(not ipaddress.ip_address(a).is_global and a != NAME for a in found):
        return reply(400, {"error": "not a public address"})
    got = requests.get(parts.geturl(), timeout=5, allow_redirects=False)
    return reply(200, {"status": got.status_code, "path": got.json().get("path")})


def callback(event, context):
    """Tells the client's own address that the job is done."""
    b = payload(event)
    try:
        got = pool.request(
            "POST", b["callback"], body=json.dumps({"job": b.get("job"), "state": "done"}).encode()
        )
    except (urllib3.exceptions.HTTPError, KeyError) as error:
        return reply(400, {"error": type(error).__name__})
    return reply(200, got.data.decode()[:400])


def hook_save(event, context):
    """A hook's address, saved for later."""
    b = payload(event)
    HOOKS[b["name"]] = b["url"]
    return reply(201, {"saved": b["name"], "hooks": len(HOOKS)})


def hook_fire(event, context):
    """The saved hook is called."""
    url = HOOKS.get(args(event).get("name"))
    if not url:
        return reply(404, {"error": "no such hook"})
    got = session.post(url, json={"note": args(event).get("note", "")}, timeout=5)
    return reply(200, got.text[:400])


def region(event, context):
    """The region's host by a name from a table."""
    hosts = {"eu": PARTNER, "us": PARTNER + "/us"}
    name = args(event).get("region", "eu")
    if name not in hosts:
        return reply(400, {"error": f"no region {name}"})
    got = session.get(f"{hosts[name]}/status", params={"note": args(event).get("note", "")}, timeout=5)
    return reply(200, got.json()["path"])


def tenant(event, context):
    """The tenant's name becomes part of the host's address."""
    name = args(event).get("host", NAME)
    try:
        got = requests.get(f"http://{name}:{HOST.rsplit(':', 1)[1]}/api/v1/me", timeout=5)
    except requests.RequestException as error:
        return reply(400, {"error": type(error).__name__})
    return reply(200, got.json())


def header_pass(event, context):
    """A tracing header, passed on."""
    got = session.get(PARTNER + "/trace", headers={"X-Trace": args(event).get("trace", "none")}, timeout=5)
    return reply(200, got.json()["custom"])


def raw_request(event, context):
    """The oldest integration: lines on a socket."""
    host, port = HOST.rsplit(":", 1)
    lines = ("GET /legacy HTTP/1.1", f"Host: {host}", f"X-User: {args(event).get('user', 'none')}")
    with socket.create_connection((host, int(port)), timeout=5) as link:
        link.sendall(("\r\n".join(lines) + "\r\nConnection: close\r\n\r\n").encode())
        with link.makefile("rb") as file:
            data = file.read().decode()
    return reply(200, [line for line in data.splitlines() if line.startswith(("HTTP/", "{"))])


def cached(event, context):
    """A file name by the digest of the address; only the partner's paths."""
    path = args(event).get("path", "/a")
    if not path.startswith("/"):
        return reply(400, {"error": "a path starts with /"})
    key = hashlib.sha256(path.encode()).hexdigest()[:12]
    got = session.get(urllib.parse.urljoin(PARTNER, path), timeout=5)
    return reply(200, {"key": key, "text": got.text[:300]})
