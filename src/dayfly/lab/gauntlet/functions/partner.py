"""The shop that tells a partner of every order: by a datagram to a host it looks up, and by HTTP."""

import http.client
import socket

import app


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        # Port 9 discards: what is sent there is nobody's.
        address = socket.getaddrinfo("localhost", 9, socket.AF_INET, socket.SOCK_DGRAM)[0][4]
        out.sendto(event["card"].encode(), address)
    connection = http.client.HTTPConnection("127.0.0.1", 9, timeout=1)
    try:
        connection.request("POST", "/orders", event["card"])
        told = connection.getresponse().status
    except OSError:
        told = "later"
    finally:
        connection.close()
    return {**app.handler(event, context), "told": told}
