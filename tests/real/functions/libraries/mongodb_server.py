"""A MongoDB server for functions, run with their interpreter: prints its address and serves until standard input ends.

It speaks as much of the protocol as a client needs to connect, insert and find by `_id`.
"""

import socketserver
import struct
import sys
import threading

import bson

HEADER = struct.Struct("<iiii")
OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
# What a client of OP_MSG asks that no answer be sent to.
MORE_TO_COME = 2
HELLO = {
    "ok": 1,
    "isWritablePrimary": True,
    "ismaster": True,
    "helloOk": True,
    "minWireVersion": 0,
    "maxWireVersion": 21,
    "maxBsonObjectSize": 16 << 20,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000,
    "readOnly": False,
}
orders = {}


class Connection(socketserver.StreamRequestHandler):
    """Answers one client's commands."""

    def handle(self):
        while len(head := self.rfile.read(HEADER.size)) == HEADER.size:
            size, request, _, kind = HEADER.unpack(head)
            body = self.rfile.read(size - HEADER.size)
            if kind == OP_QUERY:
                answer = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(HELLO)
                self.send(OP_REPLY, request, answer)
                continue
            (flags,) = struct.unpack_from("<i", body)
            answer = struct.pack("<i", 0) + b"\0" + bson.encode(answer_to(command_of(body)))
            if not flags & MORE_TO_COME:
                self.send(OP_MSG, request, answer)

    def send(self, kind, request, body):
        """One message, as the answer to `request`."""
        self.wfile.write(HEADER.pack(HEADER.size + len(body), 0, request, kind) + body)


def command_of(body):
    """The command, with the documents of its sequences in it."""
    at, command = 4, {}
    while at < len(body):
        kind, at = body[at], at + 1
        (size,) = struct.unpack_from("<i", body, at)
        if kind == 0:
            command |= bson.decode(body[at : at + size])
        else:
            end = body.index(b"\0", at + 4)
            command[body[at + 4 : end].decode()] = bson.decode_all(body[end + 1 : at + size])
        at += size
    return command


def answer_to(command):
    """What the server says to a command."""
    name = next(iter(command))
    if name in ("hello", "ismaster", "isMaster"):
        return HELLO
    if name == "insert":
        for document in command["documents"]:
            orders[document["_id"]] = document
        return {"ok": 1, "n": len(command["documents"])}
    if name == "find":
        found = [orders[command["filter"]["_id"]]]
        return {"ok": 1, "cursor": {"id": 0, "ns": "shop.orders", "firstBatch": found}}
    return {"ok": 1}


class Server(socketserver.ThreadingTCPServer):
    """Of connections that end with the program."""

    daemon_threads = True


def main():
    """Serve on a free loopback port."""
    with Server(("127.0.0.1", 0), Connection) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"127.0.0.1:{server.server_address[1]}", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
