"""A document store for tests: speaks enough of MongoDB's protocol for find, insert, update, delete, count and aggregate."""

import re
import socketserver
import struct
import threading

import bson

HEAD = struct.Struct("<iiii")
HELLO = {
    "ok": 1,
    "isWritablePrimary": True,
    "ismaster": True,
    "helloOk": True,
    "minWireVersion": 0,
    "maxWireVersion": 21,
    "maxBsonObjectSize": 1 << 24,
    "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000,
    "readOnly": False,
}
USERS = [
    {"_id": 1, "name": "ada", "password": "s3cret-ada", "role": "admin", "age": 36},
    {"_id": 2, "name": "Siobhán O'Brien", "password": "s3cret-sio", "role": "user", "age": 41},
    {"_id": 3, "name": "$name", "password": "x", "role": "user", "age": -1},
]


def matches(document, query):
    return all(_holds(document, key, wanted) for key, wanted in query.items())


def _holds(document, key, wanted):
    if key == "$or":
        return any(matches(document, one) for one in wanted)
    if key == "$and":
        return all(matches(document, one) for one in wanted)
    if key == "$where":
        return "true" in wanted or "1==1" in wanted.replace(" ", "")
    value = document.get(key)
    if isinstance(wanted, dict) and any(one.startswith("$") for one in wanted):
        flags = re.I if "i" in wanted.get("$options", "") else 0
        return all(_operator(value, name, operand, flags) for name, operand in wanted.items())
    if isinstance(wanted, bson.Regex):
        return bool(re.search(wanted.pattern, str(value), re.I if wanted.flags & re.I else 0))
    return value == wanted


def _operator(value, name, operand, flags):
    if name == "$regex":
        return bool(
            re.search(operand.pattern if isinstance(operand, bson.Regex) else operand, str(value), flags)
        )
    if name == "$options":
        return True
    if name == "$in":
        return value in operand
    if name == "$nin":
        return value not in operand
    if name == "$exists":
        return (value is not None) == bool(operand)
    if name == "$ne":
        return value != operand
    try:
        return {
            "$gt": value > operand,
            "$gte": value >= operand,
            "$lt": value < operand,
            "$lte": value <= operand,
            "$eq": value == operand,
        }[name]
    except TypeError:
        return False


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        while len(head := self.rfile.read(HEAD.size)) == HEAD.size:
            size, request, _, kind = HEAD.unpack(head)
            body = self.rfile.read(size - HEAD.size)
            if kind == 2004:
                self.send(1, request, struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(HELLO))
                continue
            command, at = {}, 4
            while at < len(body) and len(body) - at > 4:
                section, at = body[at], at + 1
                (length,) = struct.unpack_from("<i", body, at)
                if section == 0:
                    command |= bson.decode(body[at : at + length])
                else:
                    end = body.index(b"\0", at + 4)
                    command[body[at + 4 : end].decode()] = bson.decode_all(body[end + 1 : at + length])
                at += length
            self.send(2013, request, struct.pack("<i", 0) + b"\0" + bson.encode(self.answer(command)))

    def send(self, kind, request, body):
        self.wfile.write(HEAD.pack(HEAD.size + len(body), 0, request, kind) + body)

    def answer(self, command):
        name, documents = next(iter(command)), self.server.documents
        if name in ("hello", "ismaster", "isMaster"):
            return HELLO
        if name == "insert":
            documents += command["documents"]
            return {"ok": 1, "n": len(command["documents"])}
        if name == "find":
            found = [one for one in documents if matches(one, command.get("filter", {}))]
            for key, direction in reversed(list(command.get("sort", {}).items())):
                found.sort(key=lambda one: str(one.get(key)), reverse=direction < 0)
            return self.cursor(found[command.get("skip", 0) :][: command.get("limit") or None])
        if name == "aggregate":
            found = documents
            for stage in command["pipeline"]:
                if "$match" in stage:
                    found = [one for one in found if matches(one, stage["$match"])]
                if "$group" in stage:
                    found = [{"_id": 1, "n": len(found)}]
                if "$limit" in stage:
                    found = found[: stage["$limit"]]
            return self.cursor(found)
        if name == "update":
            (change,) = command["updates"]
            found = [one for one in documents if matches(one, change["q"])]
            for one in found if change.get("multi") else found[:1]:
                one.update(change["u"].get("$set", {}))
            return {"ok": 1, "n": len(found), "nModified": len(found)}
        if name == "delete":
            (gone,) = command["deletes"]
            found = [one for one in documents if matches(one, gone["q"])]
            found = found if not gone.get("limit") else found[:1]
            self.server.documents = [one for one in documents if one not in found]
            return {"ok": 1, "n": len(found)}
        return {"ok": 1}

    def cursor(self, found):
        return {"ok": 1, "cursor": {"id": 0, "ns": "shop.users", "firstBatch": found}}


class Store(socketserver.ThreadingTCPServer):
    """Of connections that end with the program."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Connection)
        self.documents = [dict(one) for one in USERS]
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *raised):
        self.shutdown()
        self.server_close()
