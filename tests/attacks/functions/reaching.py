"""Reaches the platform's Runtime API in ordinary ways, and other servers like it."""

import asyncio
import http.client
import os
import socket
import threading
import urllib.request


def url(host, port):
    urllib.request.urlopen(f"http://{host}:{port}/2018-06-01/runtime/invocation/next")


def connection(host, port):
    socket.create_connection((host, port))


def name(_host, port):
    socket.socket().connect(("localhost", port))


def number(_host, port):
    socket.socket().connect(("2130706433", port))


def few_numbers(_host, port):
    socket.socket().connect(("127.1", port))


def this_host(_host, port):
    socket.socket().connect(("0.0.0.0", port))


def mapped(_host, port):
    socket.socket(socket.AF_INET6).connect(("::ffff:127.0.0.1", port))


def status_of(host, port):
    socket.socket().connect_ex((host, port))


def loop(host, port):
    asyncio.run(asyncio.open_connection(host, port))


def swallowed(host, port):
    def reach():
        try:
            socket.create_connection((host, port))
        except BaseException:
            pass

    thread = threading.Thread(target=reach)
    thread.start()
    thread.join()


WAYS = {
    act.__name__: act
    for act in (url, connection, name, number, few_numbers, this_host, mapped, status_of, loop, swallowed)
}


def serve(address):
    server = socket.create_server(address)

    def answer():
        while True:
            one, _ = server.accept()
            one.recv(99)
            one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            one.close()

    threading.Thread(target=answer, daemon=True).start()
    return server.getsockname()


def status(host, port):
    client = http.client.HTTPConnection(host, port, timeout=30)
    client.request("GET", "/2018-06-01/runtime/invocation/next")
    return client.getresponse().status


def honest(api):
    """A server of the function's own, one of another host at the API's port, and what stands in the API's place."""
    port = int(api.rpartition(":")[2])
    mine = status(*serve(("127.0.0.1", 0)))
    socket.create_connection(serve(("127.0.0.9", port))).close()
    host, _, own = os.environ["AWS_LAMBDA_RUNTIME_API"].rpartition(":")
    return [mine, "elsewhere", status(host, int(own))]


def handler(event, context):
    if "way" not in event:
        return "served"
    if event["way"] == "honest":
        return honest(event["api"])
    host, _, port = event["api"].rpartition(":")
    return WAYS[event["way"]](host, int(port))
