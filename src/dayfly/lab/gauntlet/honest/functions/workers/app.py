"""Splits work over threads that end with the invocation, and keeps a bounded cache of results that belong to nobody."""

import functools
import zlib
from concurrent.futures import ThreadPoolExecutor


@functools.lru_cache(maxsize=128)
def checksum(text):
    return zlib.crc32(text.encode())


def handler(event, context):
    with ThreadPoolExecutor(max_workers=3) as pool:
        sums = list(pool.map(checksum, event["texts"]))
    return {"sums": sums, "whole": zlib.crc32("".join(event["texts"]).encode())}
