"""What a fault does to one connection: resets, truncated and slow replies, bytes that are no HTTP."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import NoReturn

from dayfly.lab.faults.plan import Fault
from dayfly.lab.http1 import Connection

Transmit = Callable[[bytes], Awaitable[None]]

_DEADLINE = re.compile(rb"(?im)^(Lambda-Runtime-Deadline-Ms:\s*)(-?\d+)")
_GARBAGE = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is no HTTP\r\n\r\n"
# Pieces of a slow reply: enough that head and body are both torn apart.
_PIECES = 20


def error_body(status: int) -> bytes:
    """Return a refusal as the Runtime API words one: an ErrorResponse of its specification.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    """
    kind = "InternalServerError" if status >= 500 else "InjectedFault"
    return json.dumps({"errorMessage": f"injected status {status}", "errorType": kind}).encode()


def reply_bytes(status: int) -> bytes:
    """Return a whole reply with a refusal."""
    body = error_body(status)
    head = (
        f"HTTP/1.1 {status} Injected\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def reset(connection: Connection) -> NoReturn:
    """Cut a connection so that its peer gets ECONNRESET; raises ConnectionResetError for our own side."""
    connection.abort()
    raise ConnectionResetError("a fault from the plan")


async def close(connection: Connection) -> NoReturn:
    """Close a connection as a server does that ends; raises ConnectionResetError for our own side."""
    await connection.hang_up()
    raise ConnectionResetError("a fault from the plan")


async def send(fault: Fault, connection: Connection, data: bytes, transmit: Transmit) -> bytes | None:
    """Send a reply as `fault` wants it; return the bytes that are still to be sent, None if that was all.

    Raises ConnectionError where the connection has ended with it.
    """
    if fault.do == "truncate":
        await transmit(data[: fault.bytes])
        await close(connection)
    if fault.do == "garbage":
        await transmit(_GARBAGE)
        await close(connection)
    if fault.do == "status":
        await transmit(reply_bytes(fault.status))
        return None
    if fault.do == "slow":
        size = max(1, -(-len(data) // _PIECES))
        for at in range(0, len(data), size):
            await transmit(data[at : at + size])
            await asyncio.sleep(fault.seconds / _PIECES)
        return None
    if fault.do == "skew":
        moved = _DEADLINE.sub(lambda found: found[1] + b"%d" % (int(found[2]) + fault.seconds * 1000), data)
        return moved
    return data
