"""An aiohttp session with the loop that serves it, both made at import and used there."""

import asyncio
import os
import ssl

import aiohttp

SERVICE = os.environ["SERVICE_URL"]
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)


async def connect():
    connector = aiohttp.TCPConnector(
        ssl=ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"]), limit=4
    )
    return aiohttp.ClientSession(
        connector=connector, timeout=aiohttp.ClientTimeout(total=5), raise_for_status=True
    )


session = loop.run_until_complete(connect())


async def fetch(path):
    async with session.get(f"{SERVICE}{path}") as response:
        return await response.json()


SETTINGS = loop.run_until_complete(fetch(f"/settings/{os.environ['RUN']}-init"))


async def serve(event):
    label = event["label"]
    async with session.post(f"{SERVICE}/orders", json={"id": label, "amount": event["n"]}) as response:
        posted = await response.json()
    return posted, await fetch(f"/{'missing' if event['fail'] else 'orders'}/{label}")


class OrderError(Exception):
    """The service did not take an order."""


def handler(event, context):
    try:
        posted, order = loop.run_until_complete(serve(event))
    except aiohttp.ClientResponseError as error:
        raise OrderError(f"{error.status}: {error.message}") from error
    return {"settings": SETTINGS["method"], "posted": posted, "order": order}
