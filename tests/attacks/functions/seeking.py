"""Looks for a secret wherever a worker may look: variables, other processes, command lines, descriptors, its own memory."""

from __future__ import annotations

import ctypes
import hashlib
import os
import signal

SPLICE_F_NONBLOCK = 2


def handler(event, context):
    """Return where the secret was found; the event has its beginning, not the secret itself, which would be found there."""
    if "kill" in event:
        os.kill(os.getppid(), signal.SIGKILL)
    hits = []
    for name, data in places():
        for form, size in (("text", 64), ("raw", 32)):
            start = bytes.fromhex(event[form])
            at = data.find(start)
            while at >= 0:
                if hashlib.sha256(data[at : at + size]).hexdigest() == event[form + "_hash"]:
                    hits.append(name)
                    break
                at = data.find(start, at + 1)
    return sorted(set(hits))


def places():
    # First: what is read below is in it afterwards.
    yield from memory()
    yield "os.environ", repr(sorted(os.environ.items())).encode()
    for pid in [name for name in os.listdir("/proc") if name.isdigit()]:
        for file in ("environ", "cmdline"):
            try:
                with open(f"/proc/{pid}/{file}", "rb") as opened, open(f"/proc/{pid}/comm") as comm:
                    yield f"{file} of {comm.read().strip()} {pid}", opened.read()
            except OSError:
                pass
        try:
            descriptors = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue
        for number in descriptors:
            try:
                if "pipe:" in os.readlink(f"/proc/{pid}/fd/{number}"):
                    yield "pipe", peek(f"/proc/{pid}/fd/{number}")
            except OSError:
                pass


def peek(path):
    """What a pipe holds, and holds afterwards: where nothing confines this, it may be anybody's of the machine."""
    descriptors = [os.open(path, os.O_RDONLY | os.O_NONBLOCK), *os.pipe()]
    try:
        copied = ctypes.CDLL(None).tee(
            descriptors[0], descriptors[2], ctypes.c_size_t(65536), SPLICE_F_NONBLOCK
        )
        return os.read(descriptors[1], 65536) if copied > 0 else b""
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def memory():
    with open("/proc/self/maps") as maps:
        lines = maps.read().splitlines()
    for line in lines:
        span, rights, *rest = line.split(None, 5)
        name = rest[-1] if rest else ""
        if rights[0] != "r" or name.startswith("[v"):
            continue
        begin, end = (int(text, 16) for text in span.split("-"))
        if end - begin < 1 << 28:
            yield f"memory {name}", ctypes.string_at(begin, end - begin)
