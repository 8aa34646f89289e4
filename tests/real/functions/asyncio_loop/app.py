"""A loop made at import, used there and in every invocation, with its default pool of threads."""

import asyncio

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)


def look_up(number):
    return number + 1


async def prepare():
    return await asyncio.gather(*(loop.run_in_executor(None, look_up, number) for number in range(4)))


TABLE = loop.run_until_complete(prepare())


async def serve(event):
    prices = asyncio.Queue()

    async def produce():
        for number in TABLE:
            await asyncio.sleep(0)
            await prices.put(number * event["n"])

    producing = asyncio.create_task(produce())
    total = sum([await asyncio.wait_for(prices.get(), 2) for _ in TABLE])
    await producing
    address = await asyncio.wait_for(loop.getaddrinfo("127.0.0.1", 80), 2)
    if event["fail"]:
        raise ValueError("the order is too small")
    return {
        "total": total,
        "address": address[0][4][0],
        "looked": await loop.run_in_executor(None, look_up, 4),
    }


def handler(event, context):
    return loop.run_until_complete(serve(event))
