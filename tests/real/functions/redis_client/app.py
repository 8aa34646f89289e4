"""A redis client with its pool, made at import and used there."""

import os

import redis

client = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True, socket_timeout=5)
client.rpush("seen", f"{os.environ['RUN']}-init {client.client_id()}")


def handler(event, context):
    label = event["label"]
    # One connection for both commands: the client's number is that of the connection.
    with client.client() as one:
        one.rpush("seen", f"{label} {one.client_id()}")
    with client.pipeline() as pipeline:
        pipeline.set(f"order:{label}", event["n"], ex=60)
        pipeline.get(f"order:{label}")
        if event["fail"]:
            pipeline.lpop(f"order:{label}")
        _, amount = pipeline.execute()
    return {"amount": int(amount)}
