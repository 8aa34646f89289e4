"""Maps a file of init's, and writes to it by its name, perhaps for a moment only."""

import mmap
import os
import time

SIZE = 1 << 16

with open("/tmp/shared", "w+b") as made:
    made.write(b"init's" + bytes(SIZE - 6))
    made.flush()
    shared = mmap.mmap(made.fileno(), SIZE)


def write(content, maps):
    with open("/tmp/shared", "r+b") as file:
        if not maps:
            file.write(content)
            return
        with mmap.mmap(file.fileno(), SIZE) as memory:
            # A page that was read before: a file system in memory stamps nothing then.
            assert memory[0]
            memory[: len(content)] = content


def handler(event, context):
    found = bytes(shared[:6]).decode()
    if event.get("attacks"):
        status = os.stat("/tmp/shared")
        write(b"theirs", event["maps"])
        # Until the next worker has been forked.
        time.sleep(event["attacks"])
        if event["undoes"]:
            write(b"init's", event["maps"])
            if not event["maps"]:
                os.utime("/tmp/shared", ns=(status.st_atime_ns, status.st_mtime_ns))
    return found
