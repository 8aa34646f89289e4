"""A pool of threads made at import and used there."""

from concurrent.futures import ThreadPoolExecutor

executor = ThreadPoolExecutor(max_workers=4, thread_name_prefix="shop")
TABLE = list(executor.map(lambda number: number * number, range(64)))


def price(number):
    if number < 0:
        raise ValueError(f"no price below zero: {number}")
    return number * 1.19


def handler(event, context):
    numbers = [-1 if event["fail"] else event["n"], 3, 4, 5, 6, 7, 8, 9]
    return {"prices": list(executor.map(price, numbers)), "table": sum(TABLE)}
