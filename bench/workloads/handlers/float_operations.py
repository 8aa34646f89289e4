"""FunctionBench's `float_operation`: sine, cosine and square root, one after another."""

import math


def handler(event, context):
    total = 0.0
    for number in range(event["number"] % 10, 40_000):
        total += math.sin(number) * math.cos(number) + math.sqrt(number)
    return {"total": round(total, 6)}
