"""A loop of uvloop, with timers, a pool of threads and a pair of streams."""

import asyncio
import functools
import socket

import uvloop
from serving import serve


@functools.cache
def loop():
    """The loop, made when it is first asked for."""
    return uvloop.new_event_loop()


async def exchange(number):
    one, two = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=one)
    _, other = await asyncio.open_connection(sock=two)
    other.write(b"%d\n" % number)
    line = await reader.readline()
    for stream in (writer, other):
        stream.close()
    await asyncio.sleep(0.001)
    squared = await asyncio.get_running_loop().run_in_executor(None, lambda: number * number)
    return {"line": line.decode(), "squared": squared}


def use(number):
    return loop().run_until_complete(exchange(number))


handler = serve(use)
