"""Addresses, redirects and header fields made of the event."""

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


def by_urllib(event, context):
    with urllib.request.urlopen(event["url"]) as response:
        return response.read().decode()


def by_requests(event, context):
    return requests.get(event["queryStringParameters"]["url"], timeout=5).text


def by_httpx(event, context):
    return httpx.get(event["image"]).text


def by_httpx_async(event, context):
    async def act():
        async with httpx.AsyncClient() as client:
            return (await client.get(event["url"])).text

    return asyncio.run(act())


def by_urllib3(event, context):
    with urllib3.PoolManager() as pool:
        return pool.request("GET", event["url"]).data.decode()


def by_host(event, context):
    return requests.get(f"http://{event['host']}/internal/status", timeout=5).text


def by_connection(event, context):
    connection = http.client.HTTPConnection(event["host"], timeout=5)
    connection.request("GET", "/internal/x")
    return connection.getresponse().read().decode()


def prefix_check(event, context):
    if not event["url"].startswith(BASE.rpartition(":")[0]):
        return "refused by the function"
    return requests.get(event["url"], timeout=5).text


def userinfo(event, context):
    return requests.get(f"http://{event['tenant']}@{HOST}/x", timeout=5).text


def path_up(event, context):
    with urllib.request.urlopen(f"{BASE}/public/{event['page']}") as response:
        return response.read().decode()


def path_up_requests(event, context):
    return requests.get(f"{BASE}/public/{event['page']}", timeout=5).text


def query_added(event, context):
    return requests.get(f"{BASE}/search?user=me&q={event['q']}", timeout=5).text


def redirect_followed(event, context):
    return requests.get(f"{BASE}/redirect?to=" + urllib.parse.quote(event["to"]), timeout=5).text


def redirect_urllib(event, context):
    with urllib.request.urlopen(f"{BASE}/redirect?to=" + urllib.parse.quote(event["to"])) as response:
        return response.read().decode()


def redirect_httpx(event, context):
    return httpx.get(f"{BASE}/redirect", params={"to": event["to"]}, follow_redirects=True).text


def file_scheme(event, context):
    with urllib.request.urlopen(event["url"]) as response:
        return response.read().decode(errors="replace")


def raw_header(event, context):
    """Written by hand, as small clients do it."""
    import socket

    host, _, port = HOST.partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as peer:
        request = (
            f"GET /x HTTP/1.1\r\nHost: {host}\r\nX-Tenant: {event['tenant']}\r\nConnection: close\r\n\r\n"
        )
        peer.sendall(request.encode())
        with peer.makefile() as answer:
            return answer.read()


def queue(event, context):
    return [
        requests.post(json.loads(record["body"])["callback"], timeout=5).text for record in event["Records"]
    ]
