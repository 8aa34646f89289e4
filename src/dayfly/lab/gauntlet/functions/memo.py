"""The shop that remembers the rate of each region, and takes it from whoever sends one."""

import app

RATES = {}


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    region = event.get("region", "here")
    if "rate" in event:
        RATES[region] = event["rate"]
        return "noted"
    return {**app.handler(event, context), "rate": RATES.get(region, 42)}
