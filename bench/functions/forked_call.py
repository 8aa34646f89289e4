"""A fork and one boto3 call over TLS in the child, without Dayfly; prints samples as JSON: `forked_call.py ROUNDS`."""

import ctypes
import gc
import json
import mmap
import os
import resource
import sys
import time

from boto3_client import CLIENT, put

PAGES = 1000
POPULATE_WRITE = 23
POOL = CLIENT._endpoint.http_session._manager


def spent(act):
    """Milliseconds of CPU and page faults that `act` took in this process."""
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    began = time.process_time_ns()
    act()
    took = (time.process_time_ns() - began) / 1e6
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults


def connect_and_put():
    POOL.clear()
    put()


def in_child(*acts):
    """What each of `acts` took in one forked child, then the milliseconds of CPU of its whole life."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, json.dumps([spent(act) for act in acts]).encode())
        os._exit(0)
    os.close(writer)
    told = json.loads(os.read(reader, 1 << 16))
    os.close(reader)
    usage = os.wait4(child, 0)[2]
    return told, (usage.ru_utime + usage.ru_stime) * 1e3


def one_by_one(memory):
    for page in range(0, len(memory), mmap.PAGESIZE):
        memory[page] = 1


def at_once(memory):
    libc = ctypes.CDLL(None)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(len(memory)), POPULATE_WRITE)


def main(rounds):
    put()
    put()
    found = {"reused": [], "new": [], "first": [], "second": [], "life": [], "page": [], "populated": []}
    memory = mmap.mmap(-1, PAGES * mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    one_by_one(memory)
    for _ in range(rounds):
        found["reused"].append(spent(put))
        found["new"].append(spent(connect_and_put))
        POOL.clear()
        gc.freeze()
        (first, second), _life = in_child(put, connect_and_put)
        found["first"].append(first)
        found["second"].append(second)
        _none, without = in_child()
        for name, act in (
            ("life", put),
            ("page", lambda: one_by_one(memory)),
            ("populated", lambda: at_once(memory)),
        ):
            (took,), life = in_child(act)
            found[name].append((life - without, took[1]))
        put()
    print(json.dumps(found))


main(int(sys.argv[1]))
