"""Greenlets of gevent, with its own sockets and its pool of threads."""

import gevent
import gevent.socket
from serving import serve


def use(number):
    one, two = gevent.socket.socketpair()
    reading = gevent.spawn(one.recv, 100)
    writing = gevent.spawn(two.sendall, b"%d" % number)
    squared = gevent.get_hub().threadpool.spawn(lambda: number * number)
    gevent.joinall([reading, writing, gevent.spawn(gevent.sleep, 0.001)], timeout=30)
    for each in (one, two):
        each.close()
    return {"read": reading.value.decode(), "squared": squared.get(timeout=30)}


handler = serve(use)
