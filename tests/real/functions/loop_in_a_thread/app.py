"""A loop that runs in a thread of its own since import, with an aiohttp session on it, for a handler that is not asynchronous."""

import asyncio
import os
import ssl
import threading

import aiohttp

SERVICE = os.environ["SERVICE_URL"]
loop = asyncio.new_event_loop()


def run_loop():
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


threading.Thread(target=run_loop, name="io", daemon=True).start()


def call(work):
    return asyncio.run_coroutine_threadsafe(work, loop).result(60)


async def connect():
    connector = aiohttp.TCPConnector(
        ssl=ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"]), limit=4
    )
    return aiohttp.ClientSession(
        connector=connector, timeout=aiohttp.ClientTimeout(total=5), raise_for_status=True
    )


async def fetch(path):
    async with session.get(f"{SERVICE}{path}") as response:
        return await response.json()


session = call(connect())
SETTINGS = call(fetch(f"/settings/{os.environ['RUN']}-init"))


class OrderError(Exception):
    """The service did not take an order."""


def handler(event, context):
    label = event["label"]
    try:
        order = call(fetch(f"/{'missing' if event['fail'] else 'orders'}/{label}"))
    except aiohttp.ClientResponseError as error:
        raise OrderError(f"{error.status}: {error.message}") from error
    return {"settings": SETTINGS["method"], "order": order, "price": call(fetch(f"/prices/{label}"))}
