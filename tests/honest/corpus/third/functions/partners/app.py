"""Calls to other services: search engines, GraphQL, tokens, proxies, geocoders, callbacks, push messages."""

import base64
import http.client
import json
import os
import re
from urllib.parse import quote, quote_plus, urlencode, urljoin, urlsplit, urlunsplit
from urllib.request import Request, urlopen

import httpx
import requests
import urllib3
from requests.adapters import HTTPAdapter, Retry

PARTNER = os.environ["PARTNER_URL"]
HOST = os.environ["PARTNER_HOST"]
session = requests.Session()
session.mount("http://", HTTPAdapter(max_retries=Retry(total=1)))
pool = urllib3.PoolManager()


def echoed(answer):
    return {"path": answer["path"], "body": answer["body"], "custom": answer.get("custom", {})}


def opensearch(event, context):
    """A query document with filters, sort and page of the request."""
    query = event["queryStringParameters"]
    must = [{"multi_match": {"query": query["q"], "fields": ["title^4", "body"], "fuzziness": "AUTO"}}]
    filters = [{"term": {name: query[name]}} for name in ("brand", "colour") if name in query]
    low, _, high = query.get("price", "").partition("-")
    if low:
        filters.append({"range": {"price": {"gte": float(low), **({"lte": float(high)} if high else {})}}})
    document = {
        "from": int(query.get("page", 0)) * 10,
        "size": 10,
        "query": {"bool": {"must": must, "filter": filters}},
        "sort": [{query.get("sort", "_score"): "desc"}],
    }
    return echoed(session.get(f"{PARTNER}/products/_search", json=document, timeout=5).json())


def query_string_search(event, context):
    """Lucene's syntax with its special characters escaped."""
    text = re.sub(r'([+\-=&|><!(){}\[\]^"~*?:\\/])', r"\\\1", event["queryStringParameters"]["q"])
    return echoed(
        session.get(f"{PARTNER}/logs/_search", params={"q": f"message:{text}", "size": 5}, timeout=5).json()
    )


def bulk_index(event, context):
    lines = []
    for record in event["Records"]:
        document = json.loads(record["body"])
        lines += [json.dumps({"index": {"_index": "notes", "_id": document["id"]}}), json.dumps(document)]
    return echoed(
        session.post(
            PARTNER + "/_bulk",
            data="\n".join(lines) + "\n",
            headers={"Content-Type": "application/x-ndjson"},
            timeout=5,
        ).json()
    )


def graphql(event, context):
    body = json.loads(event["body"])
    query = "query Find($text: String!, $first: Int) { products(text: $text, first: $first) { id name } }"
    return echoed(
        session.post(
            PARTNER + "/graphql",
            json={"query": query, "variables": {"text": body["text"], "first": body.get("first", 10)}},
            timeout=5,
        ).json()
    )


def oauth_callback(event, context):
    """Exchanges a code for a token and sends the browser back to a page of ours."""
    query = event["queryStringParameters"]
    basic = base64.b64encode(b"client:secret").decode()
    sent = session.post(
        PARTNER + "/oauth2/token",
        data={
            "grant_type": "authorization_code",
            "code": query["code"],
            "redirect_uri": "https://app.example.org/cb",
        },
        headers={"Authorization": f"Basic {basic}"},
        timeout=5,
    ).json()
    target = query.get("state", "/")
    if not target.startswith("/") or target.startswith("//"):
        target = "/"
    return {
        "statusCode": 302,
        "headers": {"Location": "https://app.example.org" + target},
        "body": sent["body"],
    }


def login_redirect(event, context):
    query = {
        "response_type": "code",
        "client_id": "abc",
        "scope": "openid email",
        "state": event["rawPath"] + "?" + event["rawQueryString"],
    }
    return {
        "statusCode": 302,
        "headers": {"Location": "https://login.example.org/authorize?" + urlencode(query)},
    }


def forward(event, context):
    """A proxy of one backend: path and query as they came, with chosen headers."""
    path = quote(event["pathParameters"]["proxy"], safe="/")
    url = f"{PARTNER}/backend/{path}"
    query = event.get("queryStringParameters") or {}
    headers = {
        name: value
        for name, value in event["headers"].items()
        if name.lower() in {"accept", "x-request-id", "x-tenant"}
    }
    answer = session.request(
        event["httpMethod"], url, params=query, data=event["body"], headers=headers, timeout=5
    )
    return echoed(answer.json())


def geocode(event, context):
    address = event["queryStringParameters"]["address"]
    with urlopen(f"{PARTNER}/maps/api/geocode/json?address={quote_plus(address)}&key=k", timeout=5) as answer:
        return json.load(answer)["path"]


def user_profile(event, context):
    """A name in the path of a partner's address."""
    name = event["pathParameters"]["name"]
    answer = httpx.get(
        f"{PARTNER}/users/{quote(name, safe='')}/repos",
        params={"per_page": 5, "sort": event.get("sort", "updated")},
    )
    return answer.json()["path"]


def weather(event, context):
    """No quoting: the city is part of an f-string."""
    city = event["city"]
    return session.get(f"{PARTNER}/data/2.5/weather?q={city}&units=metric", timeout=5).json()["path"]


def currency(event, context):
    base, target = event["pair"].upper().split("/")
    answer = pool.request("GET", f"{PARTNER}/latest/{base}", fields={"symbols": target})
    return json.loads(answer.data)["path"]


def raw_connection(event, context):
    connection = http.client.HTTPConnection(HOST, timeout=5)
    body = json.dumps({"to": event["to"], "notification": {"title": event["title"], "body": event["text"]}})
    connection.request("POST", "/fcm/send", body, {"Content-Type": "application/json", "X-Key": "k"})
    answer = json.load(connection.getresponse())
    connection.close()
    return answer["body"]


def allowed_fetch(event, context):
    """A preview of a page whose host is on a list."""
    url = event["queryStringParameters"]["url"]
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.netloc not in {HOST, "cdn.example.org"}:
        return {"statusCode": 403, "body": "host not allowed"}
    answer = session.get(url, timeout=5, allow_redirects=False)
    return {"statusCode": answer.status_code, "body": answer.json()["path"]}


def rebuilt_fetch(event, context):
    """The path and query of an address, on the partner's host."""
    parts = urlsplit(event["url"])
    return session.get(urlunsplit(("http", HOST, parts.path, parts.query, "")), timeout=5).json()["path"]


def joined(event, context):
    """A relative link of a page, joined to the page's address."""
    links = re.findall(r'href="([^"]+)"', event["html"])
    found = []
    for link in links:
        url = urljoin(PARTNER + "/docs/index.html", link)
        if url.startswith(PARTNER + "/"):
            found.append(session.get(url, timeout=5).json()["path"])
    return found


def subscribe(event, context):
    """A signed callback to the address that a customer registered in the function's table."""
    registered = {"acme": PARTNER + "/hooks/acme", "smith": PARTNER + "/hooks/smith?x=1"}
    body = json.dumps(event["payload"], sort_keys=True)
    request = Request(
        registered[event["customer"]], data=body.encode(), headers={"X-Event": event["kind"]}, method="POST"
    )
    with urlopen(request, timeout=5) as answer:
        return echoed(json.load(answer))


def chat_model(event, context):
    """A language model's API: the user's text and the history go into messages."""
    messages = [
        {"role": "system", "content": "You help. Never reveal {secrets}."},
        *event["history"],
        {"role": "user", "content": event["text"]},
    ]
    answer = httpx.post(
        PARTNER + "/v1/chat/completions", json={"model": "m", "messages": messages, "temperature": 0.2}
    )
    return json.loads(answer.json()["body"])["messages"][-1]


def soap(event, context):
    from xml.sax.saxutils import escape

    body = event["order"]
    envelope = (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><PlaceOrder>'
        + "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in body.items())
        + "</PlaceOrder></soap:Body></soap:Envelope>"
    )
    return session.post(
        PARTNER + "/soap",
        data=envelope.encode(),
        headers={"Content-Type": "text/xml", "SOAPAction": "PlaceOrder"},
        timeout=5,
    ).json()["body"]


def upload_multipart(event, context):
    content = base64.b64decode(event["body"])
    boundary = "b0undary" + "1" * 8
    body, kind = urllib3.encode_multipart_formdata(
        {"file": (event["headers"]["x-name"], content), "note": event["headers"].get("x-note", "")},
        boundary=boundary,
    )
    return session.post(PARTNER + "/files", data=body, headers={"Content-Type": kind}, timeout=5).json()[
        "body"
    ]


def pages_of_api(event, context):
    """Follows the pages of a partner, with a cursor of the request."""
    cursor, found = event.get("cursor", ""), []
    for number in range(2):
        answer = session.get(PARTNER + "/items", params={"cursor": cursor, "page": number}, timeout=5).json()
        found.append(answer["path"])
    return found


def cookies_and_headers(event, context):
    headers = {"X-Tenant": event["tenant"], "X-User": quote(event["user"]), "X-Request-Id": event["id"]}
    return session.get(PARTNER + "/me", headers=headers, cookies={"sid": "s-1"}, timeout=5).json()["custom"]
