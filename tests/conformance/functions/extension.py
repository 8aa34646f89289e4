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


def _connect():
    return http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


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
    with CHANGED:
        CHANGED.wait_for(lambda: context.aws_request_id in EVENTS, 60)
    if event.get("slow"):
        time.sleep(0.05)
    return {
        "seen": context.aws_request_id in EVENTS,
        "events": len(EVENTS),
        "alive": THREAD.is_alive(),
        "statuses": STATUSES,
    }
