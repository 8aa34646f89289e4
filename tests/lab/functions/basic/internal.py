"""Registers an extension inside the runtime's own process, which buys a SIGTERM at shutdown."""

import json
import os
import signal
import threading
import urllib.request

base = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2020-01-01/extension"
registration = urllib.request.Request(
    base + "/register", data=json.dumps({"events": []}).encode(), headers={"Lambda-Extension-Name": "inner"}
)
identifier = urllib.request.urlopen(registration).headers["Lambda-Extension-Identifier"]


def poll():
    headers = {"Lambda-Extension-Identifier": identifier}
    urllib.request.urlopen(urllib.request.Request(base + "/event/next", headers=headers))


threading.Thread(target=poll, daemon=True).start()


def leave(number, frame):
    os.write(1, b"told to leave\n")
    os._exit(0)


signal.signal(signal.SIGTERM, leave)


def handler(event, context):
    return "served"
