"""A function with an internal extension that subscribes to its own environment's telemetry."""

import http.server
import json
import os
import threading
import time
import urllib.error
import urllib.request

API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"]
TOLD = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        TOLD.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def call(path, body=None, method=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(API + path, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def subscribe():
    wanted = {
        "schemaVersion": "2022-12-13",
        "types": ["platform", "function"],
        "buffering": {"timeoutMs": 25},
        "destination": {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{server.server_port}"},
    }
    return call("/2022-07-01/telemetry", wanted, "PUT", **me)[0]


def wait_for_events():
    while True:
        call("/2020-01-01/extension/event/next", **me)


server = http.server.ThreadingHTTPServer(("sandbox.localdomain", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
name = {"Lambda-Extension-Name": "internal"}
registered = call("/2020-01-01/extension/register", {"events": ["INVOKE"]}, **name)
me = {"Lambda-Extension-Identifier": registered[1]["Lambda-Extension-Identifier"]}
FIRST = subscribe()
threading.Thread(target=wait_for_events, daemon=True).start()


def handler(event, context):
    print("served", context.aws_request_id)
    deadline = time.monotonic() + 60
    while not any(one["type"] == event.get("until") for one in TOLD) and time.monotonic() < deadline:
        time.sleep(0.01)
    return {"first": FIRST, "late": subscribe(), "types": [one["type"] for one in TOLD], "pid": os.getpid()}
