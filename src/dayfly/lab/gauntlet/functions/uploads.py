"""The shop that takes a file from a customer by the name it is sent, and reads its settings from /tmp."""

import json
import os

import app

UPLOADS = "/tmp/uploads"
SETTINGS = "/tmp/settings.json"


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    if "upload" in event:
        os.makedirs(UPLOADS, exist_ok=True)
        with open(os.path.join(UPLOADS, event["name"]), "w") as file:
            file.write(event["upload"])
        return "stored"
    settings = {"discount": 0}
    if os.path.exists(SETTINGS):
        with open(SETTINGS) as file:
            settings = json.load(file)
    return {**app.handler(event, context), "rebate": settings["discount"]}
