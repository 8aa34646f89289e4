"""Requests that the event forges."""

import http.client
import json
import os
import socket
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import httpx
import requests
import urllib3

BASE, HOST = os.environ["PARTNER_URL"], os.environ["PARTNER_HOST"]
session = requests.Session()


def preview(event, context):
    return session.request("GET", json.loads(event["body"])["link"], timeout=5).text


def posted(event, context):
    return httpx.post(event["callback"], json={"done": True}).text


def opener(event, context):
    request = urllib.request.Request(event["feed"], headers={"Accept": "application/rss+xml"})
    return urllib.request.build_opener().open(request, timeout=5).read().decode()


def in_threads(event, context):
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda one: requests.get(one, timeout=5).text, event["images"]))


def streamed(event, context):
    with httpx.stream("GET", event["url"]) as answer:
        return "".join(answer.iter_text())


def tenant_domain(event, context):
    return requests.get(f"http://{event['tenant']}.{HOST}/internal/x", timeout=5).text


def suffix_check(event, context):
    if not event["url"].endswith(".json"):
        return "no feed"
    return requests.get(event["url"], timeout=5).text


def contains_check(event, context):
    if HOST not in event["url"]:
        return "not allowed"
    return requests.get(event["url"], timeout=5).text


def redirected_session(event, context):
    return session.get(f"{BASE}/redirect?" + urllib.parse.urlencode({"to": event["next"]}), timeout=5).text


def redirected_urllib3(event, context):
    return (
        urllib3.PoolManager()
        .request("GET", f"{BASE}/redirect?" + urllib.parse.urlencode({"to": event["next"]}))
        .data.decode()
    )


def path_up(event, context):
    return httpx.get(f"{BASE}/users/{event['user']}/profile").text


def path_of_connection(event, context):
    connection = http.client.HTTPConnection(HOST, timeout=5)
    connection.request("GET", f"/users/{event['user']}")
    return connection.getresponse().read().decode()


def query_built(event, context):
    return urllib3.PoolManager().request("GET", f"{BASE}/pay?amount=10&to={event['to']}").data.decode()


def raw_socket(event, context):
    with socket.create_connection((event["host"], int(event["port"])), timeout=5) as peer:
        peer.sendall(b"GET /internal/raw HTTP/1.0\r\n\r\n")
        return peer.makefile().read()


def local_file(event, context):
    return urllib.request.urlopen(event["avatar"]).read(2000).decode(errors="replace")


def header_split(event, context):
    connection = http.client.HTTPConnection(HOST, timeout=5)
    connection.putrequest("GET", "/x")
    connection._buffer.append(f"X-Lang: {event['lang']}".encode())
    connection.endheaders()
    return connection.getresponse().read().decode()
