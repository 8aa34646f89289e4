"""Modules loaded at the first event that needs them, a plugin of the package by name, an asynchronous handler's loop."""

import asyncio
import importlib


async def work(event):
    await asyncio.sleep(0)
    import colorsys

    return colorsys.rgb_to_hsv(*event["rgb"])


def handler(event, context):
    import statistics

    plugin = importlib.import_module(f"plugins.{event['plugin']}")
    import uuid
    import zoneinfo

    return {
        "mean": statistics.mean(event["rgb"]),
        "hsv": asyncio.run(work(event)),
        "plugin": plugin.price(event["amount"]),
        "id": len(str(uuid.uuid4())),
        "zone": str(zoneinfo.ZoneInfo("Europe/Berlin")) if event.get("zone") else "",
    }
