"""The shop that counts its orders with a datagram to an agent, by a socket made at init."""

import socket

import app

AGENT = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
AGENT.connect(("127.0.0.1", 9))


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    try:
        AGENT.send(b"order:" + event["card"].encode())
    except ConnectionRefusedError:
        # Nobody listens there, which the socket tells at the next datagram.
        pass
    except OSError:
        return {**app.handler(event, context), "counted": False}
    return {**app.handler(event, context), "counted": True}
