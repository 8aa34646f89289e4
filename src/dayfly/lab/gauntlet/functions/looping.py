"""The shop that works with asyncio, on a loop that init made."""

import asyncio

import app

LOOP = asyncio.new_event_loop()


async def work():
    try:
        return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(None, len, "work"), 0.3)
    except TimeoutError:
        return "late"


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    worked = LOOP.run_until_complete(work())
    return {**app.handler(event, context), "worked": worked}
