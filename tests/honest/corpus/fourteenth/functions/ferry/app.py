"""Ferry: between an agency's own systems and the APIs of its partners."""

import base64
import hashlib
import hmac
import http.client
import io
import json
import os
import re
import socket
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
from functools import lru_cache
from ipaddress import ip_address
from xml.sax.saxutils import escape, quoteattr

import httpx
import jwt
import requests
import urllib3
from requests.adapters import HTTPAdapter

BASE = os.environ["PARTNER_URL"]
HOST = os.environ["PARTNER_HOST"]
API_KEY = "ferry-key-2093"
SIGNING_SECRET = "ferry-hook-6610"
JWT_SECRET = "ferry-jwt-secret-which-is-long-enough-01"
ALLOWED = ("/v1/boats", "/v1/ports", "/v1/fares")
http_pool = urllib3.PoolManager(retries=urllib3.Retry(2), timeout=5)


@lru_cache
def session():
    s = requests.Session()
    s.mount("http://", HTTPAdapter(max_retries=1))
    s.headers.update({"X-Api-Key": API_KEY, "Accept": "application/json"})
    return s


def answer(body, code=200):
    return {
        "statusCode": code,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, ensure_ascii=False),
    }


def said(response):
    """What of the partner's answer the app shows."""
    try:
        data = response.json()
    except ValueError:
        return {"text": response.text[:200]}
    return {k: data[k] for k in ("path", "body", "secret", "error") if k in data}


def timetable(event, context):
    """GET /timetable?from=&to=&day="""
    q = event["queryStringParameters"]
    r = session().get(
        BASE + "/v1/timetable",
        params={"from": q["from"], "to": q["to"], "day": q.get("day", "today")},
        timeout=5,
    )
    return answer(said(r))


def port(event, context):
    """GET /ports/{code}: the code in the partner's path."""
    r = session().get(f"{BASE}/v1/ports/{event['pathParameters']['code']}", timeout=5)
    return answer(said(r), r.status_code)


def port_checked(event, context):
    code = event["pathParameters"]["code"].upper()
    if not re.fullmatch(r"[A-Z]{2}[A-Z0-9]{3}", code):
        return answer({"message": f"no UN/LOCODE: {code}"}, 400)
    return answer(said(session().get(f"{BASE}/v1/ports/{code}", timeout=5)))


def boat(event, context):
    """The same by quote, whatever the name of the boat."""
    name = urllib.parse.quote(event["pathParameters"]["name"], safe="")
    with urllib.request.urlopen(f"{BASE}/v1/boats/{name}", timeout=5) as r:
        return answer(json.load(r)["path"])


def fares(event, context):
    """Puts together the query by hand."""
    q = event["queryStringParameters"]
    path = f"/v1/fares?route={q['route']}&class={q.get('class', 'standard')}&agent=ferry"
    conn = http.client.HTTPConnection(HOST, timeout=5)
    conn.request("GET", path.replace(" ", "%20"), headers={"X-Api-Key": API_KEY})
    return answer(json.loads(conn.getresponse().read()).get("path"))


def book(event, context):
    """POST /bookings: the body is passed on as JSON."""
    b = json.loads(event["body"])
    r = session().post(
        BASE + "/v1/bookings",
        json={
            "passenger": b["name"],
            "seats": int(b.get("seats", 1)),
            "remarks": b.get("remarks", ""),
            "ref": "F-1",
        },
        timeout=5,
    )
    return answer(json.loads(r.json()["body"]), 201)


def book_text(event, context):
    """An older partner: the JSON is a template."""
    b = event["detail"]
    payload = '{"passenger": "%s", "discount": 0, "paid": false, "remarks": "%s"}' % (
        b["name"].replace('"', "'"),
        b.get("remarks", ""),
    )
    r = session().post(
        BASE + "/v0/bookings",
        data=payload.encode(),
        headers={"Content-Type": "application/json"},
        timeout=5,
    )
    try:
        return {"sent": json.loads(r.json()["body"])}
    except ValueError:
        return {"error": "bad payload"}


def manifest(event, context):
    """The passenger list as XML, from a template."""
    b = json.loads(event["body"])
    people = "".join(f"<p n='{i}'>{name}</p>" for i, name in enumerate(b["people"]))
    xml = f"<manifest boat='{b['boat']}'><agent>ferry</agent>{people}</manifest>"
    r = session().post(
        BASE + "/manifests", data=xml.encode(), headers={"Content-Type": "text/xml"}, timeout=5
    )
    return answer({"xml": r.json()["body"]})


def manifest_escaped(event, context):
    b = json.loads(event["body"])
    people = "".join(f"<p>{escape(name)}</p>" for name in b["people"])
    xml = f"<manifest boat={quoteattr(b['boat'])}>{people}</manifest>"
    r = session().post(BASE + "/manifests", data=xml.encode(), timeout=5)
    tree = ET.fromstring(r.json()["body"])
    return answer({"boat": tree.get("boat"), "people": [p.text for p in tree]})


def link_card(event, context):
    """A link in a chat message is fetched for its card."""
    out = []
    for link in re.findall(r"https?://[^\s<>\"|]+", event["message"]["text"])[:3]:
        try:
            r = requests.get(link, timeout=5, headers={"X-Bot": "ferry-cards"})
            out.append({"link": link, "status": r.status_code, "card": said(r)})
        except requests.RequestException as e:
            out.append({"link": link, "error": type(e).__name__})
    return {"cards": out}


def logo(event, context):
    """Loads the logo a firm has on its site. 'No private addresses', says the comment."""
    target = json.loads(event["body"])["logo_url"]
    parts = urllib.parse.urlsplit(target)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return answer({"message": "http or https, please"}, 400)
    if parts.hostname in ("localhost", "127.0.0.1", "169.254.169.254") or parts.hostname.startswith("10."):
        return answer({"message": "not allowed"}, 403)
    try:
        r = http_pool.request("GET", target, redirect=True)
    except urllib3.exceptions.HTTPError as e:
        return answer({"message": type(e).__name__}, 502)
    return answer({"status": r.status, "bytes": len(r.data), "data": base64.b64encode(r.data[:120]).decode()})


def logo_strict(event, context):
    """Resolves first, connects to that address, follows nothing."""
    target = json.loads(event["body"])["logo_url"]
    parts = urllib.parse.urlsplit(target)
    try:
        addresses = {
            i[4][0] for i in socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
        }
    except (OSError, ValueError, UnicodeError):
        return answer({"message": "no such host"}, 400)
    if any(ip_address(a).is_loopback or ip_address(a).is_link_local for a in addresses):
        return answer({"message": "not allowed"}, 403)
    r = requests.get(target, timeout=5, allow_redirects=False)
    return answer({"status": r.status_code, "bytes": bool(r.content)})


def subscribe(event, context):
    """A customer's callback is tried at once; it must begin with https or the partner's name."""
    b = json.loads(event["body"])
    if not b["callback"].startswith((BASE, "https://hooks.ferry.example/")):
        return answer({"message": "callback not allowed"}, 400)
    try:
        r = httpx.post(
            b["callback"], json={"challenge": b.get("challenge", "c-1")}, timeout=5, follow_redirects=True
        )
    except httpx.HTTPError as e:
        return answer({"message": type(e).__name__}, 502)
    return answer({"status": r.status_code, "echo": said(r)})


def gateway(event, context):
    """ANY /proxy/{proxy+}: what is below the allowed prefixes is passed through."""
    path = "/" + event["pathParameters"]["proxy"]
    if not path.startswith(ALLOWED):
        return answer({"message": "forbidden"}, 403)
    r = session().request(
        event["httpMethod"],
        BASE + path,
        params=event.get("queryStringParameters"),
        data=(event.get("body") or "").encode(),
        timeout=5,
    )
    return answer(said(r), r.status_code)


def passthrough(event, context):
    """The new gateway: a fixed host, segments quoted again."""
    segments = [s for s in event["pathParameters"]["proxy"].split("/") if s not in ("", ".", "..")]
    target = BASE + "/v2/" + "/".join(urllib.parse.quote(s, safe="") for s in segments)
    return answer(said(session().get(target, params=event.get("queryStringParameters"), timeout=5)))


def webhook(event, context):
    """A payment provider's hook, signed."""
    raw = event["body"]
    sent = {k.lower(): v for k, v in event["headers"].items()}.get("x-signature", "")
    good = hmac.new(SIGNING_SECRET.encode(), raw.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(sent, good):
        return answer({"message": "signature"}, 401)
    data = json.loads(raw)
    return answer(
        {"type": data["type"], "id": data["data"].get("id"), "text": data["data"].get("description")}
    )


def notify(event, context):
    """An SNS alarm to a chat's hook."""
    m = event["Records"][0]["Sns"]
    try:
        detail = json.loads(m["Message"])
    except ValueError:
        detail = {"AlarmName": m["Subject"] or "message", "NewStateReason": m["Message"]}
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": detail["AlarmName"][:150]}},
        {"type": "section", "text": {"type": "mrkdwn", "text": f"```{detail['NewStateReason'][:2900]}```"}},
    ]
    r = requests.post(BASE + "/services/T0/B0/x", json={"blocks": blocks}, timeout=5)
    return {"sent": json.loads(r.json()["body"])["blocks"][1]["text"]["text"][:400]}


def old_box(event, context):
    """An appliance on the quay that speaks HTTP/1.0 by a socket; the caption goes into a header."""
    host, number = HOST.split(":")
    with socket.create_connection((host, int(number)), timeout=5) as s:
        request = (
            f"GET /box/{int(event['box'])} HTTP/1.0\r\nHost: {host}\r\nX-Caption: {event['caption']}\r\n\r\n"
        )
        s.sendall(request.encode("utf-8"))
        data = s.makefile("rb").read()
    _, _, body = data.partition(b"\r\n\r\n")
    custom = json.loads(body)["custom"]
    return {"headers": sorted(custom), "caption": custom.get("X-Caption", "")[:80]}


def download(event, context):
    """The reply of a download with a name for the browser, written as CGI programs do."""
    name = event["queryStringParameters"]["name"]
    raw = f"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename={name}\r\nCache-Control: no-store\r\n\r\n"
    headers = http.client.parse_headers(io.BytesIO(raw.encode()))
    return {"statusCode": 200, "headers": dict(headers), "body": "JVBERi0="}


def short_link(event, context):
    """GET /go?to= sends people on to our site only."""
    to = (event.get("queryStringParameters") or {}).get("to", "/")
    parts = urllib.parse.urlsplit(to)
    if parts.netloc and not parts.netloc.endswith("ferry.example"):
        to = "/"
    return {"statusCode": 302, "headers": {"Location": to}, "body": ""}


def weather(event, context):
    """An LLM's tool: the arguments of a call as the model made them."""
    call = event["tool_call"]
    args = json.loads(call["arguments"])
    r = httpx.get(
        BASE + "/weather", params={"q": args["city"], "units": args.get("units", "metric")}, timeout=5
    )
    return {"tool_call_id": call["id"], "content": r.json()["path"]}


def open_page(event, context):
    """The other tool: opens the page the model wants to read."""
    args = json.loads(event["tool_call"]["arguments"])
    try:
        with urllib.request.urlopen(args["url"], timeout=5) as r:
            text = r.read(2000).decode("utf-8", "replace")
    except (urllib.error.URLError, ValueError) as e:
        text = f"could not open the page: {type(e).__name__}"
    return {"tool_call_id": event["tool_call"]["id"], "content": text}


def who(event, context):
    """A bearer token; the claims are shown."""
    token = event["headers"].get("Authorization", "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, JWT_SECRET, algorithms=["HS256"], options={"verify_exp": False})
    except jwt.PyJWTError as e:
        return answer({"message": type(e).__name__}, 401)
    return answer({"sub": claims["sub"], "scope": claims.get("scope", "").split()})


def translate(event, context):
    """DeepL-like: a form with many texts."""
    b = json.loads(event["body"])
    fields = [("target_lang", b.get("lang", "EN"))] + [("text", t) for t in b["texts"]]
    r = requests.post(
        BASE + "/v2/translate", data=fields, headers={"Authorization": "DeepL-Auth-Key x"}, timeout=5
    )
    return answer(urllib.parse.parse_qs(r.json()["body"])["text"])


def search_docs(event, context):
    """A search server's query DSL with the user's words in the text of the JSON."""
    q = event["queryStringParameters"]
    size = q.get("size", "5")
    dsl = (
        '{"size": %s, "query": {"bool": {"must": {"match": {"text": %s}}, "filter": {"term": {"public": true}}}}}'
        % (
            size,
            json.dumps(q["q"]),
        )
    )
    r = requests.post(BASE + "/docs/_search", data=dsl.encode(), timeout=5)
    try:
        return answer(json.loads(r.json()["body"]))
    except ValueError:
        return answer({"message": "bad query"}, 400)


def upload_report(event, context):
    """Multipart, the file's name from the event."""
    b = event["detail"]
    r = requests.post(
        BASE + "/files",
        files={"file": (b["name"], b["text"].encode(), "text/plain")},
        data={"folder": b.get("folder", "/")},
        timeout=5,
    )
    body = r.json()["body"]
    boundary = body.split("\r\n", 1)[0]
    return {"parts": body.count(boundary) - 1, "length": len(body.replace(boundary, ""))}


def status_page(event, context):
    """Checks the sites a custom resource or a schedule names."""
    results = {}
    for site in event["sites"]:
        host, _, path = site.removeprefix("http://").partition("/")
        try:
            conn = http.client.HTTPConnection(host, timeout=5)
            conn.request("GET", "/" + path)
            r = conn.getresponse()
            results[site] = {"status": r.status, "title": r.read(300).decode("utf-8", "replace")[:120]}
        except (OSError, http.client.HTTPException) as e:
            results[site] = {"error": type(e).__name__}
    return results
