"""FunctionBench's `gzip_compression` and `random_disk_io`: a file in /tmp, compressed, read back and left lying there."""

import gzip
import hashlib
import random

DATA = b"".join(random.Random(number).randbytes(16) * 4 for number in range(4_000))


def handler(event, context):
    number = event["number"]
    path = f"/tmp/left-{number % 20}.gz"
    with gzip.open(path, "wb", compresslevel=4) as file:
        file.write(str(number).encode() + DATA)
    with gzip.open(path, "rb") as file:
        return {"number": number, "hash": hashlib.sha256(file.read()).hexdigest()}
