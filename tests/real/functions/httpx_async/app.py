"""An asynchronous httpx client with the loop that serves it, both made at import and used there."""

import asyncio
import os

import httpx

SERVICE = os.environ["SERVICE_URL"]
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
client = httpx.AsyncClient(base_url=SERVICE, timeout=60)


async def fetch(path):
    response = await client.get(path)
    response.raise_for_status()
    return response.json()


SETTINGS = loop.run_until_complete(fetch(f"/settings/{os.environ['RUN']}-init"))


async def serve(event):
    label = event["label"]
    kind = "missing" if event["fail"] else "orders"
    answers = await asyncio.gather(
        fetch(f"/{kind}/{label}"), fetch(f"/prices/{label}"), return_exceptions=True
    )
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def handler(event, context):
    order, price = loop.run_until_complete(serve(event))
    return {"settings": SETTINGS["method"], "order": order, "price": price}
