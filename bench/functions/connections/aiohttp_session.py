"""An aiohttp session used at init, and the loop that serves it."""

import asyncio
import os
import ssl

import aiohttp

LOOP = asyncio.new_event_loop()


async def connect():
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context), raise_for_status=True)


SESSION = LOOP.run_until_complete(connect())


async def exchange():
    async with SESSION.post(os.environ["PEER"], json={"id": "0001"}) as response:
        await response.read()


def post():
    LOOP.run_until_complete(exchange())


post()


def handler(event, context):
    post()
    return {}
