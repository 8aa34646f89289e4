"""Functions that fetch what others name: previews, webhooks, feeds, images, callbacks."""

import http.client
import json
import os
import re
import subprocess
import urllib.request
from pathlib import Path
from urllib.parse import quote, urlencode, urljoin, urlsplit

import httpx
import requests
import urllib3
from bs4 import BeautifulSoup

PARTNER = os.environ["PARTNER_URL"]
HOOKS = "/tmp/hooks.json"


def short(text):
    return re.sub(r"\s+", " ", text)[:400]


def preview(event, context):
    """A link's preview for a chat."""
    url = json.loads(event["body"])["url"]
    answer = requests.get(url, timeout=5, headers={"User-Agent": "previews/1.0"})
    title = BeautifulSoup(answer.text, "html.parser").title
    return {
        "statusCode": 200,
        "body": json.dumps({"title": title.string if title else None, "start": short(answer.text)}),
    }


def feed(event, context):
    """A feed's address out of the user's list, with the standard library."""
    with urllib.request.urlopen(event["arguments"]["address"], timeout=5) as response:
        return {"status": response.status, "text": short(response.read().decode("utf-8", "replace"))}


def hook_test(event, context):
    """Does the customer's webhook answer?"""
    body = json.loads(event["body"])
    answer = httpx.post(
        body["target"], json={"event": "test", "note": body.get("note", "")}, timeout=5, follow_redirects=True
    )
    return {
        "statusCode": 200,
        "body": json.dumps({"status": answer.status_code, "answer": short(answer.text)}),
    }


def avatar(event, context):
    """After the login with another provider the picture is copied."""
    picture = event["request"]["userAttributes"].get("picture")
    if picture:
        answer = urllib3.PoolManager().request("GET", picture, timeout=5, retries=urllib3.Retry(redirect=3))
        event["response"] = {"size": len(answer.data), "text": short(answer.data.decode("utf-8", "replace"))}
    return event


def gateway(event, context):
    """A small proxy in front of the partner: path and query as they came."""
    url = PARTNER + event["rawPath"]
    if event.get("rawQueryString"):
        url += "?" + event["rawQueryString"]
    answer = requests.request(
        event["requestContext"]["http"]["method"], url, data=event.get("body"), timeout=5
    )
    return {"statusCode": answer.status_code, "body": answer.text}


def gateway_bare(event, context):
    """The same, without the slash."""
    answer = requests.get(f"{PARTNER}{event['path']}", timeout=5)
    return {"statusCode": answer.status_code, "body": answer.text}


def shop_status(event, context):
    """Status of a shop on its own host."""
    connection = http.client.HTTPConnection(event["detail"]["host"], timeout=5)
    connection.request("GET", event["detail"].get("path", "/status"))
    text = connection.getresponse().read().decode()
    connection.close()
    return {"text": short(text)}


def screenshot(event, context):
    """curl loads the page for the renderer."""
    done = subprocess.run(["curl", "-sL", "--max-time", "5", event["url"]], capture_output=True, text=True)
    return {"size": len(done.stdout), "start": short(done.stdout)}


def allowed(event, context):
    """Only addresses of the partner, so it says."""
    url = event["queryStringParameters"]["url"]
    if not url.startswith(PARTNER):
        return {"statusCode": 400, "body": "address not allowed"}
    answer = requests.get(url, timeout=5)
    return {"statusCode": 200, "body": answer.text}


def denied(event, context):
    """No inner addresses, so it says."""
    url = event["queryStringParameters"]["url"]
    host = urlsplit(url).hostname or ""
    if host in ("localhost", "127.0.0.1", "169.254.169.254") or (
        host.startswith(("10.", "192.168.")) and host != urlsplit(PARTNER).hostname
    ):
        return {"statusCode": 400, "body": "address not allowed"}
    answer = requests.get(url, timeout=5)
    return {"statusCode": 200, "body": answer.text}


def images(event, context):
    """Images of a page that editors paste are loaded."""
    html = json.loads(event["body"])["html"]
    base = json.loads(event["body"]).get("base", PARTNER + "/")
    found = []
    for tag in BeautifulSoup(html, "html.parser").find_all("img", src=True):
        if tag["src"].startswith("data:"):
            continue
        found.append(short(requests.get(urljoin(base, tag["src"]), timeout=5).text))
    return {"statusCode": 200, "body": json.dumps(found)}


def confirm(event, context):
    """A topic's subscription is confirmed."""
    done = []
    for record in event["Records"]:
        message = json.loads(record["body"])
        if message.get("Type") == "SubscriptionConfirmation":
            done.append(short(requests.get(message["SubscribeURL"], timeout=5).text))
        else:
            done.append("message " + message.get("Subject", "-"))
    return done


def stack_answer(event, context):
    """A custom resource answers to the address that the stack gave."""
    data = json.dumps(
        {
            "Status": "SUCCESS",
            "PhysicalResourceId": "x",
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
            "Data": {"Name": event["ResourceProperties"].get("Name", "")},
        }
    )
    request = urllib.request.Request(
        event["ResponseURL"], data=data.encode(), method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        return {"sent": response.status, "answer": short(response.read().decode())}


def geocode(event, context):
    """Street and town for a map's API, one encoded and one not."""
    query = event["queryStringParameters"]
    url = f"{PARTNER}/geocode?key=k-1&street={quote(query['street'])}&country={query.get('country', 'de')}"
    return {"statusCode": 200, "body": json.dumps(requests.get(url, timeout=5).json()["path"])}


def lookup(event, context):
    """All parameters through urlencode."""
    answer = requests.get(PARTNER + "/lookup?" + urlencode(event["arguments"]), timeout=5).json()
    return {"path": answer["path"]}


def save_hook(event, context):
    """A customer's webhook is stored."""
    body = json.loads(event["body"])
    known = json.loads(Path(HOOKS).read_text()) if os.path.exists(HOOKS) else {}
    known[body["customer"]] = body["url"]
    with open(HOOKS, "w") as file:
        json.dump(known, file)
    return {"statusCode": 201, "body": "{}"}


def deliver(event, context):
    """The deliveries of a queue."""
    known = json.loads(Path(HOOKS).read_text()) if os.path.exists(HOOKS) else {}
    done = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        if job["customer"] not in known:
            done.append("no hook")
            continue
        answer = requests.post(known[job["customer"]], json=job, timeout=5)
        done.append(short(answer.text))
    return done


def tool(event, context):
    """A language model's agent wants a page."""
    values = {one["name"]: one["value"] for one in event["parameters"]}
    try:
        text = requests.get(
            values["url"], params={"q": values["q"]} if "q" in values else None, timeout=5
        ).text
    except requests.RequestException as error:
        text = f"error: {type(error).__name__}"
    return {"response": {"functionResponse": {"responseBody": {"TEXT": {"body": short(text)}}}}}
