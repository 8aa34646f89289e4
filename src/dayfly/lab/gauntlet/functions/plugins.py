"""The shop that runs every plugin it finds in a folder of /tmp, where it unpacks them."""

import glob
import os

import app

FOLDER = "/tmp/plugins"


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    os.makedirs(FOLDER, exist_ok=True)
    names = {"card": event["card"]}
    for path in sorted(glob.glob(FOLDER + "/*.py")):
        with open(path) as file:
            exec(compile(file.read(), path, "exec"), names)
    return app.handler(event, context)
