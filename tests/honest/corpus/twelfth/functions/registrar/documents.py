"""A small document database for local runs: it speaks enough of the wire's language for find, insert and aggregate."""

import re
import socketserver
import struct
import threading

import bson

SECRET = "registry-token-8812"
DATA = {
    "users": [
        {"_id": 1, "login": "root", "password": "pw-root-51", "role": "admin", "note": SECRET},
        {"_id": 2, "login": "zoe", "password": "pw-zoe-52", "role": "clerk", "note": "it's May"},
    ],
    "posts": [
        {"_id": 1, "title": "O'Neil's tea", "owner": "zoe", "draft": False},
        {"_id": 2, "title": "Plan", "owner": "root", "draft": True},
    ],
    "vault": [{"_id": 1, "owner": "zoe", "token": SECRET}],
}


def is_match(item, condition):
    for key, wanted in condition.items():
        if key == "$or":
            if not any(is_match(item, one) for one in wanted):
                return False
        elif key == "$and":
            if not all(is_match(item, one) for one in wanted):
                return False
        elif key == "$where":
            # Our one function: this.title == '...', with what script writers append to it.
            text = str(wanted)
            if not (
                re.search(r"\|\|\s*(true|1|'1'\s*==\s*'1)", text)
                or f"'{item.get('title')}'" in text.replace("\\'", "'")
            ):
                return False
        elif isinstance(wanted, dict) and any(k.startswith("$") for k in wanted):
            have = item.get(key)
            for operator, value in wanted.items():
                fits = {
                    "$ne": lambda: have != value,  # noqa: B023
                    "$eq": lambda: have == value,  # noqa: B023
                    "$gt": lambda: type(have) is type(value) and have > value,  # noqa: B023
                    "$in": lambda: have in value,  # noqa: B023
                    "$exists": lambda: (key in item) == bool(value),  # noqa: B023
                    "$regex": lambda: re.search(value, str(have or ""), re.I) is not None,  # noqa: B023
                    "$options": lambda: True,
                }.get(operator)
                if fits is None or not fits():
                    return False
        elif isinstance(wanted, bson.Regex):
            if not re.search(wanted.pattern, str(item.get(key))):
                return False
        elif item.get(key) != wanted:
            return False
    return True


def answer(command):
    name = next(iter(command))

    def batch(found):
        return {"ok": 1.0, "cursor": {"id": bson.Int64(0), "ns": f"app.{command[name]}", "firstBatch": found}}

    if name in ("find", "aggregate"):
        found = DATA.get(command[name], [])
        if name == "find":
            return batch([one for one in found if is_match(one, command.get("filter", {}))])
        for stage in command["pipeline"]:
            if "$match" in stage:
                found = [one for one in found if is_match(one, stage["$match"])]
            elif "$project" in stage:
                found = [{k: v for k, v in one.items() if stage["$project"].get(k)} for one in found]
            elif "$unionWith" in stage:
                found = [*found, *DATA.get(stage["$unionWith"], [])]
            elif "$lookup" in stage:
                found = [
                    {**one, stage["$lookup"]["as"]: DATA.get(stage["$lookup"]["from"], [])} for one in found
                ]
        return batch(found)
    if name == "insert":
        return {"ok": 1.0, "n": len(command.get("documents", []))}
    return {
        "ok": 1.0,
        "helloOk": True,
        "isWritablePrimary": True,
        "ismaster": True,
        "maxBsonObjectSize": 16777216,
        "maxMessageSizeBytes": 48000000,
        "maxWriteBatchSize": 1000,
        "minWireVersion": 0,
        "maxWireVersion": 21,
        "readOnly": False,
    }


class Documents(socketserver.StreamRequestHandler):
    def handle(self):
        while len(head := self.rfile.read(16)) == 16:
            length, number, _, code = struct.unpack("<iiii", head)
            body = self.rfile.read(length - 16)
            if code == 2004:
                at = 4 + body[4:].index(b"\0") + 1 + 8
                self.send(
                    number, 1, struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(answer(bson.decode(body[at:])))
                )
                continue
            flags, at, command = struct.unpack("<i", body[:4])[0], 4, {}
            while at < len(body) - (4 if flags & 1 else 0):
                kind, size = body[at], struct.unpack("<i", body[at + 1 : at + 5])[0]
                part = body[at + 1 : at + 1 + size]
                if kind == 0:
                    command = {**bson.decode(part), **command}
                else:
                    end = part.index(b"\0", 4)
                    command[part[4:end].decode()] = bson.decode_all(part[end + 1 :])
                at += 1 + size
            self.send(number, 2013, struct.pack("<i", 0) + b"\0" + bson.encode(answer(command)))

    def send(self, number, code, data):
        self.wfile.write(struct.pack("<iiii", 16 + len(data), 1, number, code) + data)


def start():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Documents)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"mongodb://127.0.0.1:{server.server_address[1]}"
