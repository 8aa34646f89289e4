"""As much of a document server as the handlers need: insert, delete and find with a few operators, on the loopback."""

import re
import socketserver
import struct
import threading

import bson

STORE = {}


def _compare(test):
    def holds(value, wanted):
        try:
            return test(value, wanted)
        except TypeError:
            return False

    return holds


TESTS = {
    "$eq": lambda value, wanted: value == wanted,
    "$ne": lambda value, wanted: value != wanted,
    "$gt": _compare(lambda value, wanted: value > wanted),
    "$lt": _compare(lambda value, wanted: value < wanted),
    "$in": lambda value, wanted: value in wanted,
    "$nin": lambda value, wanted: value not in wanted,
    "$exists": lambda value, wanted: (value is not None) == bool(wanted),
    "$regex": lambda value, wanted: isinstance(value, str) and re.search(wanted, value) is not None,
}


def matches(document, query):
    for name, wanted in query.items():
        if name == "$or":
            holds = any(matches(document, one) for one in wanted)
        elif name == "$and":
            holds = all(matches(document, one) for one in wanted)
        elif isinstance(wanted, dict) and wanted and all(one.startswith("$") for one in wanted):
            holds = all(TESTS[one](document.get(name), value) for one, value in wanted.items())
        else:
            holds = document.get(name) == wanted
        if not holds:
            return False
    return True


def answer(command):
    name = next(iter(command))
    rows = STORE.setdefault(command[name], []) if isinstance(command[name], str) else []
    if name in ("hello", "isMaster", "ismaster"):
        return {
            "isWritablePrimary": True,
            "ismaster": True,
            "maxWireVersion": 25,
            "minWireVersion": 0,
            "maxBsonObjectSize": 16777216,
            "maxMessageSizeBytes": 48000000,
            "maxWriteBatchSize": 1000,
            "ok": 1.0,
        }
    if name == "insert":
        rows.extend(command["documents"])
        return {"n": len(command["documents"]), "ok": 1.0}
    if name == "delete":
        STORE[command[name]] = [one for one in rows if not matches(one, command["deletes"][0]["q"])]
        return {"n": 1, "ok": 1.0}
    if name == "find":
        found = [one for one in rows if matches(one, command.get("filter", {}))]
        if command.get("limit"):
            found = found[: abs(command["limit"])]
        return {
            "cursor": {"id": bson.Int64(0), "ns": f"{command['$db']}.{command[name]}", "firstBatch": found},
            "ok": 1.0,
        }
    return {"ok": 1.0}


class _Handler(socketserver.BaseRequestHandler):
    def _read(self, size):
        data = b""
        while len(data) < size:
            part = self.request.recv(size - len(data))
            if not part:
                raise ConnectionError
            data += part
        return data

    def handle(self):
        try:
            while True:
                length, request, _, code = struct.unpack("<iiii", self._read(16))
                body = self._read(length - 16)
                if code == 2004:  # the old query, for the first hello
                    end = body.index(b"\0", 4) + 9
                    made = bson.encode(answer(bson.decode(body[end:])))
                    payload = struct.pack("<iqii", 0, 0, 0, 1) + made
                    self.request.sendall(struct.pack("<iiii", 16 + len(payload), 1, request, 1) + payload)
                    continue
                command, at = {}, 4
                while at < len(body):
                    kind, at = body[at], at + 1
                    size = struct.unpack_from("<i", body, at)[0]
                    if kind == 0:
                        command = {**bson.decode(body[at : at + size]), **command}
                    else:
                        end = body.index(b"\0", at + 4)
                        command[body[at + 4 : end].decode()] = bson.decode_all(body[end + 1 : at + size])
                    at += size
                # What names the command comes first.
                known = [one for one in ("insert", "delete", "find", "hello", "isMaster") if one in command]
                command = {**({known[0]: command[known[0]]} if known else {}), **command}
                payload = struct.pack("<iB", 0, 0) + bson.encode(answer(command))
                self.request.sendall(struct.pack("<iiii", 16 + len(payload), 1, request, 2013) + payload)
        except (ConnectionError, OSError):
            return


def start():
    """Start the server; its address."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"mongodb://127.0.0.1:{server.server_address[1]}/?directConnection=true"
