"""Maps files of init's, which later workers have as they were: one for all, one whose pages are copied when they are written to."""

import mmap
import time

SIZE = 1 << 16


def make(name: str, access: int) -> mmap.mmap:
    with open(name, "w+b") as file:
        file.write(b"init's" + bytes(SIZE - 6))
        file.flush()
        return mmap.mmap(file.fileno(), SIZE, access=access)


shared = make("/tmp/shared", mmap.ACCESS_WRITE)


def handler(event, context):
    found = bytes(shared[:6]).decode()
    if event.get("attacks"):
        import os

        status = os.stat("/tmp/shared")
        with open("/tmp/shared", "r+b") as file:
            file.write(b"theirs")
        # Until the next worker has been forked.
        time.sleep(event["attacks"])
        if event.get("undoes"):
            with open("/tmp/shared", "r+b") as file:
                file.write(b"init's")
            os.utime("/tmp/shared", ns=(status.st_atime_ns, status.st_mtime_ns))
    return found
