"""The shop that makes each report with a Python of its own, as functions do that call a tool."""

import os
import subprocess
import sys

import app

# Not the virtual environment's, which has no user site.
PYTHON = getattr(sys, "_base_executable", sys.executable)
os.environ["HOME"] = "/tmp"


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    done = subprocess.run([PYTHON, "-c", "print('report')"], capture_output=True, text=True, timeout=5)
    return {**app.handler(event, context), "report": done.stdout.strip()}
