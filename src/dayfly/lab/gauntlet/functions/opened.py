"""The shop that opened its rates at init, keeps them open, and reads them at every order."""

import os

import app

RATES = open(os.path.join(os.path.dirname(__file__), "rates.json"))  # noqa: SIM115


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    rate = os.pread(RATES.fileno(), 64, 0).decode().strip()
    return {**app.handler(event, context), "rate": rate}
