"""Does things beside the handler: children, tasks, files under other names, connections of native code."""

import asyncio
import ctypes
import os
import socket
import sqlite3
import struct
import subprocess

HOST, _, PORT = os.environ["SERVICE"].partition(":")
FOLDER = os.environ["SCRATCH"]
LOOP = asyncio.new_event_loop()
TASKS = []
_descriptor = -1
_child = None


async def flush():
    await asyncio.sleep(60)


async def answer():
    TASKS.append(LOOP.create_task(flush()))
    del TASKS[:-1]
    return 1


def native_connection():
    """A socket that the interpreter does not know, as a database's own client library opens them."""
    global _descriptor
    if _descriptor < 0:
        libc = ctypes.CDLL(None)
        _descriptor = libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
        address = struct.pack("=HH4s8x", socket.AF_INET, socket.htons(int(PORT)), socket.inet_aton(HOST))
        assert libc.connect(_descriptor, address, len(address)) == 0
    return _descriptor


def ask():
    request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
    os.write(native_connection(), request)
    received = b""
    while not received.endswith(b"priced"):
        received += os.read(native_connection(), 4096)
    return received.endswith(b"priced")


def handler(event, context):
    global _child
    os.makedirs(FOLDER, exist_ok=True)
    with open(f"{FOLDER}/audit.log", "a") as log:
        log.write("served\n")
    with sqlite3.connect(f"{FOLDER}/cache/prices.db" if os.path.isdir(f"{FOLDER}/cache") else ":memory:"):
        pass
    if not os.path.exists(f"{FOLDER}/table"):
        with open(f"{FOLDER}/table.new", "w") as new:
            new.write("1")
        os.rename(f"{FOLDER}/table.new", f"{FOLDER}/table")
    with open(f"{FOLDER}/table") as table:
        value = int(table.read())
    pid = os.fork()
    if pid == 0:
        with open(f"{FOLDER}/from-a-child", "w"):
            os._exit(0)
    os.waitpid(pid, 0)
    if _child is None:
        _child = subprocess.Popen(["/bin/sleep", "30"])
    return {"ok": ask(), "value": value + LOOP.run_until_complete(answer())}
