"""A loop for every invocation."""

import asyncio


async def price(number):
    await asyncio.sleep(0.001)
    if number < 0:
        raise ValueError("no price below zero")
    return number * 2


async def serve(event):
    return await asyncio.gather(
        price(-1 if event["fail"] else event["n"]), price(2), asyncio.to_thread(len, "abc")
    )


WARM = asyncio.run(price(1))


def handler(event, context):
    return {"prices": asyncio.run(serve(event)), "warm": WARM}
