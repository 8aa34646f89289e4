"""Sells: a price from one package, a label from another, a receipt in a temporary file."""

import os
import subprocess
from pathlib import Path

import carrier
import prices

RATE = float(os.environ["RATE"])


def handler(event, context):
    if event["do"] == "version":
        return subprocess.run(["git", "--version"], capture_output=True, check=True).stdout.decode()
    if event["do"] == "receipt":
        path = Path("/tmp", f"{event['order']}.txt")
        path.write_text(event["order"])
        return path.read_text()
    if event["do"] == "ship":
        return carrier.ship(os.environ["SERVICE"], event["order"])
    return prices.price(event["count"], RATE)


def refund(order):
    return subprocess.run(["/bin/refund", order], check=True)
