"""Small handlers that need nothing but the standard library: an endpoint, JSON, base64, prime numbers, sums of floats."""

import base64
import json
import math


def endpoint(event, context):
    return {"statusCode": 200, "body": json.dumps({"n": event["n"]})}


def work_json(event, context):
    document = json.dumps(
        {
            "n": event["n"],
            "rows": [{"id": number, "name": "tea", "price": number / 3} for number in range(500)],
        }
    )
    return {"rows": len(json.loads(document)["rows"])}


def work_base64(event, context):
    data = b"a" * 200_000
    for _ in range(5):
        data = base64.b64decode(base64.b64encode(data))
    return {"bytes": len(data)}


def primes(event, context):
    sieve = bytearray([1]) * 30_000
    for number in range(2, 174):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, 30_000, number)))
    return {"primes": sum(sieve) - 2}


def floats(event, context):
    return {"sum": sum(math.sin(number) * math.sqrt(number) for number in range(20_000))}
