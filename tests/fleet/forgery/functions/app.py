"""Writes what it is told to where it is told to: a handler in the hands of somebody who forges log lines."""

import contextlib
import ctypes
import os
import sys
import time

_MAGIC = b"\xa5\x5a\x00\x12"


def handler(event, context):
    data = event["text"].encode(event.get("encoding", "utf-8"), "surrogatepass")
    return {"wrote": WAYS[event["how"]](data), "request_id": context.aws_request_id}


def by_print(data):
    print(data.decode("utf-8", "surrogatepass"))
    return 1


def by_descriptor(number):
    def write(data):
        return os.write(number, data + b"\n")

    return write


def by_halves(data):
    """Two writes with time between them, the first without an end."""
    os.write(1, data[: len(data) // 2])
    time.sleep(0.02)
    return os.write(1, data[len(data) // 2 :])


def without_end(data):
    """Left unfinished, for whatever is written next to be glued to."""
    return os.write(1, data)


def by_telemetry(data):
    frame = _MAGIC + len(data).to_bytes(4, "big") + int(time.time() * 1e6).to_bytes(8, "big") + data
    return os.write(int(os.environ.get("_LAMBDA_TELEMETRY_LOG_FD", "1")), frame)


def by_frame_of_many(data):
    return by_telemetry(b"an ordinary line\n" + data + b"\nanother")


def by_broken_frame(data):
    """A length that is too short: what follows begins a frame of its own, if anybody is careless."""
    frame = _MAGIC + (4).to_bytes(4, "big") + int(time.time() * 1e6).to_bytes(8, "big") + data
    return os.write(int(os.environ.get("_LAMBDA_TELEMETRY_LOG_FD", "1")), frame)


def by_others_descriptors(data):
    """Every descriptor of every process that can be opened: the supervisor's among them."""
    wrote = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            for number in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    descriptor = os.open(f"/proc/{pid}/fd/{number}", os.O_WRONLY | os.O_NONBLOCK)
                    with contextlib.suppress(OSError):
                        wrote += os.write(descriptor, data + b"\n")
                    os.close(descriptor)
    return wrote


def after_much(data):
    """Behind as many characters as a line may have, so that the cut makes it a line of its own."""
    os.write(1, b"x" * (256 * 1024))
    return os.write(1, data + b"\n")


def in_a_child(data):
    return os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", f"print({data!r}.decode())"])


def looked_for(data):
    """Look for a secret wherever this process can read: variables and command lines of all, and its own memory."""
    # What is looked for must not be found because it is looked for: it comes reversed, and everything is read reversed.
    found = []
    for pid in [*filter(str.isdigit, os.listdir("/proc")), "self"]:
        for name in ("environ", "cmdline"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/{name}", "rb") as file:
                if file.read()[::-1].find(data) >= 0:
                    found.append(f"/proc/{pid}/{name}")
    found += [f"os.environ[{key}]" for key, value in os.environ.items() if data in value[::-1].encode()]
    # Digit by digit: turned round for a moment, it would be found where that moment left it.
    raw = bytes(
        int(data[at : at + 1], 16) | int(data[at + 1 : at + 2], 16) << 4 for at in range(0, len(data), 2)
    )
    with open("/proc/self/maps") as maps:
        regions = [line.split() for line in maps]
    for region in regions:
        begin, _, end = region[0].partition("-")
        if "r" not in region[1] or region[-1].startswith("[v"):
            continue
        # The process may not open its own /proc/self/mem under Dayfly; to read memory it needs no file.
        content = ctypes.string_at(int(begin, 16), int(end, 16) - int(begin, 16))[::-1]
        if content.find(data) >= 0:
            found.append(f"memory, as text: {region[-1]}")
        if content.find(raw) >= 0:
            found.append(f"memory, as bytes: {region[-1]}")
        del content
    return found


WAYS = {
    "print": by_print,
    "stdout": by_descriptor(1),
    "stderr": by_descriptor(2),
    "halves": by_halves,
    "unfinished": without_end,
    "telemetry": by_telemetry,
    "frame-of-many": by_frame_of_many,
    "broken-frame": by_broken_frame,
    "others": by_others_descriptors,
    "after-much": after_much,
    "child": in_a_child,
    "look": looked_for,
}
