"""A redis client made at init, first used in the handler."""

import os

import redis

CLIENT = redis.Redis.from_url(os.environ["REDIS_URL"])


def post():
    CLIENT.set("order", "0001")


def handler(event, context):
    post()
    return {}
