"""What the tollhouse asks of partners' APIs, and what they call back."""

import asyncio
import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import re
import socket
import tempfile
import urllib.request
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.error import URLError
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

import httpx
import jwt
import openai
import requests
import stripe
import urllib3
from bs4 import BeautifulSoup
from requests.adapters import HTTPAdapter
from slack_sdk.webhook import WebhookClient
from urllib3.util.retry import Retry

BASE_URL = os.environ["PARTNER_URL"]
HOST = os.environ["PARTNER_HOST"]
HERE = Path(__file__).parent
HOOKS = Path(tempfile.mkdtemp(prefix="tollhouse-")) / "hooks.json"
SIGNING_SECRET = "shhh-9f2"
TIMEOUT = (3, 5)


def get_session():
    s = requests.Session()
    s.mount("http://", HTTPAdapter(max_retries=Retry(total=1, backoff_factor=0.1)))
    s.headers.update({"Authorization": "Bearer toll-abc", "X-Client": "tollhouse/1.4"})
    return s


session = get_session()
pool = urllib3.PoolManager(timeout=5.0)


def ok(body, status=200):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body, ensure_ascii=False),
    }


def body_of(event):
    raw = event.get("body") or ""
    return base64.b64decode(raw).decode() if event.get("isBase64Encoded") else raw


def track(event, context):
    """GET /parcels/{number} at the carrier."""
    number = event["pathParameters"]["number"]
    r = session.get(f"{BASE_URL}/carrier/v2/parcels/{number}/events?lang=en", timeout=TIMEOUT)
    if not r.ok:
        return ok({"message": "carrier said %d" % r.status_code}, 502)
    return ok(r.json())


def track_quoted(event, context):
    """The same for the other carrier."""
    number = quote(event["pathParameters"]["number"], safe="")
    r = session.get(f"{BASE_URL}/other/parcels/{number}", timeout=TIMEOUT)
    return ok({"asked": r.json()["path"]})


def toll(event, context):
    """GET /toll?from=..&to=..&class=.."""
    q = event["queryStringParameters"]
    url = (
        BASE_URL
        + "/toll/calc?key=k-11&from="
        + q["from"]
        + "&to="
        + q["to"]
        + "&class="
        + q.get("class", "car")
    )
    with urllib.request.urlopen(url.replace(" ", "%20"), timeout=5) as r:
        return ok(json.loads(r.read()))


def toll_params(event, context):
    """The same with params."""
    r = httpx.get(
        f"{BASE_URL}/toll/calc", params={**event["queryStringParameters"], "key": "k-11"}, timeout=5
    )
    return ok({"asked": dict(parse_qsl(urlsplit(r.json()["path"]).query))})


def avatar(event, context):
    """POST /avatar {"url": ..}: a picture from elsewhere."""
    url = json.loads(event["body"])["url"]
    if not re.match(r"^https?://", url):
        return ok({"error": "not a URL"}, 400)
    try:
        r = requests.get(url, timeout=TIMEOUT, headers={"User-Agent": "tollhouse-bot"})
    except requests.exceptions.RequestException as e:
        return ok({"error": type(e).__name__}, 502)
    return ok({"size": len(r.content), "data": base64.b64encode(r.content).decode()})


def avatar_known(event, context):
    """The same from the known host only, without redirects."""
    parts = urlsplit(json.loads(event["body"])["url"])
    if parts.scheme not in ("http", "https") or parts.netloc != HOST:
        return ok({"error": "unknown host", "host": parts.hostname}, 403)
    r = requests.get(urlunsplit(parts), timeout=TIMEOUT, allow_redirects=False)
    return ok({"status": r.status_code, "text": r.text[:200]})


def document(event, context):
    """POST /documents: only from our partner, which the start of the URL says."""
    url = json.loads(event["body"])["url"]
    if not url.startswith(BASE_URL):
        return ok({"error": "not ours"}, 403)
    r = pool.request("GET", url)
    return ok({"text": r.data.decode("utf-8", "replace")[:300]})


def feed_url(event, context):
    """An address for urllib, of a queue's message."""
    out = []
    for record in event["Records"]:
        url = json.loads(record["body"])["feed"]
        try:
            with urllib.request.urlopen(url, timeout=5) as r:
                out.append(r.read(500).decode("utf-8", "replace"))
        except (URLError, ValueError) as e:
            out.append("failed: " + type(e).__name__)
    return out


def notify_back(event, context):
    """When the work is done, the caller's callback hears of it."""
    detail = event["detail"]
    try:
        with httpx.Client(timeout=5, follow_redirects=True) as client:
            r = client.post(
                detail["callback"], json={"job": detail["job"], "state": "done", "note": detail.get("note")}
            )
        return {"status": r.status_code, "answer": r.text[:400]}
    except httpx.HTTPError as e:
        return {"error": type(e).__name__}


def say(event, context):
    """A topic's message to Slack."""
    sns = event["Records"][0]["Sns"]
    r = WebhookClient(BASE_URL + "/services/T1/B1/x").send(
        text=sns["Subject"] or "notice",
        blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": sns["Message"][:2900]}}],
    )
    return {"status": r.status_code, "sent": json.loads(json.loads(r.body)["body"])}


def slash(event, context):
    """A slash command; the long answer goes to its response_url."""
    params = dict(parse_qsl(body_of(event), keep_blank_values=True))
    command, text = params.get("command", "/toll"), params.get("text", "")
    verb, _, rest = text.partition(" ")
    if verb == "help" or not text:
        return ok({"text": f"usage: {command} show <place>"})
    r = requests.post(
        params["response_url"], json={"text": f"<@{params['user_id']}> {verb}: {rest}"}, timeout=TIMEOUT
    )
    return ok({"text": "working on it", "delivered": r.text[:400]})


def slash_signed(event, context):
    """The same with the signature looked at."""
    body, headers = body_of(event), event["headers"]
    base = f"v0:{headers.get('x-slack-request-timestamp')}:{body}"
    mine = "v0=" + hmac.new(SIGNING_SECRET.encode(), base.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(mine, headers.get("x-slack-signature", "")):
        return ok({"error": "bad signature"}, 401)
    params = {k: v[0] for k, v in parse_qs(body).items()}
    return ok(
        {"response_type": "in_channel", "text": f"*{params['user_name']}* said _{params.get('text', '')}_"}
    )


def stripe_hook(event, context):
    """Stripe's webhook."""
    try:
        found = stripe.Webhook.construct_event(
            event["body"], event["headers"].get("Stripe-Signature", ""), "whsec_toll", tolerance=10**9
        )
    except stripe.SignatureVerificationError:
        return ok({"error": "signature"}, 400)
    thing = found["data"]["object"]
    return ok({"type": found["type"], "id": thing["id"], "note": thing["description"]})


def whoami(event, context):
    """A token of a partner; its key by the kid of the token's header."""
    token = event["headers"]["Authorization"].removeprefix("Bearer ")
    kid = jwt.get_unverified_header(token).get("kid", "main")
    try:
        key = (HERE / "keys" / (kid if Path(kid).suffix else kid + ".pem")).read_text()
        claims = jwt.decode(token, key.strip(), algorithms=["HS256"])
    except (jwt.InvalidTokenError, OSError) as e:
        return ok({"error": type(e).__name__}, 401)
    return ok({"hello": claims["sub"], "panel": "admin-panel-open" if claims.get("admin") else "user"})


def whoami_checked(event, context):
    """The same with one key."""
    token = event["headers"].get("Authorization", "").partition(" ")[2]
    try:
        claims = jwt.decode(token, (HERE / "keys" / "main.pem").read_text().strip(), algorithms=["HS256"])
    except jwt.PyJWTError as e:
        return ok({"error": type(e).__name__}, 401)
    return ok({"hello": claims["sub"], "name": claims.get("name")})


def keys_of(event, context):
    """The issuer's keys, and which of them a token means."""
    token = event["headers"]["Authorization"].split()[-1]
    header = jwt.get_unverified_header(token)
    r = requests.get(BASE_URL + "/.well-known/jwks.json", timeout=TIMEOUT)
    found = r.json()
    if "keys" not in found:
        return ok({"error": "no key %s in %s" % (header.get("kid"), sorted(found))}, 401)
    return ok({"keys": len(found["keys"])})


def geocode(event, context):
    """GET /geocode?address=.."""
    url = f"{BASE_URL}/geo/search?" + urlencode(
        {"q": event["queryStringParameters"]["address"], "format": "json"}
    )
    with urllib.request.urlopen(urllib.request.Request(url, headers={"X-From": "toll"}), timeout=5) as r:
        return ok(json.load(r))


def orders_graphql(event, context):
    """A shop's orders; the filter goes into the query."""
    name = event["arguments"]["customer"]
    query = """{ orders(first: 10, query: "customer:%s") { edges { node { id total } } } }""" % name
    r = session.post(BASE_URL + "/graphql.json", json={"query": query}, timeout=TIMEOUT)
    return {"sent": json.loads(r.json()["body"])["query"]}


def orders_graphql_variables(event, context):
    """The same with variables."""
    r = session.post(
        BASE_URL + "/graphql.json",
        json={
            "query": "query($q: String) { orders(first: 10, query: $q) { edges { node { id } } } }",
            "variables": {"q": event["arguments"]["customer"]},
        },
        timeout=TIMEOUT,
    )
    return {"sent": json.loads(r.json()["body"])["variables"]}


ENVELOPE = """<?xml version="1.0" encoding="utf-8"?>
<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<RegisterVehicle><plate>{plate}</plate><owner>{owner}</owner><exempt>false</exempt></RegisterVehicle>
</s:Body></s:Envelope>"""


def register(event, context):
    """POST /vehicles to the authority's SOAP service."""
    body = json.loads(event["body"])
    message = ENVELOPE.format(plate=body["plate"], owner=body["owner"].replace("&", "&amp;"))
    r = requests.post(
        BASE_URL + "/soap", data=message.encode(), headers={"SOAPAction": "RegisterVehicle"}, timeout=TIMEOUT
    )
    try:
        vehicle = ET.fromstring(r.json()["body"]).find(".//RegisterVehicle")
    except ET.ParseError:
        return ok({"error": "the authority did not understand"}, 502)
    return ok({"exempt": [e.text for e in vehicle.iter("exempt")], "fields": [e.tag for e in vehicle]})


def register_tree(event, context):
    """The same by ElementTree."""
    body = json.loads(event["body"])
    vehicle = ET.Element("RegisterVehicle")
    for name in ("plate", "owner"):
        ET.SubElement(vehicle, name).text = body[name]
    r = requests.post(BASE_URL + "/soap", data=ET.tostring(vehicle, encoding="utf-8"), timeout=TIMEOUT)
    return ok({"sent": r.json()["body"]})


def pages(event, context):
    """GET /help/{proxy+} of the partner's pages."""
    target = urljoin(f"{BASE_URL}/help/en/", event["pathParameters"]["proxy"])
    r = session.get(target, timeout=TIMEOUT)
    return ok({"status": r.status_code, "page": r.text[:300]})


def gate(event, context):
    """The gates speak a sort of HTTP; a socket will do."""
    host, _, port = HOST.partition(":")
    message = f"POST /gates/{quote(event['gate'])} HTTP/1.0\r\nX-Driver: {event['driver']}\r\nContent-Length: 4\r\n\r\nopen"
    with socket.create_connection((host, int(port)), timeout=5) as s:
        s.sendall(message.encode())
        answer = b"".join(iter(lambda: s.recv(4096), b""))
    return json.loads(answer.partition(b"\r\n\r\n")[2])["custom"]


def gate_safe(event, context):
    """The same by http.client, which looks at what headers hold."""
    connection = http.client.HTTPConnection(HOST, timeout=5)
    try:
        connection.request(
            "POST",
            "/gates/" + quote(event["gate"], safe=""),
            body="open",
            headers={"X-Driver": quote(event["driver"])},
        )
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def camera(event, context):
    """GET /camera?path=/still/1.jpg"""
    path = event["queryStringParameters"]["path"]
    r = httpx.get(f"http://{HOST}{path}", timeout=5)
    return ok({"status": r.status_code, "still": r.text[:300]})


def find(event, context):
    """A search in the partner's index, the query a text with holes."""
    q = event["queryStringParameters"]
    template = '{"query": {"bool": {"must": {"match": {"text": $q}}, "filter": {"term": {"public": true, "lang": "$lang"}}}}}'
    data = template.replace("$q", json.dumps(q["q"])).replace("$lang", q.get("lang", "en"))
    r = requests.post(
        BASE_URL + "/index/_search",
        data=data.encode(),
        headers={"Content-Type": "application/json"},
        timeout=TIMEOUT,
    )
    return ok({"sent": r.json()["body"]})


def next_page(event, context):
    """GET /list?cursor=..: the cursor is the partner's next link in base64."""
    cursor = (event.get("queryStringParameters") or {}).get("cursor")
    r = session.get(
        BASE_URL + (base64.urlsafe_b64decode(cursor).decode() if cursor else "/list?page=1"), timeout=TIMEOUT
    )
    return ok({"page": r.json(), "next": base64.urlsafe_b64encode(b"/list?page=2").decode()})


def next_page_checked(event, context):
    """The same with a path in the cursor."""
    cursor = (event.get("queryStringParameters") or {}).get("cursor", "")
    path = base64.urlsafe_b64decode(cursor).decode() or "/list"
    if not re.fullmatch(r"/list(\?page=\d+)?", path):
        return ok({"error": "bad cursor", "path": path}, 400)
    return ok(session.get(BASE_URL + path, timeout=TIMEOUT).json())


def unfurl(event, context):
    """A chat's message: the titles of the pages that it links."""
    text = json.loads(body_of(event))["event"]["text"]
    found = []
    for url in re.findall(r"<?(https?://[^\s>|]+)", text)[:3]:
        try:
            r = requests.get(url, timeout=TIMEOUT)
        except requests.RequestException as e:
            found.append({"error": type(e).__name__})
            continue
        soup = BeautifulSoup(r.text, "html.parser")
        found.append({"title": soup.title.string if soup.title else soup.get_text(" ", strip=True)[:200]})
    return ok({"links": found})


BLOCKED = re.compile(r"localhost|127\.0\.0\.1|169\.254|metadata|^10\.", re.IGNORECASE)


def screenshot(event, context):
    """POST /screenshots {"url"}, with what must not be asked for in a list."""
    url = json.loads(event["body"])["url"]
    if BLOCKED.search(url.split("/")[2] if url.count("/") > 1 else url):
        return ok({"error": "blocked"}, 403)
    try:
        r = requests.get(url, timeout=TIMEOUT)
        return ok({"html": r.text[:300]})
    except requests.RequestException as e:
        return ok({"error": type(e).__name__}, 502)


def screenshot_resolved(event, context):
    """The same: the host's address is looked at, and the answer is not followed."""
    parts = urlsplit(json.loads(event["body"])["url"])
    try:
        address = ipaddress.ip_address(socket.getaddrinfo(parts.hostname or "", parts.port or 80)[0][4][0])
    except (OSError, ValueError) as e:
        return ok({"error": type(e).__name__}, 400)
    if address.is_loopback or address.is_link_local or address.is_unspecified:
        return ok({"error": "inside"}, 403)
    r = requests.get(urlunsplit(parts), timeout=TIMEOUT, allow_redirects=False)
    return ok({"status": r.status_code, "html": r.text[:200]})


def text_message(event, context):
    """SQS to an SMS partner, form-encoded."""
    sent = []
    for record in event["Records"]:
        m = json.loads(record["body"])
        r = session.post(
            BASE_URL + "/sms/Messages.json",
            data={"To": m["to"], "From": "TOLL", "Body": m["text"]},
            auth=("AC1", "t"),
            timeout=TIMEOUT,
        )
        sent.append(dict(parse_qsl(r.json()["body"])))
    return sent


def weather(event, context):
    """The weather on the pass, in the caller's language."""
    slots = event["request"]["intent"]["slots"]
    r = requests.get(
        BASE_URL + "/weather",
        params={"q": slots["place"]["value"], "lang": event["request"]["locale"]},
        timeout=TIMEOUT,
    )
    text = f"You asked for {slots['place']['value']}"
    return {
        "version": "1.0",
        "response": {"outputSpeech": {"type": "PlainText", "text": text}},
        "asked": r.json()["path"],
    }


def several(event, context):
    """Prices of several lanes at once."""

    async def ask():
        async with httpx.AsyncClient(base_url=BASE_URL, timeout=5) as client:
            answers = await asyncio.gather(
                *(client.get(f"/lanes/{lane}/price", headers={"X-Lane": "1"}) for lane in event["lanes"])
            )
            return [a.json() for a in answers]

    return asyncio.run(ask())


def complete(event, context):
    """What a model makes of a complaint."""
    body = json.loads(event["body"])
    client = openai.OpenAI(api_key="sk-x", base_url=BASE_URL + "/v1", max_retries=0)
    raw = client.chat.completions.with_raw_response.create(
        model="small",
        temperature=0,
        messages=[{"role": "system", "content": "Be short."}, {"role": "user", "content": body["text"]}],
    )
    return ok({"sent": json.loads(json.loads(raw.text)["body"])["messages"][1]})


def subscription(event, context):
    """A topic's HTTP subscription is confirmed by itself."""
    message = json.loads(body_of(event))
    if message["Type"] == "SubscriptionConfirmation":
        r = pool.request("GET", message["SubscribeURL"])
        return ok({"confirmed": r.status == 200, "answer": r.data.decode()[:300]})
    return ok({"got": message["Message"]})


def _hooks():
    return json.loads(HOOKS.read_text()) if HOOKS.exists() else {}


def save_hook(event, context):
    """PUT /hooks/{id}"""
    hooks = _hooks()
    hooks[event["pathParameters"]["id"]] = json.loads(event["body"])["url"]
    HOOKS.write_text(json.dumps(hooks))
    return {"statusCode": 204}


def fire_hook(event, context):
    """EventBridge: a hook of a client is called."""
    url = _hooks().get(event["detail"]["hook"])
    if url is None:
        return {"error": "no hook " + event["detail"]["hook"]}
    return {"answer": requests.post(url, json=event["detail"], timeout=TIMEOUT).text[:300]}


def upload(event, context):
    """A file to the partner as a form's part."""
    body = json.loads(event["body"])
    r = requests.post(
        BASE_URL + "/files",
        files={"file": ("scan.txt", body["text"].encode(), "text/plain")},
        data={"title": body["title"]},
        timeout=TIMEOUT,
    )
    sent = r.json()["body"]
    return ok(
        {"lines": [line for line in sent.split("\r\n") if line and not line.startswith(("--", "Content-"))]}
    )


def signin(event, context):
    """Where to go after the sign-in: a path of our own."""
    q = event.get("queryStringParameters") or {}
    target = q.get("next", "/")
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith(("//", "/\\")):
        target = "/"
    return {
        "statusCode": 302,
        "headers": {"Location": target, "Set-Cookie": "lang=" + quote(q.get("lang", "en"))},
    }


def crm(event, context):
    """An OData filter for the CRM."""
    name = event["queryStringParameters"]["name"]
    r = session.get(
        BASE_URL + "/odata/Contacts",
        params={"$filter": f"Name eq '{name}' and Public eq true", "$top": 5},
        timeout=TIMEOUT,
    )
    return ok(dict(parse_qsl(urlsplit(r.json()["path"]).query)))


def crm_escaped(event, context):
    """The same, with quotes doubled."""
    name = event["queryStringParameters"]["name"].replace("'", "''")
    r = session.get(BASE_URL + "/odata/Contacts", params={"$filter": f"Name eq '{name}'"}, timeout=TIMEOUT)
    return ok(dict(parse_qsl(urlsplit(r.json()["path"]).query)))
