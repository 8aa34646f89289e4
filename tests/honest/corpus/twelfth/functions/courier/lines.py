# ruff: noqa: RUF012
"""Servers that speak in lines, for local runs: a store, a mailbox, a mail host, metrics."""

import base64
import socketserver
import threading

SECRET = "courier-token-6603"


class Store(socketserver.StreamRequestHandler):
    """SET key value, GET key, and the same with lengths (*2 $3 GET ..)."""

    values = {"greeting": "hello", "admin:token": SECRET}

    def handle(self):
        while line := self.rfile.readline():
            words = line.decode("utf-8", "replace").rstrip("\r\n").split(" ", 2)
            if words[0][:1] == "*":
                words = [
                    self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2].decode()
                    for _ in range(int(words[0][1:]))
                ]
            match [words[0].upper(), *words[1:]]:
                case ["SET", key, value]:
                    self.values[key] = value
                    said = "+OK"
                case ["GET", key]:
                    said = "+" + self.values.get(key, "(nil)").replace("\n", " ").replace("\r", " ")
                case ["QUIT"]:
                    return
                case _:
                    said = "-ERR"
            self.wfile.write((said + "\r\n").encode())


class Mailbox(socketserver.StreamRequestHandler):
    """A mailbox that can be searched; one message is not for everyone."""

    messages = {
        1: "Subject: Lunch on Monday",
        2: "Subject: It's May",
        3: f"Subject: Reset; X-Token: {SECRET}",
    }

    def handle(self):
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline():
            tag, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            command, _, rest = rest.partition(" ")
            if command.upper() == "SEARCH":
                term = rest.split('"')[1].lower() if rest.count('"') > 1 else rest.lower()
                limit = (
                    3 if rest.upper().startswith("ALL") or " ALL" in rest.upper().rsplit('"', 1)[-1] else 2
                )
                found = [
                    str(n) for n, m in self.messages.items() if (term in m.lower() and n < 3) or limit == 3
                ]
                self.wfile.write(f"* SEARCH {' '.join(found)}\r\n".encode())
            elif command.upper() == "FETCH":
                for n, m in self.messages.items():
                    if str(n) in rest.split(" ")[0]:
                        self.wfile.write(f"* {n} FETCH {m}\r\n".encode())
            elif command.upper() == "LOGOUT":
                self.wfile.write(b"* BYE\r\n")
                return
            self.wfile.write(f"{tag} OK\r\n".encode())


class Mail(socketserver.StreamRequestHandler):
    """Takes mail and keeps the last one."""

    last = {"to": [], "data": ""}

    def handle(self):
        say = lambda text: self.wfile.write((text + "\r\n").encode())  # noqa: E731
        say("220 mail ready")
        to = []
        while line := self.rfile.readline():
            text = line.decode("utf-8", "replace").strip()
            verb = text[:4].upper()
            if verb == "RCPT":
                to.append(text[8:].strip(" <>"))
                say("250 ok")
            elif verb == "DATA":
                say("354 go on")
                data = []
                while (part := self.rfile.readline()).rstrip(b"\r\n") != b".":
                    data.append(part.decode("utf-8", "replace").rstrip("\r\n"))
                Mail.last = {"to": to, "data": "\n".join(data)}
                say("250 kept")
            elif verb == "QUIT":
                say("221 bye")
                return
            elif verb == "EHLO":
                say("250 8BITMIME")
            else:
                say("250 ok")


class Metrics(socketserver.StreamRequestHandler):
    """One measure a line; answers with the names of those it took."""

    def handle(self):
        names = []
        while (line := self.rfile.readline()).strip():
            names.append(line.decode("utf-8", "replace").rsplit(" ", 2)[0][:60])
        self.wfile.write(base64.b64encode("\n".join(names).encode()))


def start(handler):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address
