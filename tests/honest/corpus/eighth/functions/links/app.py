"""Short links, previews, feeds, webhooks out and imports from elsewhere."""

import base64
import hashlib
import http.client
import json
import os
import re
import subprocess
import urllib.parse
from pathlib import Path
from xml.etree import ElementTree

import bs4
import fetching
import httpx
import urllib3
from lxml import etree

PARTNER = os.environ["PARTNER_URL"]
SHORT, HOOKS = {}, {}
pool = urllib3.PoolManager(timeout=5, retries=False)
SECRET_FILE = "/tmp/links-secret.txt"
with open(SECRET_FILE, "w") as file:
    file.write("link-secret-5583")


def _json(body, status=200):
    return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False)}


def shorten(event, context):
    """A short code of a long address; nothing is fetched."""
    url = json.loads(event["body"])["url"]
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return _json({"error": "not an address"}, 400)
    code = hashlib.sha256(url.encode()).hexdigest()[:7]
    SHORT[code] = url
    return _json({"code": code, "host": parts.hostname}, 201)


def follow(event, context):
    """Where a short link goes, with the campaign's parameters added."""
    code = event["pathParameters"]["code"]
    target = SHORT.get(code, "https://example.org/")
    query = urllib.parse.urlencode(event.get("queryStringParameters") or {})
    if query:
        target += ("&" if "?" in target else "?") + query
    return {"statusCode": 301, "headers": {"Location": target}}


def check_links(event, context):
    """Every hour: whether the latest short links are alive."""
    answers = []
    for target in list(SHORT.values())[::-1][: event["latest"]]:
        answer = fetching.get(target)
        answers.append({"alive": answer.ok, "status": answer.status_code, "sample": answer.text[:200]})
    return answers


def preview(event, context):
    """A page's preview for a chat: title and the start of its text."""
    url = event["queryStringParameters"]["url"]
    answer = fetching.get(url, allow_redirects=True)
    page = bs4.BeautifulSoup(answer.text, "html.parser")
    return _json(
        {"title": page.title.string if page.title else None, "text": page.get_text()[:500], "url": answer.url}
    )


def preview_checked(event, context):
    """The same with the list of what is not allowed."""
    url = event["queryStringParameters"]["url"]
    if fetching.blocked(url):
        return _json({"error": "not allowed"}, 403)
    answer = fetching.get(url)
    return _json({"status": answer.status_code, "text": answer.text[:400]})


def avatar(event, context):
    """A user's picture from where the profile says, checked by its first address."""
    source = event["arguments"]["picture"]
    if not fetching.is_public(fetching.host_of(source)):
        return {"error": "private address"}
    answer = httpx.get(source, timeout=5, follow_redirects=True)
    return {"type": answer.headers["content-type"], "bytes": base64.b64encode(answer.content[:300]).decode()}


def oembed(event, context):
    """oEmbed: our partner's endpoint with the page's address as a parameter."""
    query = event["queryStringParameters"]
    answer = fetching.get(
        f"{PARTNER}/oembed", params={"url": query["url"], "maxwidth": query.get("maxwidth", "600")}
    )
    return _json({"path": answer.json()["path"]})


def partner_order(event, context):
    """An order's state at the partner: the number goes into the path."""
    number = event["pathParameters"]["number"]
    answer = pool.request("GET", f"{PARTNER}/public/orders/{number}/state")
    return _json({"status": answer.status, "answer": json.loads(answer.data)}, 200)


def partner_product(event, context):
    """The same, quoted."""
    number = urllib.parse.quote(event["pathParameters"]["number"], safe="")
    answer = pool.request("GET", f"{PARTNER}/public/products/{number}")
    return _json({"path": json.loads(answer.data)["path"]})


def region_api(event, context):
    """A state machine's task: the region is a part of the host's name in production; here it is a prefix of the path."""
    host = os.environ["PARTNER_HOST"]
    url = (
        f"http://{event['user']}@{host}/{event['region']}/status"
        if event.get("user")
        else f"http://{host}/{event['region']}/status"
    )
    connection = (
        fetching.read(url)
        if event.get("user") is None
        else json.dumps({"path": urllib.parse.urlsplit(url).path, "body": fetching.get(url).text})
    )
    return json.loads(connection)


def subscribe(event, context):
    """Customers say where to call them."""
    body = json.loads(event["body"])
    HOOKS[body["topic"]] = body["callback"]
    return _json({"topic": body["topic"], "ok": True}, 201)


def deliver(event, context):
    """A batch of events, each posted to who subscribed."""
    sent = []
    for record in event["Records"]:
        message = json.loads(record["Sns"]["Message"])
        callback = HOOKS.get(message["topic"])
        if callback:
            answer = fetching.session.post(callback, json=message, timeout=5)
            sent.append({"status": answer.status_code, "answer": answer.text[:300]})
    return sent


def feed(event, context):
    """An RSS feed that was sent in the body, or fetched by urllib."""
    body = event.get("body") or fetching.read(json.loads(event["detail"])["url"])
    root = ElementTree.fromstring(body)
    return _json([item.findtext("title") for item in root.iter("item")])


def import_feed(event, context):
    """An importer that takes an address with whatever scheme."""
    text = fetching.read(event["url"])
    return {"length": len(text), "start": text[:200]}


def invoice_xml(event, context):
    """An invoice in XML, read by lxml as the first tutorial showed."""
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
    root = etree.fromstring(event["body"].encode(), parser)
    return _json(
        {"number": root.findtext("number"), "total": root.findtext("total"), "note": root.findtext("note")}
    )


def catalog_xpath(event, context):
    """Finds a product by its name in the catalogue's XML."""
    catalog = etree.fromstring(
        "<shop><product hidden='no'><name>Earl Grey</name><price>4.50</price></product>"
        "<product hidden='no'><name>Assam (2nd flush)</name><price>6</price></product>"
        "<product hidden='yes'><name>Prototype</name><price>xpath-secret-1187</price></product></shop>"
    )
    name = event["queryStringParameters"]["name"]
    found = catalog.xpath(f"//product[@hidden='no' and name=\"{name}\"]/price/text()")
    return _json([str(one) for one in found])


def head_check(event, context):
    """Whether an address answers, by curl, as the http library of the layer was too old."""
    url = event["queryStringParameters"]["url"]
    out = subprocess.run(
        f"curl -s -o /dev/null -w '%{{http_code}}' --max-time 5 '{url}'",
        shell=True,
        capture_output=True,
        text=True,
        timeout=10,
    )
    return _json({"code": out.stdout.strip()})


def mirror(event, context):
    """Downloads with curl's arguments as a list; names of files come from the address."""
    done = []
    for record in event["Records"]:
        url = json.loads(record["body"])["url"]
        name = re.sub(r"\W+", "_", url.rsplit("/", 1)[-1])[:40] or "index"
        out = subprocess.run(
            ["curl", "-s", "--max-time", "5", "--output", f"/tmp/mirror-{name}", *url.split()],
            capture_output=True,
            text=True,
            timeout=10,
        )
        path = f"/tmp/mirror-{name}"
        done.append(
            {"code": out.returncode, "text": Path(path).read_text()[:300] if os.path.exists(path) else None}
        )
        if os.path.exists(path):
            os.unlink(path)
    return done


def proxy(event, context):
    """The old backend, path by path, as http.client sends it."""
    connection = http.client.HTTPConnection(os.environ["PARTNER_HOST"], timeout=5)
    path = (
        "/backend"
        + urllib.parse.quote(event["rawPath"], safe="/%")
        + ("?" + event["rawQueryString"] if event["rawQueryString"] else "")
    )
    connection.request(
        event["requestContext"]["http"]["method"], path, body=(event.get("body") or "").encode()
    )
    answer = connection.getresponse()
    data = json.loads(answer.read())
    connection.close()
    return _json({"status": answer.status, "path": data["path"], "body": data["body"]})
