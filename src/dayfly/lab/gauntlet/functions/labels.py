"""The shop that calls a program by its name alone for every order."""

import subprocess

import app


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    done = subprocess.run(["uname"], capture_output=True, text=True, timeout=5)
    return {**app.handler(event, context), "label": done.stdout.strip()}
