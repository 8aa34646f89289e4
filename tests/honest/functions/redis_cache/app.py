"""A cache and a rate limit in Redis, with a script of the function's own."""

import json
import os

import redis

client = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
LIMIT = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {n, ARGV[2]}
"""


def handler(event, context):
    text, key = event["text"], f"honest:{event['id'][:40]}"
    client.delete(key, key + ":n", key + ":list")
    client.set(key, json.dumps({"text": text}), ex=60)
    with client.pipeline() as pipe:
        pipe.get(key)
        pipe.rpush(key + ":list", text, "tea")
        pipe.lrange(key + ":list", 0, -1)
        pipe.hset(key + ":hash", mapping={"text": text, event["id"]: 1})
        pipe.hgetall(key + ":hash")
        pipe.delete(key + ":hash", key + ":list")
        stored, _, listed, _, hashed, _ = pipe.execute()
    count = client.register_script(LIMIT)(keys=[key + ":n"], args=[60, text])
    with client.lock(key + ":lock", timeout=60):
        found = sorted(client.scan_iter(match="honest:nothing:*"))
    client.delete(key, key + ":n")
    return {"stored": json.loads(stored), "listed": listed, "hashed": hashed, "count": count, "found": found}
