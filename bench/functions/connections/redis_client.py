"""A redis client used at init; one GET."""

import os

import redis
from inside import measure

client = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=5)


def get():
    assert client.get("nothing") is None


get()


def handler(event, context):
    return measure(event, get)
