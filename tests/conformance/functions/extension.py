"""Register an internal extension at import and wait for its events in a thread, as libraries do."""

import http.client
import json
import os
import threading
import time

NAME = "watcher"
REGISTERED = threading.Event()
CHANGED = threading.Condition()
EVENTS = []
STATUSES = []
SUBSCRIBED = []


def _connect():
    return http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def ask(method, path, body, headers):
    connection = _connect()
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    reply.read()
    return reply.status


def subscribe(identifier):
    wanted = {
        "schemaVersion": "2022-12-13",
        "types": ["function"],
        "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:1"},
    }
    return ask(
        "PUT", "/2022-07-01/telemetry", json.dumps(wanted), {"Lambda-Extension-Identifier": identifier}
    )


def _watch():
    connection = _connect()
    connection.request(
        "POST",
        "/2020-01-01/extension/register",
        body=json.dumps({"events": ["INVOKE"]}),
        headers={"Lambda-Extension-Name": NAME},
    )
    reply = connection.getresponse()
    reply.read()
    STATUSES.append(reply.status)
    identifier = reply.headers["Lambda-Extension-Identifier"]
    SUBSCRIBED.append(subscribe(identifier))
    REGISTERED.set()
    while True:
        connection.request(
            "GET", "/2020-01-01/extension/event/next", headers={"Lambda-Extension-Identifier": identifier}
        )
        event = json.loads(connection.getresponse().read())
        with CHANGED:
            EVENTS.append(event["requestId"])
            CHANGED.notify_all()


THREAD = threading.Thread(target=_watch, daemon=True)
THREAD.start()
assert REGISTERED.wait(60)


def handler(event, context):
    if event.get("steal"):
        connection = _connect()
        connection.request("GET", "/2018-06-01/runtime/invocation/next")
        return {"status": connection.getresponse().status}
    if event.get("ask"):
        return [ask(*request) for request in event["ask"]]
    with CHANGED:
        CHANGED.wait_for(lambda: context.aws_request_id in EVENTS, 60)
    if event.get("slow"):
        time.sleep(0.05)
    return {
        "seen": context.aws_request_id in EVENTS,
        "events": len(EVENTS),
        "alive": THREAD.is_alive(),
        "statuses": STATUSES,
        "subscribed": SUBSCRIBED,
    }
