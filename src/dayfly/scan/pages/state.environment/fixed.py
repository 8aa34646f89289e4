"""Converts an amount by a program that reads the customer's account from its environment."""

import json
import os
import subprocess
import sys

PROGRAM = "import os; print(os.environ.get('ACCOUNT', 'no account'))"


def handler(event, context):
    given = {"ACCOUNT": event["account"]} if "account" in event else {}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=True,
    )
    return {"statusCode": 200, "body": json.dumps({"account": done.stdout.strip()})}
