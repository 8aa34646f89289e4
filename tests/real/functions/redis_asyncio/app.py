"""An asynchronous redis client with the loop that serves it, both made at import and used there."""

import asyncio
import os

import redis.asyncio

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
client = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True, socket_timeout=5)


async def note(text):
    # One connection for both commands: the client's number is that of the connection.
    async with client.client() as one:
        await one.rpush("seen", f"{text} {await one.client_id()}")


loop.run_until_complete(note(f"{os.environ['RUN']}-init"))


async def serve(event):
    label = event["label"]
    await note(label)
    async with client.pipeline() as pipeline:
        pipeline.set(f"order:{label}", event["n"], ex=60)
        pipeline.get(f"order:{label}")
        if event["fail"]:
            pipeline.lpop(f"order:{label}")
        _, amount = await pipeline.execute()
    return {"amount": int(amount)}


def handler(event, context):
    return loop.run_until_complete(serve(event))
